/**
 * The steps of a gradient: what is computed first, and its parts, which write parts of one output. A part that sums many
 * terms with a stride in the output is computed row-major first, as an intermediate, then laid out: loops run fastest along
 * neighbours in memory.
 *
 *     dx[2*y] = sum over k of dout[y - k] * w[2*k]      -->     dxPart0[y] = sum over k of dout[y - k] * w[2*k]
 *                                                               dx[2*y] = dxPart0[y]
 *
 * Invariant: a step that writes the output writes each of its elements once, or is the only one that writes it.
 */
import type { Gradient } from "../grad/differentiate.ts";
import { strideOf } from "../ir/address.ts";
import { countValues, keptOf, plainAxis, reducedOf, type Contraction } from "../ir/contraction.ts";
import { isFloat } from "../ir/dtype.ts";
import { elementOf, VALUE } from "../ir/elementwise.ts";
import { required } from "../support/errors.ts";
import { choosePath, type Optimize } from "./choose.ts";
import type { FindPath, FoundPath, SsaPath } from "./path.ts";
import type { ContractionStep } from "./step.ts";
import { splitSteps } from "./steps.ts";
import { streamProduct } from "./stream-steps.ts";
import { denseTensor } from "../ir/tensor.ts";

/** A part, its path, and its steps: the last writes the output. */
export interface PartSteps {
  readonly part: Contraction;
  readonly ssaPath: SsaPath;
  readonly steps: readonly ContractionStep[];
}

/** The steps of a gradient: what is computed first, then the parts, each along a path of its own. */
export interface GradientParts {
  readonly before: readonly ContractionStep[];
  readonly parts: readonly PartSteps[];
  /** All of them, in the order in which they run; ids are those of the operands, then one a step. */
  readonly steps: readonly ContractionStep[];
}

/** Splits a gradient into steps. */
export function splitGradient(gradient: Gradient, optimize?: Optimize, find?: FindPath): GradientParts {
  let next = gradient.operands.length;
  const before = gradient.before.map((stage): ContractionStep => ({ ...stage, result: next++ }));
  const names = gradient.parts.length > 1 ? gradient.parts.map((_, number) => `Part${number}`) : ["Part"];
  const parts = gradient.parts.map((part, number) => {
    const suffix = names[number] as string;
    const split = splitPart(part, { suffix, isOneOfMany: names.length > 1, inputs: gradient.inputs, next }, (staged) =>
      choosePath(staged, optimize, find),
    );
    next += split.steps.length;
    return split;
  });
  return { before, parts, steps: [...before, ...parts.flatMap(({ steps }) => steps)] };
}

/** What a part is split with. */
interface PartSite {
  /** Behind the names of what is computed for it. */
  readonly suffix: string;
  readonly isOneOfMany: boolean;
  /** The ids of its operands. */
  readonly inputs: readonly number[];
  /** The first id that is free. */
  readonly next: number;
}

function splitPart(part: Contraction, site: PartSite, choose: (staged: Contraction) => FoundPath): PartSteps {
  const { suffix, isOneOfMany, inputs } = site;
  let { next } = site;
  const steps: ContractionStep[] = [];
  const streamed = streamProduct(part, (operand) => `${operand}${isOneOfMany ? suffix : ""}T`);
  const ids = [...inputs];
  if (streamed) {
    const { operand, copy } = streamed;
    steps.push({ inputs: [required(inputs[operand], "an input of a part")], result: next, contraction: copy });
    ids[operand] = next++;
  }
  const product = streamed?.product ?? part;
  const staged =
    isStaged(part, isOneOfMany) || (streamed && !endsInRow(product))
      ? stagePart(product, `${part.output.tensor.name}${suffix}`)
      : product;
  const { path } = choose(staged);
  const count = ids.length;
  const idOf = (id: number): number => (id < count ? required(ids[id], "an input of a part") : next + id - count);
  const own = splitSteps(staged, path);
  steps.push(...own.map((step) => ({ ...step, inputs: step.inputs.map(idOf), result: idOf(step.result) })));
  next += own.length;
  if (staged !== product) steps.push({ inputs: [next - 1], result: next, contraction: layOut(part, staged) });
  return { part, ssaPath: path, steps };
}

/** Whether the last of the kept indices lies along memory in the output. */
function endsInRow({ indices, output }: Contraction): boolean {
  const last = indices.findLast(({ reduced }) => !reduced);
  return last !== undefined && strideOf(output, last.name) === 1;
}

/** So few terms are written out as one expression, which is stored once: strides in the output cost nothing then. */
const FEW_TERMS = 9;

/** Whether a part reduces into an output with strides, or divides what is not the whole output. */
function isStaged({ indices, output, finish }: Contraction, isOneOfMany: boolean): boolean {
  const empty = indices.some(({ size }) => size === 0);
  const reduces = countValues(reducedOf(indices)) > FEW_TERMS;
  const strided = output.axes.some(({ expression, padded }) => {
    const [term, more] = expression.terms;
    return !padded && term !== undefined && more === undefined && Math.abs(term.coefficient) !== 1;
  });
  return !empty && ((reduces && strided) || (isOneOfMany && finish.kind !== "value"));
}

/** The part as a dense intermediate, with an axis an index. */
function stagePart(part: Contraction, name: string): Contraction {
  const kept = keptOf(part.indices);
  const { dtype } = part.output.tensor;
  return {
    ...part,
    output: {
      tensor: denseTensor(
        name,
        isFloat(dtype) ? "float64" : dtype,
        kept.map(({ size }) => size),
      ),
      axes: kept.map((index) => plainAxis(index.name)),
    },
  };
}

/** Copies the intermediate to where it belongs. */
function layOut({ indices, output, dtype }: Contraction, { output: from }: Contraction): Contraction {
  const kept = keptOf(indices);
  return { indices: kept, reads: [from], output, term: elementOf(0), reduce: "sum", finish: VALUE, dtype };
}
