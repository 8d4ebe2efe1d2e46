/**
 * The gradients of a contraction in steps, by going backwards along its path. What several gradients need is computed
 * once: the intermediates of the path, and the cotangent of each.
 *
 *     i j, j k, k l -> i l    along [[0, 1], [2, 3]]    -->    t0 = i j, j k -> i k
 *                                                              dt0 = i l, k l -> i k      dc = i k, i l -> k l
 *                                                              da = i k, j k -> i j       db = i j, i k -> j k
 *
 * A step that reduces otherwise than by summing, or has a finish, is split first, as `grad/split.ts` says.
 *
 * Invariant: a step reads operands, the cotangent and results of earlier steps; every step is needed.
 */
import { equalAffine } from "../affine/affine.ts";
import { differentiate, type Gradient } from "../grad/differentiate.ts";
import { splitReduction, splitFinish } from "../grad/split.ts";
import { cotangentOf, type GradientStage } from "../grad/transpose.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import type { TensorType } from "../ir/tensor.ts";
import { InternalError, required } from "../support/errors.ts";
import type { ContractionStep } from "./steps.ts";

/** One computation: an intermediate of the path, or a gradient. */
export type GradientStep = { readonly inputs: readonly number[]; readonly result: number } & (
  | { readonly kind: "forward"; readonly contraction: Contraction }
  | { readonly kind: "gradient"; readonly gradient: Gradient }
);

/** Ids are those of the operands, then the cotangent's, then one a step. */
export interface GradientSteps {
  readonly steps: readonly GradientStep[];
  /** The ids of the gradients, in the order in which they were asked for. */
  readonly gradients: readonly number[];
}

/** The steps for the gradients by the operands at the given positions, along the steps of the contraction's path. */
export function findGradientSteps(
  operandCount: number,
  unsplit: readonly ContractionStep[],
  by: readonly number[],
  cotangent: TensorType,
): GradientSteps {
  const path = splitEach(splitEach(unsplit, operandCount, splitFinish), operandCount, splitReduction);
  const forward = new Map(path.map((step) => [step.result, step]));
  const wanted = new Set(by);
  // A path goes forwards: what depends on an operand stands behind it.
  for (const { inputs, result } of path) if (inputs.some((id) => wanted.has(id))) wanted.add(result);
  const steps: GradientStep[] = [];
  /** The id under which a tensor of the path is found among the steps. */
  const ids = new Map<number, number>();
  const cotangents = new Map<number, { readonly id: number; readonly type?: TensorType }>();
  let next = operandCount;
  const last = required(path.at(-1), "the last step of a path");
  cotangents.set(last.result, { id: next++, type: cotangent });
  const addStep = (step: GradientStep): number => {
    steps.push(step);
    return next++;
  };
  const idOf = (tensor: number): number => {
    const known = tensor < operandCount ? tensor : ids.get(tensor);
    if (known !== undefined) return known;
    const { inputs, contraction } = required(forward.get(tensor), `step ${tensor} of the path`);
    const read = inputs.map(idOf);
    const id = addStep({ kind: "forward", inputs: read, result: next, contraction });
    ids.set(tensor, id);
    return id;
  };
  for (const { inputs, result, contraction } of [...path].reverse()) {
    if (!wanted.has(result)) continue;
    const incoming = required(cotangents.get(result), `the cotangent of tensor ${result}`);
    for (const [position, tensor] of inputs.entries()) {
      if (!wanted.has(tensor)) continue;
      const gradient = differentiate(contraction, position, incoming.type);
      const { name } = incoming.type ?? cotangentOf(contraction);
      const places = new Map(contraction.reads.map((access, at) => [access.tensor.name, inputs[at] as number]));
      const read = gradient.operands.map(({ tensor: { name: read } }) =>
        read === name ? incoming.id : idOf(required(places.get(read), `the tensor ${read}`)),
      );
      const isOnTheWay = tensor >= operandCount;
      const found = isOnTheWay && isCopy(gradient.contraction) ? incoming : undefined;
      cotangents.set(tensor, found ?? { id: addStep({ kind: "gradient", inputs: read, result: next, gradient }) });
    }
  }
  return { steps, gradients: by.map((operand) => required(cotangents.get(operand), `gradient ${operand}`).id) };
}

/** Puts the contractions that each step is split into in its place. */
function splitEach(
  path: readonly ContractionStep[],
  operandCount: number,
  split: (contraction: Contraction) => readonly GradientStage[],
): ContractionStep[] {
  const steps: ContractionStep[] = [];
  const ids = Array.from({ length: operandCount }, (_, id) => id);
  for (const { inputs, contraction } of path) {
    const own = inputs.map((id) => required(ids[id], `tensor ${id} of the path`));
    for (const stage of split(contraction)) {
      const result = operandCount + steps.length;
      const read = stage.inputs.map((id) => required(own[id], `tensor ${id} of a stage`));
      steps.push({ inputs: read, result, contraction: stage.contraction });
      own.push(result);
    }
    ids.push(required(own.at(-1), "the result of a stage"));
  }
  return steps;
}

/**
 * The gradient by one operand as one: all but the last of its steps come first. It takes all operands, whether it reads
 * them or not, then the cotangent.
 */
export function joinGradient(
  { reads, output }: Contraction,
  path: readonly ContractionStep[],
  operand: number,
  tensor: TensorType,
): Gradient {
  const cotangent: Access = { tensor, axes: output.axes };
  const { steps } = findGradientSteps(reads.length, path, [operand], tensor);
  const before: GradientStage[] = [];
  /** Where a tensor of the steps stands among what is taken, then what comes before. */
  const places = Array.from({ length: reads.length + 1 }, (_, id) => id);
  for (const step of steps) {
    const own = step.inputs.map((id) => required(places[id], `tensor ${id} of a gradient`));
    const idOf = (id: number): number => own[id] ?? id;
    const stages = step.kind === "forward" ? [{ ...step, inputs: [...own.keys()] }] : stagesOf(step.gradient);
    const isLast = step === steps.at(-1);
    for (const stage of isLast ? stages.slice(0, -1) : stages) {
      before.push({ contraction: stage.contraction, inputs: stage.inputs.map(idOf) });
      own.push(reads.length + before.length);
    }
    if (isLast && step.kind === "gradient") {
      const { gradient } = step;
      return { ...gradient, operands: [...reads, cotangent], before, inputs: gradient.inputs.map(idOf) };
    }
    places.push(reads.length + before.length);
  }
  throw new InternalError("a gradient ends in a step of its own");
}

/** Whether a gradient is the cotangent as it is. */
function isCopy({ indices, reads, output, term, finish }: Contraction): boolean {
  const [read, another] = reads;
  if (!read || another || term.kind !== "element" || finish.kind !== "value") return false;
  const isWhole = indices.every(({ reduced }) => !reduced) && read.tensor.shape.join() === output.tensor.shape.join();
  return (
    isWhole &&
    read.axes.every((axis, at) => {
      const { expression, padded } = required(output.axes[at], "an axis");
      return !padded && axis.expression.terms.length <= 1 && equalAffine(axis.expression, expression);
    })
  );
}

/** An intermediate one that is written in several parts accumulates instead. */
function stagesOf({ before, parts, inputs, contraction }: Gradient): readonly GradientStage[] {
  const [part, another] = parts;
  return [...before, { inputs, contraction: part && !another ? part : contraction }];
}
