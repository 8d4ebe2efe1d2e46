/**
 * Where text must not be evaluated, `jit` interprets kernels and `einsum` walks steps. Node's `--disallow-code-generation-from-strings` forbids
 * what a page's content-security policy forbids, with the same error: one script runs under it and without it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import * as einsmith from "../../src/index.ts";
import { tensor } from "../../src/lazy/index.ts";
import { messageOf } from "../support/message-of.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** How the script is asked to do without evaluation, if at all. */
type Manner = "evaluate" | "option" | "setting";

/**
 * Prints, as JSON, whether text may be evaluated, the results of some calls, how often text was to be evaluated for them,
 * what was warned of, and what `jit` says of its kernels.
 */
const PROGRAM = `
import * as e from "./src/index.ts";
import { symbols, tensor } from "./src/lazy/index.ts";

const mayEvaluate = (() => {
  try {
    return new Function("return true")();
  } catch (error) {
    return error instanceof EvalError ? false : String(error);
  }
})();

let evaluations = 0;
globalThis.Function = new Proxy(Function, {
  construct(target, given) {
    evaluations++;
    return Reflect.construct(target, given);
  },
});
const warnings = [];
console.warn = (...words) => warnings.push(words.join(" "));

const manner = process.argv[2];
const option = manner === "option" ? { evaluate: false } : {};
if (manner === "setting") e.setEvaluation(false);

const results = [];
const backends = [];
const show = (data) => results.push([data.constructor.name, Array.from(data, String)]);
const numbers = (length, dtype) => {
  const list = Array.from({ length }, (_, at) => ((at * 37) % 23) - 11);
  return e.array(list, dtype).data;
};
const einsum = (spec, operands, options) => e.einsum(spec, operands, { ...options, ...option });
const jit = (spec, options) => {
  const kernel = e.jit(spec, { ...options, ...option });
  backends.push([kernel.backend, kernel.reason ?? null]);
  return kernel;
};

for (const dtype of ["float64", "float32", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]) {
  const [a, b, c] = [12, 20, 10].map((length) => numbers(length, dtype));
  const operands = [{ data: a, shape: [3, 4] }, { data: b, shape: [4, 5] }, { data: c, shape: [5, 2] }];
  show(einsum("ij,jk,kl->il", operands).data);
  show(einsum("ij,jk->ik", operands.slice(0, 2)).data);
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
  show(einsum("ij,j->i", [{ data: numbers(3 * size), shape: [3, size] }, { data: numbers(size), shape: [size] }]).data);
}
show(einsum("i,i->i", [{ data: numbers(4, "int32"), shape: [4] }, { data: numbers(4, "float32"), shape: [4] }]).data);
show(jit("ij->j", { shapes: [["n", 3]] })(numbers(12)));

const square = { data: numbers(12), shape: [3, 4] };
for (const gradient of e.einsumGrad("ij,jk->ik", [square, { ...square, shape: [4, 3] }], { data: numbers(9), shape: [3, 3] }, option)) {
  show(gradient.data);
}
const image = { data: numbers(2 * 36, "float32"), shape: [1, 2, 6, 6] };
const weight = { data: numbers(3 * 18, "float32"), shape: [3, 2, 3, 3] };
const bias = { data: numbers(3, "float32"), shape: [3] };
const norm = { mean: [0, 1], variance: [1, 4], weight: [1, 2], bias: [0, 1], eps: 0 };
const list = (values) => ({ data: Float32Array.from(values), shape: [values.length] });
const given = { ...norm, mean: list(norm.mean), variance: list(norm.variance), weight: list(norm.weight), bias: list(norm.bias) };
const convolved = e.conv2d(image, weight, { padding: 1, bias, activation: "relu", ...option });
show(convolved.data);
show(e.convTranspose2d(convolved, weight, { stride: 2, ...option }).data);
show(e.linear({ data: numbers(12), shape: [3, 4] }, { data: numbers(8), shape: [2, 4] }, option).data);
show(e.maxPool2d(image, { kernelSize: 3, stride: 2, padding: 1, ...option }).data);
show(e.avgPool2d(image, { kernelSize: 2, ...option }).data);
show(e.globalAvgPool(image, option).data);
show(e.batchNorm(image, given, option).data);
show(e.pad(image, [[0, 0], [0, 0], [1, 1], [0, 2]], 3, option).data);
const columns = e.unfold(image, { kernelSize: 2, ...option });
show(columns.data);
show(e.fold(columns, { kernelSize: 2, outputSize: 6, ...option }).data);
for (const gradient of Object.values(e.convGrad(image, weight, convolved, { padding: 1, bias, activation: "relu", ...option }))) show(gradient.data);
for (const gradient of Object.values(e.linearGrad(square, { data: numbers(8), shape: [2, 4] }, { data: numbers(6), shape: [3, 2] }, option))) show(gradient.data);
show(e.maxPoolGrad(image, 2, { data: numbers(18, "float32"), shape: [1, 2, 3, 3] }, { kernelSize: 2, ...option }).data);
show(e.avgPoolGrad(image, 2, { data: numbers(18, "float32"), shape: [1, 2, 3, 3] }, { kernelSize: 2, ...option }).data);
show(e.padGrad(image, [[0, 0], [0, 0], [-1, 0], [0, 0]], { data: numbers(60, "float32"), shape: [1, 2, 5, 6] }, option).data);
show(e.globalAvgPoolGrad(image, { data: numbers(2, "float32"), shape: [1, 2] }, option).data);
for (const gradient of Object.values(e.batchNormGrad(image, given, image, option))) show(gradient.data);

const [i, j, k] = symbols("i j k");
const product = tensor(i, k).mul(tensor(k, j)).sum(k);
show(product.compute([square, { ...square, shape: [4, 3] }], option).data);

console.log(JSON.stringify({ mayEvaluate, results, evaluations, warnings, backends }));
`;

interface Report {
  readonly mayEvaluate: unknown;
  readonly results: readonly (readonly [string, readonly string[]])[];
  readonly evaluations: number;
  readonly warnings: readonly string[];
  readonly backends: readonly (readonly [string, string | null])[];
}

const REFUSAL = "EvalError: Code generation from strings disallowed for this context";

describe("where text must not be evaluated", () => {
  const folder = mkdtempSync(join(tmpdir(), "einsmith-"));
  const script = join(folder, "program.mjs");
  const run = (manner: Manner, ...flags: string[]): Report =>
    JSON.parse(execFileSync(process.execPath, [...flags, script, manner], { encoding: "utf8" })) as Report;
  const bundle = (contents: string, outfile: string): Promise<unknown> =>
    build({
      stdin: { contents, resolveDir: ROOT, sourcefile: "program.ts", loader: "ts" },
      bundle: true,
      format: "esm",
      platform: "neutral",
      external: ["node:*"],
      target: "es2022",
      outfile,
      logLevel: "silent",
    });
  const FORBIDDEN = "--disallow-code-generation-from-strings";
  let allowed: Report;

  beforeAll(async () => {
    await bundle(PROGRAM, script);
    allowed = run("evaluate");
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it("every call gives the same result as where it may, after one try and one warning", () => {
    const forbidden = run("evaluate", FORBIDDEN);
    expect(allowed.mayEvaluate).toBe(true);
    expect(forbidden.mayEvaluate).toBe(false);
    expect(forbidden.results).toEqual(allowed.results);
    expect(new Set(allowed.results.map(([name]) => name)).size).toBe(10);
    expect(allowed.results.length).toBe(10 * 13 + 12 + 2 + 2 + 10 + 3 + 2 + 4 + 3 + 1);
    // Not all the same number by accident.
    const [, chain] = allowed.results[0] ?? ["", []];
    expect(new Set(chain).size).toBeGreaterThan(3);

    expect(allowed.evaluations).toBeGreaterThan(100);
    expect(allowed.warnings).toEqual([]);
    expect(new Set(allowed.backends.map(String))).toEqual(new Set(["javascript,"]));
    expect(forbidden.evaluations).toBe(1);
    expect(forbidden.warnings).toEqual([
      `einsmith: text may not be evaluated here (${REFUSAL}), so kernels are interpreted, 30 to 1000 times slower. ` +
        "Modules that `einsmith generate` writes beforehand run at full speed.",
    ]);
    expect(new Set(forbidden.backends.map(String))).toEqual(new Set([`interpreter,${REFUSAL}`]));
  });

  it.each<[Manner, string]>([
    ["option", "options.evaluate is false"],
    ["setting", "setEvaluation(false) was called"],
  ])("nothing is tried where that was said: %s", (manner, reason) => {
    for (const flags of [[], [FORBIDDEN]]) {
      const found = run(manner, ...flags);
      expect([found.evaluations, found.warnings]).toEqual([0, []]);
      expect(found.results).toEqual(allowed.results);
      expect(new Set(found.backends.map(String))).toEqual(new Set([`interpreter,${reason}`]));
    }
  });

  it("a worker tries once for itself", async () => {
    const worker = join(folder, "worker.mjs");
    await bundle(
      `import { isMainThread, Worker } from "node:worker_threads";
       import { einsum, jit } from "./src/index.ts";
       const vector = { data: Float64Array.of(1, 2), shape: [2] };
       for (const spec of ["i->", "i->i", "i,i->"]) einsum(spec, ...spec.split("-")[0].split(",").map(() => vector));
       console.log(isMainThread ? "page" : "worker", jit("i->", { shapes: [[2]] }).backend);
       if (isMainThread) new Worker(new URL(import.meta.url));`,
      worker,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [FORBIDDEN, worker], { encoding: "utf8" });
    expect(stdout).toBe("page interpreter\nworker interpreter\n");
    expect(stderr.split("einsmith: text may not be evaluated here").length - 1).toBe(2);
  });
});

describe("whether text is evaluated", () => {
  const vector = { data: Float64Array.of(1, 2), shape: [2] };
  const image = { data: new Float64Array(16), shape: [1, 1, 4, 4] };
  const layer = einsmith.globalAvgPoolSpec([1, 1, 4, 4]);
  type Call = (evaluate: boolean) => unknown;
  const CALLS: Readonly<Record<string, Call>> = {
    compile: (evaluate) => einsmith.compile("i->", { shapes: [[2]], evaluate }),
    compileGradient: (evaluate) => einsmith.compileGradient("i->", 0, { shapes: [[2]], evaluate }),
    jit: (evaluate) => einsmith.jit("i->", { shapes: [[2]], evaluate }),
    einsum: (evaluate) => einsmith.einsum("i->", [vector], { evaluate }),
    einsumGrad: (evaluate) =>
      einsmith.einsumGrad("i->", [vector], { data: Float64Array.of(1), shape: [] }, { evaluate }),
    conv2d: (evaluate) => einsmith.conv2d(image, image, { evaluate }),
    convGrad: (evaluate) => einsmith.convGrad(image, image, { ...image, shape: [1, 1, 1, 1] }, { evaluate }),
    maxPool2d: (evaluate) => einsmith.maxPool2d(image, { kernelSize: 2, evaluate }),
    pad: (evaluate) => einsmith.pad(vector, [[1, 1]], 0, { evaluate }),
    globalAvgPool: (evaluate) => einsmith.globalAvgPool(image, { evaluate }),
    unfold: (evaluate) => einsmith.unfold(image, { kernelSize: 2, evaluate }),
    compileLayer: (evaluate) => einsmith.compileLayer(layer, { evaluate }),
    "compile of a lazy tensor": (evaluate) => tensor(2).exp().compile({ evaluate }),
    "compute of a lazy tensor": (evaluate) => tensor(2).exp().compute([vector], { evaluate }),
  };

  it.each(Object.entries(CALLS))("is true or false: %s", (_, call) => {
    for (const [value, found] of [
      ["no", "'no'"],
      [0, "0"],
      [null, "null"],
    ] as const) {
      expect(messageOf(() => call(value as unknown as boolean))).toBe(
        `options.evaluate must be true or false, found ${found} [invalid-option]`,
      );
    }
    expect(call(true)).toBeDefined();
  });

  it("is set for everything by true or false alone", () => {
    expect(messageOf(() => einsmith.setEvaluation("off" as unknown as boolean))).toBe(
      "setEvaluation takes true or false, found 'off' [invalid-option]",
    );
  });

  it.each(["pad", "batchNorm", "globalAvgPool"] as const)("is told from other options: %s", (name) => {
    const run = einsmith[name] as (...given: unknown[]) => unknown;
    const norm = { mean: { data: Float64Array.of(0), shape: [1] }, variance: { data: Float64Array.of(1), shape: [1] } };
    const given = { pad: [vector, [[1, 1]], 0], batchNorm: [image, norm], globalAvgPool: [image] }[name];
    expect(messageOf(() => run(...given, { eval: false }))).toContain("there is no option 'eval' [unknown-option]");
  });

  it("begins again where it was set to false, for shapes met meanwhile too", () => {
    const compiled = vi.spyOn(globalThis, "Function");
    try {
      const call = (): unknown => einsmith.einsum("rst->s", { data: new Float64Array(6), shape: [1, 2, 3] });
      einsmith.setEvaluation(false);
      call();
      expect(compiled).toHaveBeenCalledTimes(0);
      einsmith.setEvaluation(true);
      call();
      expect(compiled).toHaveBeenCalledTimes(1);
    } finally {
      einsmith.setEvaluation(true);
      compiled.mockRestore();
    }
  });
});
