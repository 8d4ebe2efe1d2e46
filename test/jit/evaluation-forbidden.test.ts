/**
 * Where text must not be evaluated, `jit` interprets kernels and `einsum` walks steps. Node's `--disallow-code-generation-from-strings` forbids
 * what a page's content-security policy forbids, with the same error: one script runs under it and without it.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Prints, as JSON, whether text may be evaluated and the results of some calls. */
const PROGRAM = `
import { array, einsum, jit } from "./src/index.ts";

const mayEvaluate = (() => {
  try {
    return new Function("return true")();
  } catch (error) {
    return error instanceof EvalError ? false : String(error);
  }
})();

const results = [];
const show = (data) => results.push([data.constructor.name, Array.from(data, String)]);
const numbers = (length, dtype) => {
  const list = Array.from({ length }, (_, at) => ((at * 37) % 23) - 11);
  return array(list, dtype).data;
};

for (const dtype of ["float64", "float32", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]) {
  const [a, b, c] = [12, 20, 10].map((length) => numbers(length, dtype));
  const operands = [{ data: a, shape: [3, 4] }, { data: b, shape: [4, 5] }, { data: c, shape: [5, 2] }];
  show(einsum("ij,jk,kl->il", operands).data);
  show(einsum("ij,jk->ik", operands[0], operands[1]).data);
  show(einsum("(2*x + k - 1),k->x", [{ data: b, shape: [20] }, { data: c, shape: [3] }]).data);
  for (const reduce of ["max", "min", "prod", "mean", "any", "all"]) show(einsum("ij->j", [operands[0]], { reduce }).data);
  show(einsum("ij->ji", [{ data: a, shape: [2, 2], strides: [-4, 2], offset: 6 }]).data);
  show(einsum("i -> i (i)", [{ data: a, shape: [4] }]).data);

  const kernel = jit("ij,jk,kl->il", { shapes: operands.map(({ shape }) => shape), dtype });
  const out = kernel(a, b, c).slice().fill(kernel(a, b, c)[0]);
  show(kernel(a, b, c, out));
  show(jit("ij->ji", { shapes: [[3, 4]], dtype })(a, a));
}
for (let size = 1; size <= 12; size++) {
  show(einsum("ij,j->i", { data: numbers(3 * size), shape: [3, size] }, { data: numbers(size), shape: [size] }).data);
}
show(einsum("i,i->i", { data: numbers(4, "int32"), shape: [4] }, { data: numbers(4, "float32"), shape: [4] }).data);
console.log(JSON.stringify({ mayEvaluate, results }));
`;

interface Report {
  readonly mayEvaluate: unknown;
  readonly results: readonly (readonly [string, readonly string[]])[];
}

describe("where text must not be evaluated", () => {
  const folder = mkdtempSync(join(tmpdir(), "einsmith-"));
  const script = join(folder, "program.mjs");
  const run = (...flags: string[]): Report =>
    JSON.parse(execFileSync(process.execPath, [...flags, script], { encoding: "utf8" })) as Report;

  beforeAll(async () => {
    await build({
      stdin: { contents: PROGRAM, resolveDir: ROOT, sourcefile: "program.ts", loader: "ts" },
      bundle: true,
      format: "esm",
      platform: "neutral",
      target: "es2022",
      outfile: script,
      logLevel: "silent",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("einsum and jit give the same results as where it may", () => {
    const [allowed, forbidden] = [run(), run("--disallow-code-generation-from-strings")];
    expect(allowed.mayEvaluate).toBe(true);
    expect(forbidden.mayEvaluate).toBe(false);
    expect(forbidden.results).toEqual(allowed.results);
    expect(new Set(allowed.results.map(([name]) => name)).size).toBe(10);
    expect(allowed.results.length).toBe(10 * 13 + 12 + 1);
    // Not all the same number by accident.
    const [, chain] = allowed.results[0] ?? ["", []];
    expect(new Set(chain).size).toBeGreaterThan(3);
  });
});
