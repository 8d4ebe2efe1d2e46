/**
 * einsmith in both of its forms: the kernel that the JIT evaluates, and the module that the writer wrote, imported. Both
 * come to be in their first use: nothing is compiled or imported before.
 */
import { pathToFileURL } from "node:url";
import type { CompileOptions } from "../../src/index.ts";
import { allocate, countOf, operandsOf, type Floats, type Workload } from "../workload.ts";
import type { Contender, Variant } from "./contender.ts";

export const einsmithJit: Contender = {
  name: "einsmith",
  kind: "einsmith",
  packages: [],
  prepare: async (workload) => {
    // Loaded here, because every contender's process reads this file.
    const { jit } = await import("../../src/index.ts");
    const options = compileOptionsOf(workload);
    return [variantOf("jit", workload, () => jit(workload.spec, options) as Kernel)];
  },
};

export const einsmithModule: Contender = {
  name: "einsmith module",
  kind: "einsmith",
  packages: [],
  bare: true,
  prepare: (workload, { module }) => {
    const load = async (): Promise<Kernel> => {
      const { kernel } = (await import(pathToFileURL(module).href)) as { kernel: Kernel };
      return kernel;
    };
    return Promise.resolve([variantOf("module", workload, load)]);
  },
};

/** The call of `einsum`, which compiles where a shape is new: what a first use takes. */
export const einsmithEinsum: Contender = {
  name: "einsmith einsum",
  kind: "einsmith",
  packages: [],
  prepare: async (workload) => {
    const { einsum } = await import("../../src/index.ts");
    const operands = operandsOf(workload).map((data, operand) => ({ data, shape: workload.shapes[operand] ?? [] }));
    const run = (): Floats => einsum(workload.spec, ...operands).data as Floats;
    return [{ label: "einsum", asGiven: true, run, result: run }];
  },
};

/** `compile` alone: the part of a first use that is not evaluation. */
export const einsmithCompile: Contender = {
  name: "einsmith compile",
  kind: "einsmith",
  packages: [],
  prepare: async (workload) => {
    const { compile, jit } = await import("../../src/index.ts");
    const options = compileOptionsOf(workload);
    const result = (): Floats => jit(workload.spec, options)(...operandsOf(workload)) as Floats;
    return [{ label: "compile", asGiven: true, run: () => compile(workload.spec, options), result }];
  },
};

/** What einsmith is told of a workload. */
export function compileOptionsOf({ shapes, dtype, sizes, operation }: Workload): CompileOptions {
  return {
    shapes,
    dtype,
    ...(sizes && { sizes }),
    ...(operation.kind === "pool" && { reduce: operation.reduce }),
  };
}

type Kernel = (...arrays: Floats[]) => Floats;

/** A kernel that its first use loads. */
function variantOf(label: string, workload: Workload, load: () => Kernel | Promise<Kernel>): Variant {
  const operands = operandsOf(workload);
  const out = allocate(workload.dtype, countOf(workload.outputShape));
  const begin = (kernel: Kernel): Floats => {
    variant.run = callOf(kernel, operands, out);
    return variant.run();
  };
  const variant = {
    label,
    asGiven: true,
    // Replaced, not wrapped: one more call would be felt where a kernel takes a few nanoseconds.
    run: (): Floats => {
      throw new Error("used before its first use");
    },
    firstUse: (): unknown => {
      const kernel = load();
      return kernel instanceof Promise ? kernel.then(begin) : begin(kernel);
    },
    result: (): Floats => out,
  };
  return variant;
}

/** The call as a user writes it: spreading the arguments would take longer than the smallest kernels. */
export function callOf(kernel: Kernel, operands: readonly Floats[], out: Floats): () => Floats {
  const [a, b, c, d] = operands as [Floats, Floats, Floats, Floats];
  switch (operands.length) {
    case 1:
      return () => kernel(a, out);
    case 2:
      return () => kernel(a, b, out);
    case 3:
      return () => kernel(a, b, c, out);
    case 4:
      return () => kernel(a, b, c, d, out);
    default:
      return () => kernel(...operands, out);
  }
}
