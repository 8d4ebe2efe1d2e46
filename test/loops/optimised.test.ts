import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { jit, type CompileOptions } from "../../src/index.ts";

/** Bits of `%GetOptimizationStatus`: optimised, and by which compiler. */
const OPTIMISED = 1 << 4;
const TURBOFAN = 1 << 6;

/** A kernel of every form of schedule. */
const KERNELS: Readonly<Record<string, readonly [string, CompileOptions]>> = {
  "an unrolled product": ["ij,jk->ik", { shapes: [[6, 6], [6, 6]] }], // prettier-ignore
  "a streamed product": ["ij,jk->ik", { shapes: [[37, 37], [37, 37]] }], // prettier-ignore
  "a product in rows of doubles": ["ij,jk->ik", { shapes: [[64, 64], [64, 64]], dtype: "float32" }], // prettier-ignore
  "a product of integers": ["ij,jk->ik", { shapes: [[32, 32], [32, 32]], dtype: "int32" }], // prettier-ignore
  "a convolution": ["i (y+u-1) (x+v-1), o i u v -> o y x", { shapes: [[8, 14, 14], [8, 8, 3, 3]], dtype: "float32" }], // prettier-ignore
  "a convolution a channel": ["c (y+u-1) (x+v-1), c u v -> c y x", { shapes: [[8, 14, 14], [8, 3, 3]], dtype: "float32" }], // prettier-ignore
  "a maximum over windows": [
    "c (2*y+u) (2*x+v) -> c y x",
    { shapes: [[8, 28, 28]], sizes: { u: 2, v: 2 }, reduce: "max" },
  ],
  "a maximum over windows with borders": [
    "c (2*y+u-1) (2*x+v-1) -> c y x",
    { shapes: [[8, 56, 56]], sizes: { u: 3, v: 3 }, reduce: "max", dtype: "float32" },
  ],
  "a matrix times a vector": ["ij,j->i", { shapes: [[64, 64], [64]] }], // prettier-ignore
  "a transpose": ["ij->ji", { shapes: [[64, 64]] }],
  "a sum": ["ijk->", { shapes: [[16, 16, 16]] }],
};

/**
 * A program that runs a kernel until V8 has had every reason to optimise it, and prints the status of each of its
 * functions, then again after twice as many calls: what was optimised for a while only was not.
 */
function program(text: string, arrays: readonly { type: string; length: number }[], names: readonly string[]): string {
  const operands = arrays.map(({ type, length }) => `new ${type}(${length}).map((_, at) => (at % 7) - 3)`);
  return `${text.replace("export function", "function")}
    const arrays = [${operands.join(", ")}];
    const functions = [${names.join(", ")}];
    const statuses = () => functions.map((run) => %GetOptimizationStatus(run));
    const warmUp = (calls) => { for (let call = 0; call < calls; call++) kernel(...arrays); };
    let calls = 0;
    const isReady = () => statuses().every((status) => (status & ${TURBOFAN}) !== 0);
    // Compilation runs beside: there is no telling how many calls it takes.
    for (; calls < 400000 && !isReady(); calls += 200) warmUp(200);
    warmUp(Math.min(calls, 20000));
    console.log(JSON.stringify(statuses()));`;
}

describe("V8 optimises, and keeps optimised,", () => {
  it.each(Object.entries(KERNELS))("%s", (_, [spec, options]) => {
    const { compilation, source } = jit(spec, options);
    const { kernel } = compilation;
    const arrays = kernel.operands.map(({ dtype: own, bitsOf: dtype = own, length }) => ({
      type: { float64: "Float64Array", float32: "Float32Array", int32: "Int32Array" }[dtype as string] ?? "",
      length: Number(length),
    }));
    const { routines, main } = compilation.source;
    const steps = routines.slice(kernel.definitions?.length ?? 0);
    // Calls of routines may end up inside of the function that makes them, and those of numbers inside of routines.
    const hot = (steps.length > 0 ? steps : [main]).map(({ name }) => name);
    const flags = ["--allow-natives-syntax", "--input-type=module", "--eval"];
    const printed = execFileSync(process.execPath, [...flags, program(source, arrays, hot)], { encoding: "utf8" });
    for (const status of JSON.parse(printed) as number[]) {
      expect(status & OPTIMISED, `status ${status.toString(2)} of\n${source}`).toBe(OPTIMISED);
      expect(status & TURBOFAN, `status ${status.toString(2)} of\n${source}`).toBe(TURBOFAN);
    }
  });
});
