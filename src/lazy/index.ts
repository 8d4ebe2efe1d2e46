/** The public names of `einsmith/lazy`: symbolic tensors, their operations as functions, and index expressions. */
export type { LazyKernel } from "./compile-graph.ts";
export type { LazyArray, LazyInputs } from "./match-inputs.ts";
export {
  abs,
  add,
  clamp,
  div,
  erf,
  exp,
  gelu,
  leakyRelu,
  log,
  max,
  mean,
  min,
  mul,
  neg,
  pad,
  pow,
  prod,
  relu,
  sigmoid,
  silu,
  sqrt,
  sub,
  sum,
  tanh,
} from "./functions.ts";
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
export type { ViewOptions } from "./view.ts";
export { EinsumError, InternalError, UnsupportedError } from "../support/errors.ts";
