/**
 * `einsmith`: all public names but those of `einsmith/lazy` and of what needs a file system. Names of optimizers are known
 * where `einsmith/path` is imported: exporting it from here would put every search into every bundle.
 */
export { compile, type Compilation, type CompileOptions, type EvaluateOption } from "./compile.ts";
export type { ConstantSource, FunctionSource, KernelSource, ParameterSource, Target } from "./emit/source.ts";
export type { Access, Combination, Contraction, ContractionIndex, Reduction } from "./ir/contraction.ts";
export type { Dtype, TypedArray } from "./ir/dtype.ts";
export type { BindOptions } from "./ir/options.ts";
export type { TensorType } from "./ir/tensor.ts";
export { einsum, type EinsumOptions } from "./jit/einsum.ts";
export { setEvaluation } from "./jit/evaluate.ts";
export { jit, type JitKernel } from "./jit/jit.ts";
export { asStrided, type NdArray } from "./jit/nd-array.ts";
export { array, toNested, type Nested } from "./jit/nd-array.ts";
export type { Kernel } from "./loops/kernel.ts";
export type { LoopNest } from "./loops/nest.ts";
export type { EinsumSpec, Notation } from "./spec/ast.ts";
export { parseSpec } from "./spec/parser.ts";
export { printSpec } from "./spec/print.ts";
export { EinsumError, InternalError, UnsupportedError } from "./support/errors.ts";
export type { Mark, Span } from "./support/carets.ts";
export * from "./entries/grad.ts";
export * from "./entries/sizes.ts";
export * from "./layers/index.ts";
export * from "./path/index.ts";
