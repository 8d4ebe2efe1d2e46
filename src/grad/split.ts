/**
 * Splits contractions into stages that each have derivatives of their own, by `differentiate.ts`. A product of many factors
 * becomes a tree of products of few:
 *
 *     out[i] = prod over j of x[i, j]    -->     factors[i, j] = x[i, j], and 1 from |j| = 90 to 100
 *                                                factors1[i, group] = prod over member of factors[i, 10*group + member]
 *                                                out[i] = prod over member of factors1[i, member]
 *
 * A finish is split off, what becomes of a result from what is reduced:
 *
 *     out[o, y] = relu(acc + bias[o]) where acc = sum over k of x[y + k] * w[o, k]
 *
 *         -->     value[o, y] = sum over k of x[y + k] * w[o, k]
 *                 out[o, y] = relu(value[o, y] + bias[o])
 *
 * The division of a mean stays: the gradient of a mean divides, too.
 *
 * Invariant: the last contraction gives what the whole gives, and has no finish but a division where finishes are split.
 */
import { equalAffine, sumAffines, variableAffine } from "../affine/affine.ts";
import {
  type Access,
  type AxisAccess,
  type Contraction,
  type ContractionIndex,
  isMean,
  plainAxis,
} from "../ir/contraction.ts";
import { VALUE, elementOf, elementsIn, mapLeaves } from "../ir/elementwise.ts";
import { countReads, skipOutside } from "../ir/product.ts";
import { denseTensor, elementCount } from "../ir/tensor.ts";
import { meetingIndices } from "./gather.ts";
import { type GradientStage, axisIndices, denseAccess, flatPosition, freeName } from "./transpose.ts";
import { required } from "../support/errors.ts";

/** The most factors of a product whose gradient multiplies, for each of them, all others. */
const MOST_FACTORS = 32;

/** The contractions; `inputs` are the ids of operands, then of earlier results. One alone is the contraction itself. */
export function splitReduction(contraction: Contraction): readonly GradientStage[] {
  const { indices, reads, reduce } = contraction;
  const ids = [...reads.keys()];
  const whole = [{ contraction, inputs: ids }];
  if (reduce !== "prod" || indices.some(({ size }) => size === 0)) return whole;
  const met = meetingIndices(contraction);
  const isFew = elementCount(met.map(({ size }) => size)) <= MOST_FACTORS && met.every(({ reduced }) => reduced);
  if (met.length === 0 || (isFew && skipOutside(contraction)?.kind === "element")) return whole;
  return multiplyInTree(contraction, met).map((stage, at) => {
    return { contraction: stage, inputs: at === 0 ? ids : [reads.length + at - 1] };
  });
}

/**
 * Lays out all factors of an element in a row, as many as a tree of products takes, and multiplies group by group: each
 * contraction but the first reads the result of the one before.
 */
function multiplyInTree({ spec: _, ...whole }: Contraction, met: readonly ContractionIndex[]): Contraction[] {
  const { indices, reads, output } = whole;
  const name = nameApart(
    "factors",
    [...reads, output].map(({ tensor }) => tensor.name),
  );
  const count = elementCount(met.map(({ size }) => size));
  const depth = Math.ceil(Math.log(count) / Math.log(MOST_FACTORS) - ROUNDING);
  const few = Math.ceil(count ** (1 / depth) - ROUNDING);
  const rows = axisIndices(output);
  const axes = rows.map((row) => plainAxis(row.name));
  const taken = rows.map((row) => row.name);
  const [group, member] = [freeName("group", taken), freeName("member", taken)];
  let groups = few ** depth;
  let laid: Access = {
    tensor: denseTensor(name, "float64", [...output.tensor.shape, groups]),
    axes: [...output.axes, plainAxis(flatPosition(met))],
  };
  const stages = [{ ...whole, indices: indices.map((index) => ({ ...index, reduced: false })), output: laid }];
  for (let level = 1; groups > 1; level++) {
    groups /= few;
    const isLast = groups === 1;
    const place = sumAffines([variableAffine(group, isLast ? 0 : few), variableAffine(member)]);
    const kept = isLast ? rows : [...rows, { name: group, size: groups, reduced: false }];
    const product = isLast ? { tensor: output.tensor, axes } : denseAccess(`${name}${level}`, "float64", kept);
    stages.push({
      ...whole,
      indices: [...kept, { name: member, size: few, reduced: true }],
      reads: [{ tensor: laid.tensor, axes: [...axes, plainAxis(place)] }],
      output: product,
      term: elementOf(0),
    });
    laid = product;
  }
  return stages;
}

/** More than logarithms and roots are off by, where they should be whole. */
const ROUNDING = 1e-9;

/** A name that occurs in none of those taken, so that what is named after either differs, too. */
function nameApart(name: string, taken: readonly string[]): string {
  return taken.some((one) => one.includes(name)) ? nameApart(`_${name}`, taken) : name;
}

/** The same of a contraction and its finish; `inputs` are the ids of reads, then of earlier results. */
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
