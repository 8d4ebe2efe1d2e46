/**
 * Written files in their folder: compared first, then replaced whole.
 *
 * Invariants: nothing outside the folder is written, no link is followed; only files that bear the writer's marker are
 * replaced or removed; a file holds the old text or the new one, never a part; where staging fails, nothing changed; at
 * no moment does an index export a module that is not there. The marker, by which a file begins, holds the name of its
 * file, so that a copy under another name is nobody's, nor is what a compiler makes of a module beside it.
 */
import { randomBytes } from "node:crypto";
import type { Stats } from "node:fs";
import { lstat, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Target } from "../emit/source.ts";
import { isRefusal } from "../support/errors.ts";
import * as messages from "../support/messages/files.ts";
import type { TypeScriptVersion } from "./manifest.ts";

/** The files a folder should hold, with their texts: modules, declarations beside them, and an index. */
export type Modules = ReadonlyMap<string, string>;

/** How a folder differs from what it should hold; file names, sorted. */
export interface FolderDifference {
  readonly unchanged: readonly string[];
  readonly missing: readonly string[];
  /** Made by the writer, with another text. */
  readonly stale: readonly string[];
  /** Made by the writer, for a kernel that is no longer wanted. */
  readonly orphaned: readonly string[];
}

type FileState = "unchanged" | "missing" | "stale";

/**
 * Compares a folder with the modules it should hold, and changes nothing. Refuses a folder that is none, and, in the
 * place of a module, a link, a folder, or a file that the writer did not make.
 */
export async function compareFolder(folder: string, modules: Modules): Promise<FolderDifference> {
  const listed = await listFolder(folder);
  const found: Record<FileState, string[]> = { unchanged: [], missing: [], stale: [] };
  for (const file of [...modules.keys()].sort()) {
    found[await stateOf(folder, file, modules.get(file) ?? "")].push(file);
  }
  return { ...found, orphaned: await findOrphans(folder, listed, modules) };
}

/**
 * Makes the folder hold the modules, given how it differs; makes the folder where there is none. What runs that were
 * killed left behind is removed, too.
 */
export async function updateFolder(folder: string, modules: Modules, difference: FolderDifference): Promise<void> {
  await removeAbandoned(folder);
  const changed = new Set([...difference.missing, ...difference.stale]);
  if (changed.size === 0 && difference.orphaned.length === 0) return;
  await writingFile(folder, () => mkdir(folder, { recursive: true }));
  // The old index exports old modules alone, the new one new modules alone: it comes between the two.
  const isIndex = (file: string): number => Number(file.startsWith(`${INDEX}.`));
  const staged = [...modules]
    .filter(([file]) => changed.has(file))
    .sort(([one], [other]) => isIndex(one) - isIndex(other))
    .map(([file, text]) => ({ text, from: stagedPath(folder, file), to: join(folder, file) }));
  try {
    for (const file of staged) await writingFile(file.to, () => stage(file));
    for (const file of staged) await writingFile(file.to, () => moveIntoPlace(file));
    for (const file of difference.orphaned) {
      const path = join(folder, file);
      if (!(await isOneOf(path, staged))) await writingFile(path, () => rm(path));
    }
  } finally {
    // As well as can be: an error that led here says more than one of cleaning up.
    for (const { from } of staged) await rm(from, { force: true }).catch(() => undefined);
  }
}

/** Where a file is written beside its place; it has a name of its own, whoever else writes there. */
export function stagedPath(folder: string, file: string): string {
  return join(folder, `.${file}-${randomBytes(6).toString("hex")}.tmp`);
}

/** A file that is written beside its place, and then moved there. */
interface Staged {
  readonly text: string;
  readonly from: string;
  readonly to: string;
}

/** "wx" neither follows a link nor replaces a file. */
async function stage({ from, text }: Staged): Promise<void> {
  await writeFile(from, text, { flag: "wx" });
}

/** Another run may have taken the staged file for one that was left behind: then it is staged again. */
async function moveIntoPlace(file: Staged): Promise<void> {
  const move = async (): Promise<boolean> =>
    (await unlessMissing(rename(file.from, file.to).then(() => true))) ?? false;
  if (await move()) return;
  await stage(file);
  await rename(file.from, file.to);
}

/** Whether an orphan is a file that was just written: where case does not count, `Conv.ts` is `conv.ts`. */
async function isOneOf(orphan: string, staged: readonly Staged[]): Promise<boolean> {
  const same = staged.find(({ to }) => to.toLowerCase() === orphan.toLowerCase());
  if (!same) return false;
  const [one, other] = await Promise.all([lstat(orphan), lstat(same.to)]);
  return one.ino === other.ino && one.dev === other.dev;
}

/** Staged files of runs that were killed. That they are the writer's is told by their names and by how they begin. */
async function removeAbandoned(folder: string): Promise<void> {
  for (const file of await listFolder(folder)) {
    const staged = /^\.([\w.]+)-[0-9a-f]{12}\.tmp$/.exec(file)?.[1];
    if (staged === undefined) continue;
    // Earlier versions left the ending out.
    const name = WRITTEN.test(staged) ? staged : `${staged}.ts`;
    const path = join(folder, file);
    // As well as can be: what cannot be read or removed was no harm so far.
    if (await beginsAsStaged(path, name).catch(() => false)) await rm(path, { force: true }).catch(() => undefined);
  }
}

/** Whether a plain file begins with a marker, or ends inside it because its run was killed then. */
async function beginsAsStaged(path: string, name: string): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false;
  const markers = markersOf(name).map((marker) => `${marker}\n`);
  const longest = Math.max(...markers.map(({ length }) => length));
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longest), 0, longest, 0);
    const begin = buffer.toString("latin1", 0, bytesRead);
    return markers.some((marker) => marker.startsWith(begin) || begin.startsWith(marker));
  } finally {
    await file.close();
  }
}

/** The entries of a folder, sorted; none where there is no folder. */
async function listFolder(folder: string): Promise<readonly string[]> {
  const stats = await readingFile(folder, () => unlessMissing(stat(folder)));
  if (!stats) return [];
  if (!stats.isDirectory()) throw messages.folderNotFolder(folder);
  return (await readingFile(folder, () => readdir(folder))).sort();
}

async function stateOf(folder: string, file: string, text: string): Promise<FileState> {
  const path = join(folder, file);
  const stats = await readingFile(path, () => unlessMissing(lstat(path)));
  if (!stats) return "missing";
  if (!stats.isFile()) throw messages.fileNotPlain(path, kindOf(stats));
  const found = await readingFile(path, () => readFile(path, "utf8"));
  // Git writes the line ends of Windows where `core.autocrlf` asks for it: that is the same module.
  if (found.replaceAll("\r\n", "\n") === text) return "unchanged";
  if (!bearsMarker(found, file)) throw messages.fileForeign(path);
  return "stale";
}

async function findOrphans(folder: string, listed: readonly string[], modules: Modules): Promise<readonly string[]> {
  const orphans: string[] = [];
  for (const file of listed) {
    if (!WRITTEN.test(file) || modules.has(file)) continue;
    const path = join(folder, file);
    const stats = await readingFile(path, () => lstat(path));
    if (!stats.isFile()) continue;
    const text = await readingFile(path, () => readFile(path, "utf8"));
    if (bearsMarker(text, file)) orphans.push(file);
  }
  return orphans;
}

/** What written files may be called. */
const WRITTEN = /^\w+\.(?:js|ts|d\.ts)$/;

function kindOf(stats: Stats): string {
  if (stats.isSymbolicLink()) return "a symbolic link";
  return stats.isDirectory() ? "a folder" : "no plain file";
}

/** What a promise gives; undefined where it fails because a file is not there. */
export async function unlessMissing<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Turns what the system refuses into an error of the user's. */
function refusing(message: (path: string, reason: string) => Error) {
  return async <T>(path: string, action: () => Promise<T>): Promise<T> => {
    try {
      return await action();
    } catch (error) {
      throw isRefusal(error) ? error : message(path, messages.reasonOf(error));
    }
  };
}

export const readingFile = /* @__PURE__ */ refusing(messages.fileUnreadable);
export const writingFile = /* @__PURE__ */ refusing(messages.fileUnwritable);

/** The file's name without extension under which everything is exported. */
export const INDEX = "index";

/** No line of a header is longer, whatever the name. */
const HEADER_WIDTH = 99;

/** What a file of this name begins with: `trace.ts`. */
export function markerOf(file: string): string {
  const line = `// @generated by einsmith as "${file}"`;
  if (line.length <= HEADER_WIDTH) return line;
  const pieces = `"${file}"`.match(/.{1,96}/gu) ?? [];
  return ["// @generated by einsmith as", ...pieces.map((piece) => `// ${piece}`)].join("\n");
}

/** The header of a file of the manifest: its marker, how to change it, and that nobody is to judge its style. */
export function headerOf(file: string, typescript?: TypeScriptVersion): string {
  const how = "// To change it, edit the manifest and run: npx einsmith generate";
  const note = typescript === undefined ? "" : `. For TypeScript ${typescript} and later.`;
  return [markerOf(file), how + note, "/* eslint-disable */"].join("\n");
}

/** The header of a module that stands for itself. */
export function plainHeader(target: Target, typescript: TypeScriptVersion = "5.7"): string {
  const note = target === "typescript" ? `, for TypeScript ${typescript} and later` : "";
  return `// @generated by einsmith${note}\n/* eslint-disable */`;
}

/** Whether the writer made the text as a file of this name; where case does not count, `Conv.ts` is found as `conv.ts`. */
export function bearsMarker(text: string, file: string): boolean {
  const begin = `${text.slice(0, 1000).replaceAll("\r\n", "\n").toLowerCase()}\n`;
  return markersOf(file).some((marker) => begin.startsWith(`${marker.toLowerCase()}\n`));
}

/** The marker of a file, and what it was in earlier versions. */
function markersOf(file: string): readonly string[] {
  const name = file.replace(/\.ts$/, "");
  const origin = name === INDEX ? "from all entries" : `from the entry "${name}"`;
  const how = "To change it, edit the manifest and run: npx einsmith generate";
  return [markerOf(file), `// Generated by einsmith ${origin} of the manifest. ${how}`];
}
