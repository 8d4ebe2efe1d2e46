/**
 * Roles: an index by where it occurs. They tell a schedule which loops carry reuse, and a reader what a contraction
 * does: a matrix product has left, right and contracted indices, and batch ones repeat it.
 */
import { derivative } from "../affine/affine.ts";
import type { Access, Contraction } from "./contraction.ts";
import { readsOfTerm } from "./product.ts";

/**
 * - `batch`: in several operands and the output
 * - `left`, `right`: in the first, or one other, operand and the output
 * - `contracted`: in several operands, not in the output
 * - `summed`: in one operand only, not in the output
 * - `repeated`: in the output only
 */
export type Role = "batch" | "left" | "right" | "contracted" | "summed" | "repeated";

/** The role of an index; an index of size 1 that was broadcast away counts as absent where it was. */
export function roleOf(contraction: Contraction, index: string): Role {
  const holders = readsOfTerm(contraction).flatMap((access, operand) => (dependsOn(access, index) ? [operand] : []));
  const reduced = contraction.indices.some(({ name, reduced: gone }) => name === index && gone);
  if (holders.length > 1) return reduced ? "contracted" : "batch";
  if (reduced) return "summed";
  if (holders.length === 0) return "repeated";
  return holders[0] === 0 ? "left" : "right";
}

/** Whether an access reads different elements for different values of the index. */
function dependsOn(access: Access, index: string): boolean {
  return access.axes.some(({ expression }) => derivative(expression, index) !== 0);
}
