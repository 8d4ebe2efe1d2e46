/** The operations of tensors as functions: `mul(a, b)` is `a.mul(b)`, and one of the two may be a number. */
import { checkTensor, combineTwo, type LazyAxis, type LazyOperand, type LazyTensor } from "./tensor.ts";

type Axes = readonly (LazyAxis | readonly LazyAxis[])[];

export function add(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("add", left, right);
}

export function sub(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("sub", left, right);
}

export function mul(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("mul", left, right);
}

export function div(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("div", left, right);
}

/** The larger of two elements; NaN wins. `x.max(axis)` reduces. */
export function max(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("max", left, right);
}

/** The smaller of two elements; NaN wins. `x.min(axis)` reduces. */
export function min(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("min", left, right);
}

/** The power with a constant exponent. */
export function pow(base: LazyTensor, exponent: number): LazyTensor {
  return checkTensor(base).pow(exponent);
}

export function neg(x: LazyTensor): LazyTensor {
  return checkTensor(x).neg();
}

export function abs(x: LazyTensor): LazyTensor {
  return checkTensor(x).abs();
}

export function exp(x: LazyTensor): LazyTensor {
  return checkTensor(x).exp();
}

export function log(x: LazyTensor): LazyTensor {
  return checkTensor(x).log();
}

export function sqrt(x: LazyTensor): LazyTensor {
  return checkTensor(x).sqrt();
}

export function erf(x: LazyTensor): LazyTensor {
  return checkTensor(x).erf();
}

export function tanh(x: LazyTensor): LazyTensor {
  return checkTensor(x).tanh();
}

export function relu(x: LazyTensor): LazyTensor {
  return checkTensor(x).relu();
}

export function leakyRelu(x: LazyTensor, slope?: number): LazyTensor {
  return checkTensor(x).leakyRelu(slope);
}

export function sigmoid(x: LazyTensor): LazyTensor {
  return checkTensor(x).sigmoid();
}

export function silu(x: LazyTensor): LazyTensor {
  return checkTensor(x).silu();
}

export function gelu(x: LazyTensor, approximate?: "none" | "tanh"): LazyTensor {
  return checkTensor(x).gelu(approximate);
}

export function clamp(x: LazyTensor, low: number, high: number): LazyTensor {
  return checkTensor(x).clamp(low, high);
}

export function sum(x: LazyTensor, ...axes: Axes): LazyTensor {
  return checkTensor(x).sum(...axes);
}

export function prod(x: LazyTensor, ...axes: Axes): LazyTensor {
  return checkTensor(x).prod(...axes);
}

export function mean(x: LazyTensor, ...axes: Axes): LazyTensor {
  return checkTensor(x).mean(...axes);
}

/** Surrounds a tensor by zeros, or another value (0, 1, an infinity): one pair an axis; negative numbers crop. */
export function pad(x: LazyTensor, pairs: readonly (readonly [number, number])[], value?: number): LazyTensor {
  return checkTensor(x).pad(pairs, value);
}
