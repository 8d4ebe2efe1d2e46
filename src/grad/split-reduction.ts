/**
 * Splits a reduction that is no sum into contractions that have derivatives of their own: combine first, then reduce one
 * operand. A product of many factors becomes a tree of products of few.
 *
 *     out[i] = max over j of a[i, j] + b[j]      -->     combined[i, j] = a[i, j] + b[j]
 *                                                        out[i] = max over j of combined[i, j]
 *
 *     out[i] = prod over j of x[i, j]    -->     factors[i, j] = x[i, j], and 1 from |j| = 90 to 100
 *                                                factors1[i, group] = prod over member of factors[i, 10*group + member]
 *                                                out[i] = prod over member of factors1[i, member]
 *
 * Invariant: the last contraction gives what the whole gives; each differentiates by `differentiate.ts`.
 */
import { sumAffines, variableAffine } from "../affine/affine.ts";
import type { Access, Contraction, ContractionIndex } from "../ir/contraction.ts";
import { elementCount } from "../ir/tensor.ts";
import { meetingIndices } from "./gather.ts";
import type { GradientStage } from "./plan.ts";
import { axisIndices, denseTensor, flatPosition, freeName, orderIndices, plainAxis } from "./transpose.ts";

/** The most factors of a product whose gradient multiplies, for each of them, all others. */
const MOST_FACTORS = 32;

/** The contractions; `inputs` are the ids of operands, then of earlier results. One alone is the contraction itself. */
export function splitReduction(contraction: Contraction): readonly GradientStage[] {
  const { indices, operands, output, reduce, combine } = contraction;
  const whole = { contraction, inputs: operands.map((_, id) => id) };
  const met = meetingIndices(contraction);
  const count = elementCount(met.map(({ size }) => size));
  const isExtreme = reduce === "max" || reduce === "min";
  const isFew = isExtreme || (count <= MOST_FACTORS && met.every(({ reduced }) => reduced));
  // A sum that is read outside holds the same as what is summed there; so does what is added.
  const readsApart = combine === "mul" ? reduce === "prod" : combine !== "add";
  const padded = operands.length > 1 && readsApart ? operands.filter(isPadded) : [];
  const isSum = reduce === "sum" || reduce === "mean" || indices.some(({ size }) => size === 0);
  if (isSum || (!isExtreme && met.length === 0 && padded.length === 0) || (operands.length === 1 && isFew))
    return [whole];
  const names = [...operands, output].map(({ tensor }) => tensor.name);
  const stages: GradientStage[] = [];
  const add = (stage: Contraction, inputs: readonly number[]): number => {
    stages.push({ contraction: stage, inputs });
    return operands.length + stages.length - 1;
  };
  // What is read outside holds the identity of the reduction, which later contractions do not know.
  const ids = [...whole.inputs];
  const reads = operands.map((access, id) => {
    if (!padded.includes(access)) return access;
    const own = orderIndices(indices, [], access).filter(({ reduced }) => !reduced);
    const read = denseAccess(`${nameApart("read", names)}${id}`, own);
    ids[id] = add({ ...bare(contraction), indices: own, operands: [access], output: read, combine: "mul" }, [id]);
    return read;
  });
  if (!isExtreme && met.length === 0) {
    add({ ...bare(contraction), operands: reads }, ids);
    return stages;
  }
  const all = indices.map((index) => ({ ...index, reduced: false }));
  if (isExtreme) {
    const combined = denseAccess(nameApart("combined", names), all);
    const id = add({ ...bare(contraction), indices: all, operands: reads, output: combined }, ids);
    add({ ...bare(contraction), operands: [combined], combine: "mul" }, [id]);
    return stages;
  }
  const depth = Math.ceil(Math.log(count) / Math.log(MOST_FACTORS) - 1e-9);
  const few = Math.max(2, Math.ceil(count ** (1 / Math.max(1, depth)) - 1e-9));
  const name = nameApart("factors", names);
  const rows = axisIndices(output);
  const taken = rows.map((row) => row.name);
  const member = { name: freeName("member", taken), size: few, reduced: true };
  let groups = few ** Math.max(1, depth);
  const factors = denseTensor(name, "float64", [...output.tensor.shape, groups]);
  let laid: Access = { tensor: factors, axes: [...output.axes, { expression: flatPosition(met), padded: false }] };
  let id = add({ ...bare(contraction), indices: all, operands: reads, output: laid }, ids);
  for (let level = 1; groups > 1; level++) {
    groups /= few;
    const group = { name: freeName("group", taken), size: groups, reduced: false };
    const kept = groups > 1 ? [...rows, group] : rows;
    const place = sumAffines([variableAffine(group.name, groups > 1 ? few : 0), variableAffine(member.name)]);
    const axes = [...rows.map((row) => plainAxis(row.name)), { expression: place, padded: false }];
    const made = groups > 1 ? denseAccess(`${name}${level}`, kept) : denseOutput(output, rows);
    const read = { tensor: laid.tensor, axes };
    const product: Contraction = { ...bare(contraction), indices: [...kept, member], operands: [read], output: made };
    id = add({ ...product, combine: "mul" }, [id]);
    laid = made;
  }
  return stages;
}

function isPadded({ axes }: Access): boolean {
  return axes.some(({ padded }) => padded);
}

function bare(contraction: Contraction): Contraction {
  const { spec: _, ...rest } = contraction;
  return rest;
}

function denseAccess(name: string, indices: readonly ContractionIndex[]): Access {
  const shape = indices.map(({ size }) => size);
  return { tensor: denseTensor(name, "float64", shape), axes: indices.map((index) => plainAxis(index.name)) };
}

function denseOutput({ tensor }: Access, rows: readonly ContractionIndex[]): Access {
  return { tensor, axes: rows.map((row) => plainAxis(row.name)) };
}

/** A name that occurs in none of those taken, so that what is named after either differs, too. */
function nameApart(name: string, taken: readonly string[]): string {
  return taken.some((one) => one.includes(name)) ? nameApart(`_${name}`, taken) : name;
}
