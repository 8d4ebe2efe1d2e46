/**
 * Decides how intermediates lie in memory. Each has the layout that the step which reads it wants, the axis last along which
 * that step streams; done where the cost model says that all steps together take less time.
 *
 *     t0[l, j, k] = b[j, l] * c[k, l]                       t0[j, k, l] = b[j, l] * c[k, l]
 *     out[i, l] sum= a[i, j, k] * t0[l, j, k]     -->     out[i, l] sum= a[i, j, k] * t0[j, k, l]
 *
 * And they lie where others have lain before: one buffer for all of them, of which each is a part.
 *
 * Invariant: the steps compute what they did, and parts of intermediates that exist together do not overlap: see
 * `path/memory.ts`.
 */
import { dependsOn } from "../../affine/affine.ts";
import { strideOf } from "../../ir/address.ts";
import type { Access, Contraction } from "../../ir/contraction.ts";
import { bufferLength, rowMajorStrides } from "../../ir/tensor.ts";
import type { ContractionStep } from "../../path/steps.ts";
import { buildNests } from "../build-nests.ts";
import { costOf } from "./cost.ts";
import { scheduleNest } from "./schedule-nest.ts";
import { layOutResults } from "../../path/memory.ts";
import type { Buffer } from "../kernel.ts";
import type { Allocate } from "../padding.ts";
import { scratchDtype } from "../values.ts";

/** Most steps of which layouts are compared: each comparison builds the nests of all. */
const MOST_STEPS = 12;

/** Lays out the intermediates of steps; those of sliced ones stay as they are. */
export function layOutIntermediates(
  contraction: Contraction,
  steps: readonly ContractionStep[],
  sliced: readonly string[] = [],
): readonly ContractionStep[] {
  if (contraction.symbols || sliced.length > 0 || steps.length > MOST_STEPS) return steps;
  let [best, least] = [steps, costOfSteps(contraction, steps)];
  for (const { result } of steps.slice(0, -1)) {
    const tried = moveStreamLast(best, result);
    if (!tried) continue;
    const cost = costOfSteps(contraction, tried);
    if (cost < least) [best, least] = [tried, cost];
  }
  return best;
}

function costOfSteps(contraction: Contraction, steps: readonly ContractionStep[]): number {
  return buildNests(contraction, steps).nests.reduce((sum, nest) => sum + costOf(scheduleNest(nest)), 0);
}

/** Moves the axis of an intermediate last that its reader's output ends with; null where it is there, or nowhere. */
function moveStreamLast(steps: readonly ContractionStep[], id: number): readonly ContractionStep[] | null {
  const reader = steps.find(({ inputs }) => inputs.includes(id));
  const access = reader?.contraction.reads[reader.inputs.indexOf(id)];
  const stream = reader && streamOf(reader.contraction);
  if (!access || stream === undefined) return null;
  const axis = access.axes.findIndex(({ expression }) => dependsOn(expression, stream));
  if (axis < 0 || axis === access.axes.length - 1) return null;
  const order = [...access.axes.keys()].filter((at) => at !== axis).concat(axis);
  return steps.map((step): ContractionStep => {
    const { inputs, result, contraction } = step;
    const reads = contraction.reads.map((own, at) => (inputs[at] === id ? permute(own, order) : own));
    const output = result === id ? permute(contraction.output, order) : contraction.output;
    return { ...step, contraction: { ...contraction, reads, output } };
  });
}

/** The index along which the elements of the output lie closest. */
function streamOf({ indices, output }: Contraction): string | undefined {
  const strides = indices.flatMap(({ name, size, reduced }) => {
    const stride = Math.abs(strideOf(output, name));
    return reduced || size === 1 || stride === 0 ? [] : [{ name, stride }];
  });
  return strides.sort((one, other) => one.stride - other.stride)[0]?.name;
}

function permute({ tensor, axes }: Access, order: readonly number[]): Access {
  const shape = order.map((at) => tensor.shape[at] as number);
  return {
    tensor: { ...tensor, shape, strides: rowMajorStrides(shape) },
    axes: order.map((at) => axes[at] as Access["axes"][number]),
  };
}

/** Which part of a common buffer each intermediate is; none where they would fill it side by side. */
export function shareScratch(
  steps: readonly ContractionStep[],
  operandCount: number,
  allocate: Allocate,
): readonly Pick<Buffer, "part">[] {
  const results = steps.map(({ inputs, contraction }) => ({ inputs, size: bufferLength(contraction.output.tensor) }));
  const { starts, total } = layOutResults(results, operandCount);
  const [first] = steps;
  if (!first || total >= results.slice(0, -1).reduce((sum, { size }) => sum + size, 0)) return [];
  const of = allocate("scratch", { dtype: scratchDtype(first.contraction.output.tensor.dtype), length: total });
  return starts.map((from) => ({ part: { of, from } }));
}
