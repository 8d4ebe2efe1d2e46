/**
 * The rules that keep `src` in shape, checked on its text: layers import one way, nothing imports in a circle, the pure
 * layers import nothing from outside, and the codemap names every file.
 *
 * Invariant: `findProblems` judges only the texts it is given, so that tests can show it a tree with every fault.
 */

/** From the bottom up: a layer may import itself and what stands before it. */
const LAYERS = [
  "support",
  "affine",
  "spec",
  "ir",
  "grad",
  "path",
  "loops",
  "emit",
  "recipe",
  "compile.ts",
  "compile-gradient.ts",
  "jit",
  "layers",
  "lazy",
  "entries",
  "index.ts",
  "writer",
  "cli",
];

/** The layers that may import packages and `node:` modules. */
const IMPURE = new Set(["writer", "cli"]);
const VAGUE_FOLDERS = new Set(["utils", "util", "helpers", "common"]);
const EVALUATOR = "jit/evaluate.ts";
const LONGEST_FILE = 350;

export interface SourceTree {
  /** The text of each file, by its path from `src`. */
  readonly files: ReadonlyMap<string, string>;
  /** The text of `src/README.md`. */
  readonly codemap: string;
  /** Whether a path that the codemap names, and `files` does not hold, exists in the repository. */
  readonly exists: (path: string) => boolean;
}

/** Returns a sentence for each broken rule, each beginning with the file. */
export function findProblems(tree: SourceTree): string[] {
  const imports = new Map([...tree.files].map(([path, text]) => [path, importsOf(path, text)]));
  return [
    ...[...imports].flatMap(([path, targets]) => importProblems(path, targets, tree.files)),
    ...findCycles(imports),
    ...[...tree.files].flatMap(([path, text]) => fileProblems(path, text)),
    ...codemapProblems(tree),
  ];
}

/** What a file imports: paths from `src` for its own files, else the specifier. */
export function importsOf(path: string, text: string): string[] {
  const patterns = [
    /^\s*(?:import|export)\b[^"'`;()]*?\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["']/gm,
    /\bimport\s*\(\s*["'`]([^"'`]+)["'`]/gm,
    /\brequire\s*\(\s*["'`]([^"'`]+)["'`]/gm,
  ];
  const code = withoutComments(text);
  return patterns.flatMap((pattern) =>
    [...code.matchAll(pattern)].map(([, specifier = ""]) => resolveImport(path, specifier)),
  );
}

function resolveImport(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.length === 0 ? parts.push("..") : parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

function importProblems(path: string, targets: readonly string[], files: ReadonlyMap<string, string>): string[] {
  const layer = layerOf(path);
  const rank = LAYERS.indexOf(layer);
  if (rank < 0) return [`${path}: '${layer}' is no layer`];
  return targets.flatMap((target) => {
    if (!files.has(target)) {
      if (IMPURE.has(layer) && !target.startsWith("..")) return [];
      return [`${path}: imports '${target}' from outside`];
    }
    return LAYERS.indexOf(layerOf(target)) > rank ? [`${path}: imports ${target}, a later layer`] : [];
  });
}

function layerOf(path: string): string {
  return path.split("/")[0] ?? path;
}

/** Reports each cycle once, at the import that closes it. */
function findCycles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const problems: string[] = [];
  const done = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at >= 0) problems.push(`${path}: imports itself through ${[...trail.slice(at + 1), path].join(", ")}`);
    if (at >= 0 || done.has(path)) return;
    for (const target of imports.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of imports.keys()) visit(path, []);
  return problems;
}

function fileProblems(path: string, text: string): string[] {
  const problems: string[] = [];
  const code = withoutStrings(withoutComments(text));
  const lines = text.trimEnd().split("\n").length;
  if (lines > LONGEST_FILE) problems.push(`${path}: has ${lines} lines, more than ${LONGEST_FILE}`);
  if (path !== EVALUATOR && /\bnew\s+Function\b|\bFunction\s*\(|\beval\b\s*\)?\s*\(/.test(code)) {
    problems.push(`${path}: evaluates text`);
  }
  if (/^\s*export\s+default\b|\bas\s+default\b/m.test(code)) problems.push(`${path}: has a default export`);
  const vague = path.split("/").find((part) => VAGUE_FOLDERS.has(part.replace(/\.ts$/, "")));
  if (vague) problems.push(`${path}: '${vague}' says nothing about what is in it`);
  return problems;
}

/** The codemap names files in back quotes, by their paths from `src` (or from the repository, outside of `src`). */
function codemapProblems({ files, codemap, exists }: SourceTree): string[] {
  const named = [...codemap.matchAll(/`([\w./-]+(?:\.(?:ts|json|md)|\/))`/g)].map(([, name = ""]) => name);
  const isKnown = (name: string): boolean =>
    files.has(name) || [...files.keys()].some((path) => name.endsWith("/") && path.startsWith(name)) || exists(name);
  return [
    ...[...files.keys()].filter((path) => !named.includes(path)).map((path) => `${path}: is not in the codemap`),
    ...named.filter((name) => !isKnown(name)).map((name) => `${name}: is in the codemap, but does not exist`),
  ];
}

const STRING = /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\[^]|[^`\\])*`/;
const COMMENT = /\/\*[^]*?\*\/|\/\/[^\n]*/;
/** A literal regular expression may hold quotes; it follows what no division follows. */
const PATTERN = /(?<=[(,=:[!&|?{};\n]\s*|return\s+)\/(?![*/])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/;

function withoutComments(text: string): string {
  const tokens = new RegExp(`(${STRING.source}|${PATTERN.source})|${COMMENT.source}`, "g");
  return text.replace(tokens, (_, kept: string | undefined) => kept ?? " ");
}

function withoutStrings(code: string): string {
  return code.replace(new RegExp(`${STRING.source}|${PATTERN.source}`, "g"), '""');
}
