/**
 * Splits a contraction from its finish, so that each has derivatives of its own: what is reduced, and what becomes of it.
 *
 *     out[o, y] = relu(acc + bias[o]) where acc = sum over k of x[y + k] * w[o, k]
 *
 *         -->     value[o, y] = sum over k of x[y + k] * w[o, k]
 *                 out[o, y] = relu(value[o, y] + bias[o])
 *
 * The division of a mean stays: the gradient of a mean divides, too.
 *
 * Invariant: the last contraction gives what the whole gives, and has no finish but a division.
 */
import { equalAffine } from "../affine/affine.ts";
import { isMean, plainAxis, type Access, type AxisAccess, type Contraction } from "../ir/contraction.ts";
import { elementOf, elementsIn, mapLeaves, VALUE } from "../ir/elementwise.ts";
import { countReads } from "../ir/product.ts";
import { required } from "../support/errors.ts";
import type { GradientStage } from "./plan.ts";
import { axisIndices, freeName } from "./transpose.ts";
import { denseTensor } from "../ir/tensor.ts";

/** The contractions; `inputs` are the ids of reads, then of earlier results. One alone is the contraction itself. */
export function splitFinish(contraction: Contraction): readonly GradientStage[] {
  const { reads, output, term, finish, dtype } = contraction;
  const everything = [...reads.keys()];
  if (finish.kind === "value" || isMean(contraction)) return [{ contraction, inputs: everything }];
  const { spec: _, ...bare } = contraction;
  const taken = [...reads.map(({ tensor }) => tensor.name), ...contraction.indices.map(({ name }) => name)];
  const count = countReads(term);
  const tensor = denseTensor(freeName("value", taken), "float64", output.tensor.shape);
  const rows = axisIndices(output);
  const axes = rows.map(({ name }) => plainAxis(name));
  /** What a finish reads follows the axes of the output, whatever these are written by. */
  const axisOf = ({ expression }: AxisAccess): AxisAccess => {
    const axis = output.axes.findIndex((written) => equalAffine(written.expression, expression));
    return required(axes[axis], "the axis of the output that a finish reads by");
  };
  const beside = elementsIn(finish);
  const accesses = beside.map((read): Access => {
    const access = required(reads[read], "a read");
    return { tensor: access.tensor, axes: access.axes.map(axisOf) };
  });
  const finishing: Contraction = {
    indices: rows,
    reads: [{ tensor, axes }, ...accesses],
    output: { tensor: output.tensor, axes },
    term: mapLeaves(finish, (leaf) => {
      if (leaf.kind === "element") return elementOf(1 + beside.indexOf(leaf.access));
      return leaf.kind === "value" ? elementOf(0) : leaf;
    }),
    reduce: "sum",
    finish: VALUE,
    dtype,
  };
  return [
    {
      contraction: { ...bare, reads: reads.slice(0, count), output: { tensor, axes: output.axes }, finish: VALUE },
      inputs: everything.slice(0, count),
    },
    { contraction: finishing, inputs: [reads.length, ...beside] },
  ];
}
