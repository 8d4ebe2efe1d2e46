/**
 * The gradient of a combination that is the largest or the smallest of several operands: it goes to the first of them
 * that is the extreme.
 *
 *     out[i] = max(a[i], b[i])     -->     chosen[i] = max(a[i], b[i])
 *                                          left[i] = differ(dout[i], a[i], chosen[i])
 *                                          db[i] = match(left[i], b[i], chosen[i])
 *
 * Invariant: the gradients by all operands add up to the cotangent, wherever the extreme is finite.
 */
import type { Access, AnyCombination, Contraction } from "../ir/contraction.ts";
import type { TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import type { GradientPlan, GradientStage } from "./plan.ts";
import { denseTensor, freeName, orderIndices, planTransposed, plainAxis } from "./transpose.ts";

/** The plan of the gradient by one operand; what is combined is summed, if it is reduced at all. */
export function planChoice(contraction: Contraction, operand: number, cotangent: TensorType): GradientPlan {
  const { indices, operands, output, combine, dtype } = contraction;
  const names = [...operands.map(({ tensor }) => tensor.name), cotangent.name, ...indices.map(({ name }) => name)];
  const all = indices.map((index) => ({ ...index, reduced: false }));
  const shape = indices.map(({ size }) => size);
  const axes = indices.map(({ name }) => plainAxis(name));
  const made = (name: string): Access => ({ tensor: denseTensor(freeName(name, names), "float64", shape), axes });
  const count = operands.length + 1;
  const stage = (from: readonly Access[], written: Access, by: AnyCombination): Contraction => {
    return { indices: all, operands: from, output: written, combine: by, reduce: "sum", dtype };
  };
  const chosen = made("chosen");
  const before: GradientStage[] = [
    { contraction: stage(operands, chosen, combine), inputs: operands.map((_, id) => id) },
  ];
  const incoming: Access = { tensor: cotangent, axes: output.axes };
  let [left, leftId] = [incoming, operands.length];
  for (const [at, access] of operands.slice(0, operand).entries()) {
    const rest = made(`left${at}`);
    before.push({ contraction: stage([left, access, chosen], rest, "differ"), inputs: [leftId, at, count] });
    [left, leftId] = [rest, count + before.length - 1];
  }
  const by = required(operands[operand], "the operand of a gradient");
  const transposed = planTransposed({ ...contraction, combine: "add" }, operand, cotangent).contraction;
  const reads = [left, by, chosen];
  return {
    operands: [...operands, incoming],
    before,
    inputs: [leftId, operand, count],
    contraction: {
      ...transposed,
      indices: orderIndices(indices, reads, transposed.output),
      operands: reads,
      combine: "match",
    },
  };
}
