/** The operations of tensors as functions: `mul(a, b)` is `a.mul(b)`, and one of the two may be a number. */
import type { ElementwiseBinary } from "../ir/elementwise.ts";
import { published } from "../support/errors.ts";
import { checkTensor, combineTwo, type LazyOperand, type LazyTensor } from "./tensor.ts";

export const add = /* @__PURE__ */ operation("add");
export const sub = /* @__PURE__ */ operation("sub");
export const mul = /* @__PURE__ */ operation("mul");
export const div = /* @__PURE__ */ operation("div");

/** The larger of two elements; NaN wins. `x.max(axis)` reduces. */
export const max = /* @__PURE__ */ operation("max");

/** The smaller of two elements; NaN wins. `x.min(axis)` reduces. */
export const min = /* @__PURE__ */ operation("min");

/** The power with a constant exponent. */
export const pow = /* @__PURE__ */ method("pow");
export const neg = /* @__PURE__ */ method("neg");
export const abs = /* @__PURE__ */ method("abs");
export const exp = /* @__PURE__ */ method("exp");
export const log = /* @__PURE__ */ method("log");
export const sqrt = /* @__PURE__ */ method("sqrt");
export const erf = /* @__PURE__ */ method("erf");
export const tanh = /* @__PURE__ */ method("tanh");
export const relu = /* @__PURE__ */ method("relu");
export const leakyRelu = /* @__PURE__ */ method("leakyRelu");
export const sigmoid = /* @__PURE__ */ method("sigmoid");
export const silu = /* @__PURE__ */ method("silu");
export const gelu = /* @__PURE__ */ method("gelu");
export const clamp = /* @__PURE__ */ method("clamp");
export const sum = /* @__PURE__ */ method("sum");
export const prod = /* @__PURE__ */ method("prod");
export const mean = /* @__PURE__ */ method("mean");

/** Surrounds a tensor by zeros, or another number: one pair an axis; negative numbers crop. */
export const pad = /* @__PURE__ */ method("pad");

function operation(operator: ElementwiseBinary["operator"]) {
  return published((left: LazyOperand, right: LazyOperand): LazyTensor => combineTwo(operator, left, right), operator);
}

/** The methods that give a tensor. */
type Method = {
  [Name in keyof LazyTensor]: LazyTensor[Name] extends (...given: never[]) => LazyTensor ? Name : never;
}[keyof LazyTensor];

/** A method as a function of its tensor and of what it takes. */
function method<Name extends Method>(name: Name) {
  return published((x: LazyTensor, ...given: Parameters<LazyTensor[Name]>): LazyTensor => {
    const own = checkTensor(x)[name] as (...given: unknown[]) => LazyTensor;
    return own(...given);
  }, name);
}
