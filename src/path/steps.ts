/**
 * Splits a contraction along a path into steps, each a contraction of its own:
 *
 *     i j, j k, k l -> i l   along [[0, 1], [2, 3]]   -->   t0:  i j, j k -> i k
 *                                                           out: k l, i k -> i l
 *
 * Invariant: the steps in order give what the whole gives, up to the order of float additions. Windows, padding and
 * layouts of operands are read in the step that reads the operand; those of the output, and the finish, belong to
 * the last step. Intermediates are row-major, with one axis an index, and one a window: an index of the step, `yu` for
 * `y + u`, which holds every value that the window has, so that no later step pads.
 */
import { type Affine, type AffineTerm, variableAffine } from "../affine/affine.ts";
import { type Access, type Contraction, type ContractionIndex, plainAxis } from "../ir/contraction.ts";
import { isFloat } from "../ir/dtype.ts";
import { VALUE, combineAll, elementOf, elementsIn, renumber } from "../ir/elementwise.ts";
import { factorsOf, readsOfTerm } from "../ir/product.ts";
import { InternalError, required } from "../support/errors.ts";
import { walkPath, withoutIndices, type PathStep } from "./cost.ts";
import type { SsaPath } from "./path.ts";
import { indicesOf, pathProblem } from "./problem.ts";
import { heldBy, scaleOf, type WindowNames, nameWindows } from "./windows.ts";
import { denseTensor } from "../ir/tensor.ts";

/**
 * A step of a path, over operands of the whole and intermediates of earlier steps: operand `id` of the whole, or the
 * intermediate that step `id - operandCount` made. The last step's output is the whole's.
 */
export interface ContractionStep {
  /** SSA ids of what it contracts, in the order of `contraction.reads`. */
  readonly inputs: readonly number[];
  /** SSA id of its result. */
  readonly result: number;
  /** The step itself; an intermediate's tensor is named `t0`, `t1`, ... and is row-major. */
  readonly contraction: Contraction;
}

/**
 * Returns the steps of a valid path. A path of one step gives the contraction itself. Those of a sliced path are what is
 * done for one value of each sliced index: it is no index of theirs, though accesses to operands and output use it.
 */
export function splitSteps(contraction: Contraction, path: SsaPath, sliced: readonly string[] = []): ContractionStep[] {
  const { reads, finish } = contraction;
  const { spec: _, ...whole } = contraction;
  if (path.length === 1) {
    const slice = { ...whole, indices: contraction.indices.filter(({ name }) => !sliced.includes(name)) };
    return [
      { inputs: [...reads.keys()], result: reads.length, contraction: sliced.length === 0 ? contraction : slice },
    ];
  }
  const found = factorsOf(contraction);
  if (found.kind === "none") throw new InternalError(`a term that cannot be split: ${found.why}`);
  const { combine, factors } = found;
  // A path counts results on from the factors; steps count them on from all that is read.
  const idOf = (tensor: number): number => (tensor < factors.length ? tensor : tensor - factors.length + reads.length);
  // Over the indices of the whole; each step reads them over its own.
  const accesses = reads.slice(0, factors.length);
  const prefix = intermediatePrefix(contraction);
  const places = new Map(contraction.indices.map((index, place) => [index.name, { ...index, place }]));
  const nameOf = nameWindows(contraction);
  const walked = walkPath(withoutIndices(pathProblem(contraction), sliced), path);
  return walked.map((step, at) => {
    const operands = step.inputs.map((id) => {
      return readWindows(required(accesses[id], `tensor ${id} of the path`), step, nameOf);
    });
    const parts = step.inputs.map((id, number) => {
      const factor = factors[id];
      return factor ? renumber(factor, () => number) : elementOf(number);
    });
    const term = combineAll(combine, parts);
    const kept = keptLabels(step, places, nameOf);
    const indices = [...kept.map(({ index }) => index), ...reducedIndices(step, places)];
    const isLast = at === walked.length - 1;
    const output = isLast ? contraction.output : intermediate(`${prefix}${at}`, contraction, kept);
    accesses.push(output);
    const inputs = step.inputs.map(idOf);
    if (!isLast) {
      const made = { indices, reads: operands, output: readWindows(output, step, nameOf), term, finish: VALUE };
      const { dtype } = output.tensor;
      return { inputs, result: idOf(step.result), contraction: { ...made, reduce: contraction.reduce, dtype } };
    }
    // The finish is the last step's, which reads beside its operands what the finish reads.
    const beside = elementsIn(finish);
    const last: Contraction = {
      ...whole,
      indices: [...indices, ...strayIndices(contraction, sliced)].sort(keptFirst),
      reads: [...operands, ...beside.map((read) => required(reads[read], `read ${read}`))],
      term,
      finish: renumber(finish, (read) => operands.length + beside.indexOf(read)),
    };
    return { inputs: [...inputs, ...beside], result: idOf(step.result), contraction: last };
  });
}

type Places = ReadonlyMap<string, ContractionIndex & { readonly place: number }>;

/** What a step keeps: an index of it, and the expression over indices of the whole that it stands for. */
interface Label {
  readonly index: ContractionIndex;
  readonly expression: Affine;
  readonly place: number;
}

/** In the order of the whole, a window in the place of its first index. */
function keptLabels({ kept, windows }: PathStep, places: Places, nameOf: WindowNames): Label[] {
  const find = (name: string) => required(places.get(name), `index ${name}`);
  const labels = [...kept].map((name): Label => {
    const { size, place } = find(name);
    return { index: { name, size, reduced: false }, expression: variableAffine(name), place };
  });
  for (const window of windows) {
    const { terms, low, size } = window;
    const { place } = find((terms[0] as AffineTerm).variable);
    labels.push({
      index: { name: nameOf(window), size, reduced: false },
      expression: { terms, constant: -low },
      place,
    });
  }
  return labels.sort((a, b) => a.place - b.place);
}

/** In the order of the whole. */
function reducedIndices({ reduced }: PathStep, places: Places): ContractionIndex[] {
  return [...reduced]
    .map((name) => required(places.get(name), `index ${name}`))
    .sort((a, b) => a.place - b.place)
    .map(({ name, size }) => ({ name, size, reduced: true }));
}

/** Puts the indices of a step in the place of the windows that it does not take apart: `y + u - 1` becomes `yu - 1`. */
function readWindows(access: Access, { windows }: PathStep, nameOf: WindowNames): Access {
  if (windows.length === 0) return access;
  const held = heldBy(windows);
  const axes = access.axes.map((axis) => {
    const { terms, constant } = axis.expression;
    const rest = terms.filter(({ variable }) => held.has(variable));
    if (rest.length === 0) return axis;
    const apart = terms.filter((term) => !rest.includes(term));
    const window = required(
      windows.find((candidate) => scaleOf(candidate, rest)),
      "the window of an axis",
    );
    const coefficient = scaleOf(window, rest);
    return {
      ...axis,
      expression: {
        terms: [...apart, { variable: nameOf(window), coefficient }],
        constant: constant + coefficient * window.low,
      },
    };
  });
  return { ...access, axes };
}

/**
 * The indices that no access depends on: a reduction over one repeats what it reduces, which the last step does; one of
 * size 1 is what binding leaves of a broadcast axis.
 */
function strayIndices(contraction: Contraction, sliced: readonly string[]): ContractionIndex[] {
  const { indices, output } = contraction;
  const seen = new Set([
    ...sliced,
    ...[...readsOfTerm(contraction), output].flatMap((access) => [...indicesOf(access)]),
  ]);
  return indices.filter(({ name }) => !seen.has(name));
}

function keptFirst(left: ContractionIndex, right: ContractionIndex): number {
  return Number(left.reduced) - Number(right.reduced);
}

/** Keeps the precision of the accumulation: floats are accumulated in doubles. */
function intermediate(name: string, { dtype: own }: Contraction, labels: readonly Label[]): Access {
  const shape = labels.map(({ index }) => index.size);
  return {
    tensor: denseTensor(name, isFloat(own) ? "float64" : own, shape),
    axes: labels.map(({ expression }) => plainAxis(expression)),
  };
}

/** `t`, or longer where an operand's name could be an intermediate's: names are unique within a step. */
function intermediatePrefix({ reads, output }: Contraction): string {
  const names = new Set([...reads, output].map(({ tensor }) => tensor.name));
  let prefix = "t";
  while ([...names].some((name) => name.startsWith(prefix) && /^[0-9]+$/.test(name.slice(prefix.length))))
    prefix += "t";
  return prefix;
}
