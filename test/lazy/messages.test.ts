/** What the front end says of mistakes, whole. */
import { expect, it } from "vitest";
import { add, mul, symbol, symbols, tensor, type LazySymbol, type LazyTensor } from "../../src/lazy/index.ts";
import { messageOf } from "../support/message-of.ts";

const [i, j, k, n] = symbols("i j k n") as [LazySymbol, LazySymbol, LazySymbol, LazySymbol];
const x = tensor(i, j, { name: "x" });

it.each<readonly [string, () => unknown, string]>([
  ["a size that is none", () => tensor(-1), "axis 0 of a tensor must be a symbol or a size, found -1 [lazy-argument]"],
  [
    "a name that is none",
    () => tensor(2, { name: "a b" }),
    "'a b' cannot name a tensor [lazy-name]\n  remedy: use letters, digits and _, and begin with no digit",
  ],
  [
    "an axis twice",
    () => tensor(i, i),
    "the index 'i' is named twice [lazy-duplicate]\n  remedy: name an axis once: a diagonal is a view with 'where'",
  ],
  [
    "more names than axes that are left",
    () => x.to(i, k, n),
    "a view names 'k' and 'n' for the axis 'j' [lazy-axes]\n" +
      "  remedy: name one index an axis, or say in 'where' which index reads which axis",
  ],
  [
    "an axis without a name",
    () => x.to(i),
    "a view names no new index for the axis 'j' [lazy-axes]\n" +
      "  remedy: name one index an axis, or say in 'where' which index reads which axis",
  ],
  [
    "an equation that mixes sides",
    () => x.to([i, k], { where: [[j, k.plus(n)]] }),
    "the constraint 'j = k + n' speaks of 'n', which is neither an axis nor an index of the view [lazy-where]\n" +
      "  remedy: write [axis, expression over the view's indices], or [index of the view, expression over the axes]",
  ],
  [
    "an index divided",
    () => x.to([i, k], { where: [[j, k.over(2)]] }),
    "no axis can be read by 'k//2' [lazy-not-affine]\n" +
      "  remedy: multiply indices by integers and sizes alone; instead of dividing one, split it in two, as in x = 2*q + r",
  ],
  [
    "an outside that is no number",
    () => x.to([i, j], { outside: "7" as never }),
    "outside must be a number, found '7' [lazy-argument]",
  ],
  [
    "a fraction outside of integers",
    () => tensor(3, { dtype: "int32" }).pad([[1, 1]], 0.5),
    "outside must be an integer that int32 holds, found 0.5 [lazy-argument]",
  ],
  [
    "an infinity outside of integers",
    () => tensor(3, { dtype: "int64" }).pad([[1, 1]], -Infinity),
    "outside must be an integer that int64 holds, found -Infinity [lazy-argument]",
  ],
  [
    "an integer outside of narrower ones",
    () => tensor(3, { dtype: "uint8" }).pad([[1, 1]], 256),
    "outside must be an integer that uint8 holds, found 256 [lazy-argument]",
  ],
  [
    "a reduction over no axis of it",
    () => x.sum(k),
    "'k' is no axis of the tensor [lazy-index]\n  remedy: its axes are 'i' and 'j'",
  ],
  [
    "an operand that is none",
    () => mul(x, {} as LazyTensor),
    "an operand must be a tensor or a number, found an object [lazy-argument]",
  ],
  [
    "tensors that do not align",
    () => add(tensor(i), tensor(2, 3)),
    "a tensor over 'i' and one over 'axis0' and 'axis1' do not align [lazy-broadcast]\n" +
      "  remedy: name their axes with 'to': axes of one name meet",
  ],
  ["sizes of the wrong number", () => x.setSize(2), "the tensor has 2 axes, found 1 size [lazy-rank]"],
  [
    "a size set to no size",
    () => x.setSize(2, 0.5),
    "size 1 must be an integer of at least 0, found 0.5 [lazy-argument]",
  ],
  [
    "inputs that are missing",
    () => x.mul(tensor(2)).compute({ x: [[1]] }),
    "the graph has 2 inputs, found 1 [lazy-input-count]\n  remedy: give 'x' and 'a'",
  ],
  [
    "an input of another name",
    () =>
      tensor(2, { name: "weights" })
        .neg()
        .compute({ wieghts: [1, 2] }),
    "'wieghts' is no input of the graph [lazy-input]\n  remedy: did you mean 'weights'?",
  ],
  [
    "an array of another dtype",
    () =>
      tensor(2, { name: "a" })
        .neg()
        .compute({ a: Float32Array.of(1, 2) }),
    "input 'a' is of float64, found float32 [lazy-input-dtype]\n" +
      "  remedy: pass an array of float64, or make the tensor with { dtype: 'float32' }",
  ],
  [
    "an array of another length",
    () =>
      tensor(2, { name: "a" })
        .neg()
        .compute({ a: Float64Array.of(1) }),
    "input 'a' has 1 elements, but its shape is [2] [lazy-input-length]",
  ],
  [
    "an array of another shape",
    () =>
      tensor(2, { name: "a" })
        .neg()
        .compute({ a: [1, 2, 3] }),
    "index 'a0' has two sizes: 2, axis 0 of a, and 3, axis 0 of the array for a [lazy-size-conflict]\n" +
      "  remedy: correct one of them, or name the axes differently",
  ],
  [
    "a tensor of a dtype that is none",
    () => tensor(symbol("q"), { dtype: "float16" as "float64" }),
    expect.stringContaining("float16") as string,
  ],
])("refuses %s", (_, action, message) => {
  expect(messageOf(action)).toEqual(message);
});
