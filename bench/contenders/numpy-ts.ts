/** numpy-ts, which picks WebAssembly kernels by itself. It has einsum and no convolutions. */
import { countPoints, operandsOf, type Floats } from "../workload.ts";
import { loadPackage, type Contender, type Variant } from "./contender.ts";
import { rewrite } from "./rewritings.ts";

interface NumpyArray {
  readonly data: Floats;
  readonly size: number;
  reshape(...shape: number[]): NumpyArray;
  dispose?(): void;
}

/** A sum over everything is a plain number. */
type Result = NumpyArray | number;

/** What is used of the library. */
interface Numpy {
  array(data: Floats, dtype: string): NumpyArray;
  einsum(spec: string, ...operands: NumpyArray[]): Result;
  matmul(a: NumpyArray, b: NumpyArray): NumpyArray;
  outer(a: NumpyArray, b: NumpyArray): NumpyArray;
  swapaxes(a: NumpyArray, first: number, second: number): NumpyArray;
  ascontiguousarray(a: NumpyArray): NumpyArray;
  multiply(a: NumpyArray, b: NumpyArray): NumpyArray;
  sum(a: NumpyArray): Result;
}

export const numpyTs: Contender = {
  name: "numpy-ts",
  kind: "wasm",
  packages: ["numpy-ts"],
  remark: "its einsum, which orders nothing, is left out where three or more operands have over 33 million products",
  prepare: async (workload) => {
    const { operation, spec, shapes, dtype } = workload;
    if (operation.kind !== "einsum") return [];
    const np = await loadPackage<Numpy>("numpy-ts");
    const arrays = operandsOf(workload).map((data, operand) =>
      np.array(data, dtype).reshape(...(shapes[operand] ?? [])),
    );
    const made: NumpyArray[] = [];
    const byHand = rewrite<Result>(spec, shapes, operationsOf(np, made));
    const variants: Variant[] = [];
    if (arrays.length <= 2 || countPoints(workload) <= MOST_PRODUCTS) {
      variants.push(variantOf("einsum", true, () => np.einsum(spec, ...arrays), []));
    }
    if (byHand) variants.push(variantOf(byHand.label, false, () => byHand.compute(arrays), made));
    return variants;
  },
};

/** Of three and more operands it computes every product apart: two thousand milliards, for the chain of four matrices. */
const MOST_PRODUCTS = 2 ** 25;

/** What they make is added to `made`: its memory is freed by hand, because loops that never wait leave no time for it. */
function operationsOf(np: Numpy, made: NumpyArray[]): Parameters<typeof rewrite<Result>>[2] {
  const keep = (array: NumpyArray): NumpyArray => {
    made.push(array);
    return array;
  };
  const array = (value: Result): NumpyArray => {
    if (typeof value === "number") throw new Error("numpy-ts gave a number where an array was expected");
    return value;
  };
  return {
    matmul: (a, b) => keep(np.matmul(array(a), array(b))),
    batched: (a, b) => keep(np.matmul(array(a), array(b))),
    // A transpose is a view; the copy moves the elements.
    transpose: (a) => keep(np.ascontiguousarray(keep(np.swapaxes(array(a), -1, -2)))),
    sum: (a) => np.sum(array(a)),
    multiply: (a, b) => keep(np.multiply(array(a), array(b))),
    outer: (a, b) => keep(np.outer(array(a), array(b))),
    reshape: (a, shape) => keep(array(a).reshape(...shape)),
  };
}

function variantOf(label: string, asGiven: boolean, compute: () => Result, made: NumpyArray[]): Variant {
  const free = (result: Result): void => {
    if (typeof result !== "number") result.dispose?.();
    for (const array of made) array.dispose?.();
    made.length = 0;
  };
  return {
    label,
    asGiven,
    run: () => free(compute()),
    result: () => {
      const result = compute();
      const elements = typeof result === "number" ? [result] : result.data.slice(0, result.size);
      free(result);
      return elements;
    },
  };
}
