/**
 * Einsums as a user rewrites them by hand into the calls that libraries have: matrix products, transposes, sums. Each is
 * written once, over the few operations that the contenders then bring.
 */

/** What a library can do with arrays of its own; an operation that it lacks is absent. */
export interface Operations<A> {
  /** Products of matrices. */
  readonly matmul?: (a: A, b: A) => A;
  /** Products of equally many matrices, the batches in front. */
  readonly batched?: (a: A, b: A) => A;
  /** Swaps the last two axes, and moves the elements, too. */
  readonly transpose?: (a: A) => A;
  /** The sum of all elements. */
  readonly sum?: (a: A) => A;
  /** Elementwise, of equal shapes. */
  readonly multiply?: (a: A, b: A) => A;
  /** Of two vectors. */
  readonly outer?: (a: A, b: A) => A;
  readonly reshape?: (a: A, shape: readonly number[]) => A;
}

/** A computation over a library's arrays, and the name of the operation that does its work. */
export interface Rewriting<A> {
  readonly label: string;
  readonly compute: (operands: readonly A[]) => A;
}

/** How a spec is computed by these operations; undefined where it is not, or not without the einsum itself. */
export function rewrite<A>(
  spec: string,
  shapes: readonly (readonly number[])[],
  { matmul, batched, transpose, sum, multiply, outer, reshape }: Operations<A>,
): Rewriting<A> | undefined {
  const rewriting = (label: string, compute: (...operands: A[]) => A): Rewriting<A> => ({
    label,
    compute: (operands) => compute(...operands),
  });
  switch (spec) {
    case "ij,jk->ik":
      return matmul && rewriting("matmul", matmul);
    case "bij,bjk->bik":
      return batched && rewriting("matmul", batched);
    case "bhqd,bhkd->bhqk":
      return batched && transpose && rewriting("matmul", (q, k) => batched(q, transpose(k)));
    case "ij,j->i": {
      if (!matmul || !reshape) return undefined;
      const [[rows = 0, columns = 0] = []] = shapes;
      return rewriting("matmul", (a, x) => reshape(matmul(a, reshape(x, [columns, 1])), [rows]));
    }
    case "i,j->ij":
      return outer && rewriting("outer", outer);
    case "ij->ji":
      return transpose && rewriting("transpose", transpose);
    case "ijk->":
      return sum && rewriting("sum", sum);
    case "ij,ij->":
      return sum && multiply && rewriting("multiply, sum", (a, b) => sum(multiply(a, b)));
    case "ij,jk,kl,lm->im":
      // The order that a user finds who knows that the last matrix is narrow.
      return matmul && rewriting("matmul, best order", (a, b, c, d) => matmul(a, matmul(b, matmul(c, d))));
    default:
      return undefined;
  }
}
