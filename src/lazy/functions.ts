/** The operations of tensors as functions: `mul(a, b)` is `a.mul(b)`, and one of the two may be a number. */
import { checkTensor, combineTwo, type LazyAxis, type LazyOperand, type LazyTensor } from "./tensor.ts";
import { published } from "../support/errors.ts";

type Axes = readonly (LazyAxis | readonly LazyAxis[])[];

export const add = /* @__PURE__ */ published(function add(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("add", left, right);
});

export const sub = /* @__PURE__ */ published(function sub(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("sub", left, right);
});

export const mul = /* @__PURE__ */ published(function mul(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("mul", left, right);
});

export const div = /* @__PURE__ */ published(function div(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("div", left, right);
});

/** The larger of two elements; NaN wins. `x.max(axis)` reduces. */
export const max = /* @__PURE__ */ published(function max(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("max", left, right);
});

/** The smaller of two elements; NaN wins. `x.min(axis)` reduces. */
export const min = /* @__PURE__ */ published(function min(left: LazyOperand, right: LazyOperand): LazyTensor {
  return combineTwo("min", left, right);
});

/** The power with a constant exponent. */
export const pow = /* @__PURE__ */ published(function pow(base: LazyTensor, exponent: number): LazyTensor {
  return checkTensor(base).pow(exponent);
});

export const neg = /* @__PURE__ */ published(function neg(x: LazyTensor): LazyTensor {
  return checkTensor(x).neg();
});

export const abs = /* @__PURE__ */ published(function abs(x: LazyTensor): LazyTensor {
  return checkTensor(x).abs();
});

export const exp = /* @__PURE__ */ published(function exp(x: LazyTensor): LazyTensor {
  return checkTensor(x).exp();
});

export const log = /* @__PURE__ */ published(function log(x: LazyTensor): LazyTensor {
  return checkTensor(x).log();
});

export const sqrt = /* @__PURE__ */ published(function sqrt(x: LazyTensor): LazyTensor {
  return checkTensor(x).sqrt();
});

export const erf = /* @__PURE__ */ published(function erf(x: LazyTensor): LazyTensor {
  return checkTensor(x).erf();
});

export const tanh = /* @__PURE__ */ published(function tanh(x: LazyTensor): LazyTensor {
  return checkTensor(x).tanh();
});

export const relu = /* @__PURE__ */ published(function relu(x: LazyTensor): LazyTensor {
  return checkTensor(x).relu();
});

export const leakyRelu = /* @__PURE__ */ published(function leakyRelu(x: LazyTensor, slope?: number): LazyTensor {
  return checkTensor(x).leakyRelu(slope);
});

export const sigmoid = /* @__PURE__ */ published(function sigmoid(x: LazyTensor): LazyTensor {
  return checkTensor(x).sigmoid();
});

export const silu = /* @__PURE__ */ published(function silu(x: LazyTensor): LazyTensor {
  return checkTensor(x).silu();
});

export const gelu = /* @__PURE__ */ published(function gelu(x: LazyTensor, approximate?: "none" | "tanh"): LazyTensor {
  return checkTensor(x).gelu(approximate);
});

export const clamp = /* @__PURE__ */ published(function clamp(x: LazyTensor, low: number, high: number): LazyTensor {
  return checkTensor(x).clamp(low, high);
});

export const sum = /* @__PURE__ */ published(function sum(x: LazyTensor, ...axes: Axes): LazyTensor {
  return checkTensor(x).sum(...axes);
});

export const prod = /* @__PURE__ */ published(function prod(x: LazyTensor, ...axes: Axes): LazyTensor {
  return checkTensor(x).prod(...axes);
});

export const mean = /* @__PURE__ */ published(function mean(x: LazyTensor, ...axes: Axes): LazyTensor {
  return checkTensor(x).mean(...axes);
});

/** Surrounds a tensor by zeros, or another value (0, 1, an infinity): one pair an axis; negative numbers crop. */
export const pad = /* @__PURE__ */ published(function pad(
  x: LazyTensor,
  pairs: readonly (readonly [number, number])[],
  value?: number,
): LazyTensor {
  return checkTensor(x).pad(pairs, value);
});
