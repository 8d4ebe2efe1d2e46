/** The public names of `einsmith/lazy`: symbolic tensors, their operations as functions, and index expressions. */
export type { LazyKernel } from "./compile-graph.ts";
export type { LazyArray, LazyInputs } from "./compute.ts";
export * from "./tensor.ts";
export { symbol, symbols, type IndexExpression, type LazySymbol } from "./index-expression.ts";
export {
  concatenate,
  grad,
  tensor,
  type LazyAxis,
  type LazyOperand,
  type LazyTensor,
  type TensorOptions,
} from "./tensor.ts";
export type { ViewOptions } from "./graph.ts";
export { EinsumError, InternalError, UnsupportedError } from "../support/errors.ts";
