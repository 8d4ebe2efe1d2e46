/**
 * Libraries of matrices in plain JavaScript: ml-matrix, in doubles always, and ndarray-gemm. Neither has einsum, so all
 * of their figures are rewritings by hand.
 */
import { allocate, countOf, operandsOf, type Floats } from "../workload.ts";
import { loadPackage, type Contender, type Variant } from "./contender.ts";
import { rewrite, type Rewriting } from "./rewritings.ts";

interface Matrix {
  readonly rows: number;
  readonly columns: number;
  mmul(other: Matrix): Matrix;
  transpose(): Matrix;
  sum(): number;
  mul(other: Matrix): Matrix;
  clone(): Matrix;
  to1DArray(): number[];
}

interface MlMatrix {
  readonly Matrix: { from1DArray(rows: number, columns: number, data: ArrayLike<number>): Matrix };
}

export const mlMatrix: Contender = {
  name: "ml-matrix",
  kind: "javascript",
  packages: ["ml-matrix"],
  remark: "float64 always; no einsum",
  prepare: async (workload) => {
    const { spec, shapes, operation } = workload;
    if (operation.kind !== "einsum" || shapes.some((shape) => shape.length > 2)) return [];
    const { Matrix } = await loadPackage<MlMatrix>("ml-matrix");
    const byHand = rewrite<Matrix>(spec, shapes, {
      matmul: (a, b) => a.mmul(b),
      transpose: (a) => a.transpose(),
      multiply: (a, b) => a.clone().mul(b),
      sum: (a) => Matrix.from1DArray(1, 1, [a.sum()]),
      outer: (a, b) => a.mmul(b.transpose()),
      // A vector is a matrix of one column already.
      reshape: (a) => a,
    });
    const operands = operandsOf(workload).map((data, operand) => {
      const [rows = 1, columns = 1] = shapes[operand] ?? [];
      return Matrix.from1DArray(rows, columns, data);
    });
    return byHand ? [variantOf(byHand, operands, (result) => result.to1DArray())] : [];
  },
};

interface NdView {
  readonly data: Floats;
  readonly shape: readonly number[];
}

type MakeView = (data: Floats, shape: readonly number[]) => NdView;
type Gemm = (out: NdView, a: NdView, b: NdView) => void;

export const ndarrayGemm: Contender = {
  name: "ndarray-gemm",
  kind: "javascript",
  packages: ["ndarray-gemm", "ndarray"],
  remark: "no einsum",
  prepare: async (workload) => {
    const { spec, shapes, operation, dtype } = workload;
    if (operation.kind !== "einsum") return [];
    const { default: multiply } = await loadPackage<{ default: Gemm }>("ndarray-gemm");
    const { default: view } = await loadPackage<{ default: MakeView }>("ndarray");
    const byHand = rewrite<NdView>(spec, shapes, {
      matmul: (a, b) => {
        const shape = [a.shape[0] ?? 0, b.shape[1] ?? 0];
        const out = view(allocate(dtype, countOf(shape)), shape);
        multiply(out, a, b);
        return out;
      },
      reshape: (a, shape) => view(a.data, shape),
    });
    const operands = operandsOf(workload).map((data, operand) => view(data, shapes[operand] ?? []));
    return byHand ? [variantOf(byHand, operands, (result) => result.data)] : [];
  },
};

function variantOf<A>(
  { label, compute }: Rewriting<A>,
  operands: readonly A[],
  read: (result: A) => ArrayLike<number>,
): Variant {
  return { label, asGiven: false, run: () => compute(operands), result: () => read(compute(operands)) };
}
