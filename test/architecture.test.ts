/**
 * The shape of the source: the rules of `test/support/architecture.ts`, first on small trees with one fault each, so
 * that every rule is known to be able to fail, then on `src` itself.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { findProblems, importsOf } from "./support/architecture.ts";

const SRC = new URL("../src/", import.meta.url);

function problemsOf(files: Record<string, string>, codemap?: string): string[] {
  const named = codemap ?? Object.keys(files).map((path) => `\`${path}\``);
  return findProblems({ files: new Map(Object.entries(files)), codemap: String(named), exists: () => false });
}

describe("the architecture checker", () => {
  it("accepts a tree that follows the rules", () => {
    const files = {
      "support/span.ts": "export interface Span {}\n",
      "ir/bind.ts": 'import type { Span } from "../support/span.ts";\nexport const at: Span = {};\n',
      "cli/main.ts": 'import { readFileSync } from "node:fs";\nimport prettier from "prettier";\n',
    };
    expect(problemsOf(files)).toEqual([]);
  });

  it("reports a backward import, type imports included", () => {
    const files = {
      "support/span.ts": 'import type { Kernel } from "../loops/kernel.ts";\n',
      "loops/kernel.ts": "export interface Kernel {}\n",
    };
    expect(problemsOf(files)).toEqual(["support/span.ts: imports loops/kernel.ts, a later layer"]);
  });

  it("reports a backward re-export, a dynamic import and an import type", () => {
    const files = {
      "affine/a.ts": 'export * from "../spec/b.ts";\n',
      "affine/c.ts": 'export const late = () => import("../spec/b.ts");\n',
      "affine/d.ts": 'export type Late = import("../spec/b.ts").B;\n',
      "spec/b.ts": "export interface B {}\n",
    };
    expect(problemsOf(files)).toEqual([
      "affine/a.ts: imports spec/b.ts, a later layer",
      "affine/c.ts: imports spec/b.ts, a later layer",
      "affine/d.ts: imports spec/b.ts, a later layer",
    ]);
  });

  it("reports a cycle, type imports included", () => {
    const files = {
      "ir/a.ts": 'import type { B } from "./b.ts";\n',
      "ir/b.ts": 'import {\n  C,\n} from "./c.ts";\n',
      "ir/c.ts": 'import { A } from "./a.ts";\n',
    };
    expect(problemsOf(files)).toEqual(["ir/a.ts: imports itself through ir/b.ts, ir/c.ts, ir/a.ts"]);
  });

  it("reports what a pure layer imports from outside", () => {
    const files = {
      "ir/a.ts": 'import { readFileSync } from "node:fs";\n',
      "jit/b.ts": 'import "prettier";\n',
      "index.ts": 'export { x } from "ts-morph";\n',
      "cli/c.ts": 'import { x } from "../../test/x.ts";\n',
    };
    expect(problemsOf(files)).toEqual([
      "ir/a.ts: imports 'node:fs' from outside",
      "jit/b.ts: imports 'prettier' from outside",
      "index.ts: imports 'ts-morph' from outside",
      "cli/c.ts: imports '../test/x.ts' from outside",
    ]);
  });

  it("reports a folder that is no layer", () => {
    expect(problemsOf({ "middle/a.ts": "" })).toEqual(["middle/a.ts: 'middle' is no layer"]);
  });

  it("reports text that is evaluated anywhere but in jit/evaluate.ts", () => {
    const files = {
      "jit/evaluate.ts": "export const make = (text: string) => new Function(text);\n",
      "jit/einsum.ts": 'const run = new Function("return 1");\n',
      "emit/a.ts": 'eval("1");\n',
      "emit/b.ts": '(0, eval)("1");\n',
      "emit/c.ts": 'globalThis.Function("1");\n',
    };
    expect(problemsOf(files)).toEqual([
      "jit/einsum.ts: evaluates text",
      "emit/a.ts: evaluates text",
      "emit/b.ts: evaluates text",
      "emit/c.ts: evaluates text",
    ]);
  });

  it("lets comments and strings mention what code may not do", () => {
    const text = '/** Never calls `new Function`. */\nexport const words = ["eval(", `new Function`]; // eval(1)\n';
    expect(problemsOf({ "emit/a.ts": text })).toEqual([]);
  });

  it("is not led astray by quotes in a regular expression", () => {
    const files = { "emit/a.ts": "const quotes = /[\"'`]/g;\neval(quotes);\n" };
    expect(problemsOf(files)).toEqual(["emit/a.ts: evaluates text"]);
  });

  it("reports default exports", () => {
    const files = { "ir/a.ts": "export default 1;\n", "ir/b.ts": "const b = 1;\nexport { b as default };\n" };
    expect(problemsOf(files)).toEqual(["ir/a.ts: has a default export", "ir/b.ts: has a default export"]);
  });

  it("reports a file of more than 350 lines", () => {
    const lines = (count: number): string => "// line\n".repeat(count);
    const files = { "ir/a.ts": lines(350), "ir/b.ts": lines(351) };
    expect(problemsOf(files)).toEqual(["ir/b.ts: has 351 lines, more than 350"]);
  });

  it("reports folders and files with names that say nothing", () => {
    const files = { "ir/utils/a.ts": "", "ir/helpers.ts": "" };
    expect(problemsOf(files)).toEqual([
      "ir/utils/a.ts: 'utils' says nothing about what is in it",
      "ir/helpers.ts: 'helpers.ts' says nothing about what is in it",
    ]);
  });

  it("reports a file that the codemap leaves out, and a name in it that does not exist", () => {
    expect(problemsOf({ "ir/a.ts": "", "ir/b.ts": "" }, "`ir/` `ir/a.ts` `ir/c.ts` `gone/`")).toEqual([
      "ir/b.ts: is not in the codemap",
      "ir/c.ts: is in the codemap, but does not exist",
      "gone/: is in the codemap, but does not exist",
    ]);
  });
});

describe("src", () => {
  const files = new Map(
    readdirSync(SRC, { recursive: true, encoding: "utf8" })
      .map((path) => path.replaceAll("\\", "/"))
      .filter((path) => path.endsWith(".ts"))
      .sort()
      .map((path) => [path, readFileSync(new URL(path, SRC), "utf8")]),
  );

  it("follows the rules", () => {
    const codemap = readFileSync(new URL("README.md", SRC), "utf8");
    const exists = (path: string): boolean => existsSync(new URL(path, new URL("../", SRC)));
    expect(findProblems({ files, codemap, exists })).toEqual([]);
  });

  it("is read by the checker: files that are known to import have imports", () => {
    expect(importsOf("ir/tensor.ts", files.get("ir/tensor.ts") ?? "")).toEqual(["ir/dtype.ts"]);
    expect(importsOf("loops/names.ts", files.get("loops/names.ts") ?? "")).toEqual([
      "loops/kernel.ts",
      "loops/nest.ts",
      "loops/rewrite.ts",
    ]);
  });
});
