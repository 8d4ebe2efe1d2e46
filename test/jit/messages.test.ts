/** The whole message of every code in `messages/arrays.ts`, as a call to the library raises it. */
import { describe, expect, it } from "vitest";
import { array, asStrided, einsum, einsumGrad, jit, type NdArray, type Nested } from "../../src/index.ts";
import { allocate } from "../../src/jit/memory.ts";
import { codeIn, codesOf } from "../support/error-cases.ts";
import { messageOf } from "../support/message-of.ts";

const loosely = einsum as (...given: unknown[]) => NdArray;
const vector: NdArray = { data: Float64Array.of(1, 2), shape: [2] };
const double = jit("i->i", { shapes: [[2]], name: "double" }) as (...given: unknown[]) => unknown;

const cases: readonly (readonly [string, () => unknown, ...string[]])[] = [
  [
    "an array whose class has no dtype",
    () => loosely("i->i", { data: new Uint8ClampedArray(2), shape: [2] }),
    "the data of operand 0 is a Uint8ClampedArray, whose elements have no dtype here [array-class]",
    "  remedy: copy it into one of Float64Array, Float32Array, Int8Array, Int16Array, Int32Array, BigInt64Array, Uint8Array, Uint16Array, Uint32Array, BigUint64Array, as in Float64Array.from(data)",
  ],
  [
    "a kernel called without arrays",
    () => double(),
    "double takes 1 array and an optional out, found 0 [array-count]",
    "  remedy: pass one typed array per operand, in the order of the spec",
  ],
  [
    "a kernel called with an array of another dtype",
    () => double(new Int32Array(2)),
    "a must be of class Float64Array, found an Int32Array [array-dtype]",
    "  remedy: convert it, or compile for its dtype with options.dtypes",
  ],
  [
    "a kernel called with an n-dimensional array",
    () => double(vector),
    "a must be of class Float64Array, found an object [array-dtype]",
    "  remedy: pass the flat array alone; the kernel knows its shape and strides",
  ],
  [
    "an array that lies about its length",
    () => double(Object.defineProperty(new Float64Array(4), "length", { value: 9 })),
    "a says that its length is 9, but has 4 elements [array-lies]",
    "  remedy: pass an array whose class does not define length anew",
  ],
  [
    "operands that are no list",
    () => (einsumGrad as unknown as typeof loosely)("i->", undefined, vector),
    "the operands must be a list of arrays, found undefined [not-arrays]",
    "  remedy: pass [a, b], where each has data and shape",
  ],
  [
    "a kernel called with a short array",
    () => double(new Float64Array(1)),
    "a needs at least 2 elements, found 1 [array-length]",
    "  remedy: pass the flat buffer of an array of the shape this kernel was compiled for",
  ],
  [
    "a kernel called with a long out",
    () => double(new Float64Array(2), new Float64Array(3)),
    "out needs exactly 2 elements, found 3 [array-length]",
    "  remedy: pass the flat buffer of an array of the shape this kernel was compiled for",
  ],
  [
    "a shape that is no list",
    () => loosely("i->i", { data: vector.data, shape: 2 }),
    "the shape of operand 0 must be a list of sizes, found 2 [malformed-array]",
  ],
  [
    "strides that are text",
    () => loosely("i->i", { ...vector, strides: "row-major" }),
    "the strides of operand 0 must be a list of integers, found 'row-major' [malformed-array]",
  ],
  [
    "an offset that is a fraction",
    () => einsum("i,i->i", vector, { ...vector, offset: 0.5 }),
    "the offset of operand 1 must be an integer, found 0.5 [malformed-array]",
  ],
  [
    "a list that holds itself",
    () => {
      const list: Nested[] = [];
      list.push(list);
      return array(list);
    },
    "a nested list has more than 64 levels [nested-too-deep]",
    "  remedy: check that no list holds itself",
  ],
  [
    "a text in a nested list",
    () => array(["1"] as unknown as Nested),
    "a nested list must hold numbers, found '1' [not-a-number]",
    "  remedy: pass numbers or BigInts, in lists of equal lengths",
  ],
  [
    "a hole in a nested list",
    () => array([1, , 2] as unknown as Nested), // prettier-ignore
    "a nested list must hold numbers, found undefined [not-a-number]",
    "  remedy: pass numbers or BigInts, in lists of equal lengths",
  ],
  [
    "data that is a list",
    () => loosely("i->i", { data: [1, 2], shape: [2] }),
    "the data of operand 0 must be a typed array, found a list of 2 [not-a-typed-array]",
    "  remedy: pass { data: new Float64Array(...), shape: [...] }, or make one with array([[1, 2], [3, 4]])",
  ],
  [
    "an operand that is a nested list",
    () => loosely("ij->", [[[1, 2]]]),
    "operand 0 must be an array with data and shape, found a list of 1 [not-an-array]",
    "  remedy: pass { data: new Float64Array(...), shape: [...] }, or make one with array([[1, 2], [3, 4]])",
  ],
  [
    "a fraction in an array of integers",
    () => array([1, 2.5], "int64"),
    "an array of dtype 'int64' cannot hold 2.5 [not-an-integer-element]",
    "  remedy: round it first, or choose dtype 'float64'",
  ],
  [
    "NaN in an array of integers",
    () => array([NaN], "uint8"),
    "an array of dtype 'uint8' cannot hold NaN [not-an-integer-element]",
    "  remedy: round it first, or choose dtype 'float64'",
  ],
  [
    "options in the place of an operand",
    () => loosely("i->j", vector, { sizes: { j: 3 } }),
    "operand 1 is an object of options [options-among-operands]",
    "  remedy: options follow a list of operands: einsum(spec, [a, b], options)",
  ],
  [
    "an out of another shape",
    () => einsum("i->", [vector], { out: vector }),
    "out has shape [2], the result [] [out-mismatch]",
    "  remedy: pass an array of the result's shape and dtype, or leave it out",
  ],
  [
    "an out whose elements meet",
    () => einsum("i->i", [vector], { out: { ...vector, strides: [0] } }),
    "several elements of out share one place in memory [out-overlaps-itself]",
    "  remedy: pass an array whose strides keep its elements apart",
  ],
  [
    "a view that leaves its buffer",
    () => einsum("i->", { ...vector, strides: [-1], offset: 1, shape: [3] }),
    "operand 0 reaches elements -1 to 1 of a buffer of 2 [outside-buffer]",
    "  remedy: its layout is shape [3], strides [-1], offset 1; all in elements",
  ],
  [
    "lists of several lengths",
    () => array([[1, 2], [3]]),
    "a nested list is ragged: expected a list of 2 on axis 1, found a list of 1 [ragged-list]",
    "  remedy: make all lists of one axis equally long",
  ],
  [
    "a number beside a list",
    () => array([[1], 2]),
    "a nested list is ragged: expected a list of 1 on axis 1, found 2 [ragged-list]",
    "  remedy: make all lists of one axis equally long",
  ],
  [
    "more strides than axes",
    () => asStrided(vector, [2], [1, 1]),
    "the view has 2 strides for rank 1 [stride-rank]",
    "  remedy: give one stride per axis, in elements",
  ],
  [
    "an array that no engine holds",
    () => allocate("float64", 2 ** 53 - 1),
    "this engine cannot allocate memory for 9007199254740991 elements [too-large-to-allocate]",
    "  remedy: split the computation, or check the shapes for a mistake",
  ],
];

describe("messages about arrays", () => {
  for (const [title, action, ...lines] of cases) {
    it(title, () => {
      expect(messageOf(action)).toBe(lines.join("\n"));
    });
  }

  it("are all here", () => {
    const tested = cases.map(([, , summary = ""]) => codeIn(summary));
    expect([...new Set(tested)].sort()).toEqual(codesOf("arrays"));
  });
});
