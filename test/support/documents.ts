/**
 * The pages of the documentation, `README.md` and `docs/*.md`, and the blocks of code on them.
 *
 * What a block says by its language, and by what comes before it: `ts` is a program, `console` are commands with what
 * they print, `js` is code that the last command printed, `json` is a manifest, `text` behind a program is the error
 * that ends it.
 */
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";

export const ROOT = new URL("../../", import.meta.url);

export interface Block {
  readonly language: string;
  readonly text: string;
}

export interface Page {
  /** From the root of the repository: `docs/jit.md`. */
  readonly path: string;
  readonly text: string;
  readonly blocks: readonly Block[];
}

/** Blocks that follow one another, from one that imports to the next: they share their names. */
export interface Program {
  readonly page: string;
  readonly text: string;
  /** What the error that ends it prints; undefined for a program that ends well. */
  readonly error: string | undefined;
}

export const PAGES: readonly Page[] = [
  "README.md",
  ...readdirSync(new URL("docs/", ROOT)).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
].map(readPage);

export function pageCalled(path: string): Page {
  const page = PAGES.find((candidate) => candidate.path === path);
  if (!page) throw new Error(`there is no page ${path}`);
  return page;
}

function readPage(path: string): Page {
  const text = readFileSync(new URL(path, ROOT), "utf8");
  const blocks = [...text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)].map(([, language = "", code = ""]) => ({
    language,
    text: code,
  }));
  return { path, text, blocks };
}

export function programsOf({ path, blocks }: Page): Program[] {
  const programs: { page: string; text: string; error: string | undefined }[] = [];
  blocks.forEach(({ language, text }, at) => {
    if (language !== "ts") return;
    const next = blocks[at + 1];
    const error = next?.language === "text" ? next.text.trimEnd() : undefined;
    const last = programs.at(-1);
    if (last && !text.startsWith("import ")) {
      last.text += text;
      last.error = error;
    } else programs.push({ page: path, text, error });
  });
  return programs;
}

/** What a program shows: the value of a statement, and the comment on its line that says what it is. */
export interface Shown {
  readonly comment: string;
  readonly value: unknown;
}

/** Runs a program; `modules` are what it imports. The values that were shown before an error are lost. */
export function runProgram(text: string, modules: Readonly<Record<string, object>>): Shown[] {
  const shown: Shown[] = [];
  const { outputText } = ts.transpileModule(reportValues(text), {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const require = (name: string): object => {
    const found = modules[name];
    if (!found) throw new Error(`no module is called ${name}`);
    return found;
  };
  const report = (comment: string, value: unknown): void => void shown.push({ comment, value });
  // The blocks are of this repository.
  new Function("require", "exports", "report", outputText)(require, {}, report);
  return shown;
}

/** The program with a call of `report` for each statement with a comment behind it: of its value, or what it declares. */
function reportValues(text: string): string {
  const { statements } = ts.createSourceFile("example.ts", text, ts.ScriptTarget.ES2022, true);
  const written = statements.map((statement) => {
    const [range] = ts.getTrailingCommentRanges(text, statement.end) ?? [];
    const code = statement.getText();
    if (!range) return code;
    const comment = JSON.stringify(text.slice(range.pos + 2, range.end).trim());
    if (ts.isExpressionStatement(statement)) return `report(${comment}, ${statement.expression.getText()});`;
    if (!ts.isVariableStatement(statement)) return code;
    const names = statement.declarationList.declarations.map(({ name }) => name.getText());
    return `${code}\nreport(${comment}, ${names.at(-1)});`;
  });
  return written.join("\n");
}

/** What a comment promises of a value. A comment in prose promises nothing. */
export type Promise =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "members"; readonly members: Readonly<Record<string, unknown>> }
  | { readonly kind: "array"; readonly name: string; readonly length: number }
  | { readonly kind: "prose" };

/**
 * `[1, 2]: words`, `x is 2, y is 3: words`, `a Float32Array of 50`, or prose. Only a letter begins prose, so that a
 * value with a mistake in it is not taken for words.
 */
export function readPromise(comment: string): Promise {
  const [, name, length] = /^an? (\w+Array) of (\d+)$/.exec(comment) ?? [];
  if (name !== undefined) return { kind: "array", name, length: Number(length) };
  const members = [...comment.matchAll(/(\w+) is (-?\d+)(?=[,:]|$)/g)].map(([, key, value]) => [key, Number(value)]);
  if (members.length > 0) return { kind: "members", members: Object.fromEntries(members) as Record<string, unknown> };
  const ends = [...[...comment.matchAll(/: |, /g)].map(({ index }) => index), comment.length].reverse();
  for (const end of ends) {
    try {
      return { kind: "value", value: new Function(`"use strict"; return (${comment.slice(0, end)});`)() as unknown };
    } catch {
      // Too much of the comment, or words.
    }
  }
  if (!/^[a-z]/i.test(comment)) throw new Error(`neither a value nor words: ${comment}`);
  return { kind: "prose" };
}

/** The words of a command line; quotes are the shell's single ones, and a word that begins with # ends it. */
export function splitCommand(line: string): string[] {
  const words: string[] = [];
  for (const [, quoted, plain] of line.matchAll(/'([^']*)'|(\S+)/g)) {
    if (plain?.startsWith("#")) break;
    words.push(quoted ?? (plain as string));
  }
  return words;
}

export interface Command {
  readonly words: readonly string[];
  /** What the page shows of what it prints: nothing, all, or what stands before a last line `...`. */
  readonly shown: string;
}

/** The commands of a `console` block: each begins with `$`, and what it prints follows. */
export function commandsOf(text: string): Command[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      return { words: splitCommand(part.slice(0, end)), shown: part.slice(end + 1) };
    });
}
