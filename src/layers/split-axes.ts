/**
 * Splits axes that several indices share, `(c ky kx)`, into one an index. What scatters can be gathered then, as each index
 * walks along an axis of its own; and an epilogue reads along such axes.
 *
 * Invariant: every index names the same element of memory as before.
 */
import { variableAffine } from "../affine/affine.ts";
import { sizesOf, type Access, type AxisAccess, type Contraction } from "../ir/contraction.ts";
import { required } from "../support/errors.ts";

/** Splits the shared axes of operands and output. */
export function splitAxes(contraction: Contraction): Contraction {
  const sizes = sizesOf(contraction);
  const { reads, output } = contraction;
  return {
    ...contraction,
    reads: reads.map((access) => splitAccess(access, sizes)),
    output: splitAccess(output, sizes),
  };
}

/** An axis of a tensor, and what is read along it. */
interface Part {
  readonly size: number;
  readonly stride: number;
  readonly axis: AxisAccess;
}

function splitAccess({ tensor, axes }: Access, sizes: ReadonlyMap<string, number>): Access {
  const parts = axes.flatMap((axis, at) => {
    const [size, stride] = [tensor.shape[at], tensor.strides[at]] as [number, number];
    return splitAxis({ size, stride, axis }, sizes);
  });
  return {
    tensor: { ...tensor, shape: parts.map(({ size }) => size), strides: parts.map(({ stride }) => stride) },
    axes: parts.map(({ axis }) => axis),
  };
}

/** An axis whose expression counts through all of it, index by index, becomes one axis an index. */
function splitAxis(part: Part, sizes: ReadonlyMap<string, number>): readonly Part[] {
  const { size, stride, axis } = part;
  const { terms, constant } = axis.expression;
  let passed = 1;
  const split: Part[] = [];
  for (const { variable, coefficient } of [...terms].reverse()) {
    if (coefficient !== passed) return [part];
    const extent = required(sizes.get(variable), `the size of ${variable}`);
    split.unshift({
      size: extent,
      stride: stride * coefficient,
      axis: { ...axis, expression: variableAffine(variable) },
    });
    passed *= extent;
  }
  return terms.length > 1 && constant === 0 && passed === size && !axis.padded ? split : [part];
}
