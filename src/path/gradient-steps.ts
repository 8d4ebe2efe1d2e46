/**
 * The gradients of a contraction in steps, by going backwards along its path. What several gradients need is computed
 * once: the intermediates of the path, and the cotangent of each.
 *
 *     i j, j k, k l -> i l    along [[0, 1], [2, 3]]    -->    t0 = i j, j k -> i k
 *                                                              dt0 = i l, k l -> i k      dc = i k, i l -> k l
 *                                                              da = i k, j k -> i j       db = i j, i k -> j k
 *
 * Invariant: a step reads operands, the cotangent and results of earlier steps; every step is needed.
 */
import { differentiate, type Gradient } from "../grad/differentiate.ts";
import { cotangentOf } from "../grad/transpose.ts";
import type { Contraction } from "../ir/contraction.ts";
import type { TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import type { ContractionStep } from "./step.ts";

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
  path: readonly ContractionStep[],
  by: readonly number[],
  cotangent: TensorType,
): GradientSteps {
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
      const places = new Map(contraction.operands.map((access, at) => [access.tensor.name, inputs[at] as number]));
      const read = gradient.operands.map(({ tensor: { name: read } }) =>
        read === name ? incoming.id : idOf(required(places.get(read), `the tensor ${read}`)),
      );
      cotangents.set(tensor, { id: addStep({ kind: "gradient", inputs: read, result: next, gradient }) });
    }
  }
  return { steps, gradients: by.map((operand) => required(cotangents.get(operand), `gradient ${operand}`).id) };
}
