/**
 * Decides which prologues are applied once an element, while the operand is copied into scratch: those that cost more
 * than a copy and would be computed more than once an element.
 *
 * Invariant: staging changes no value, only where it is computed.
 */
import type { Access, Contraction } from "./contraction.ts";
import { elementsIn, partsOf, type Elementwise } from "./elementwise.ts";
import { elementCount } from "./tensor.ts";

/** Marks the prologues to stage. One that reads further accesses cannot be: it differs by where the element is used. */
export function stagePrologues(contraction: Contraction): Contraction {
  if (!contraction.operands.some(({ prologue }) => prologue)) return contraction;
  const reads = contraction.indices.reduce((count, { size }) => count * size, 1);
  const mark = (access: Access): Access => {
    const { prologue, tensor } = access;
    const isStaged =
      prologue && reads > elementCount(tensor.shape) && isCostly(prologue) && !elementsIn(prologue).length;
    return isStaged ? { ...access, staged: true } : access;
  };
  return { ...contraction, operands: contraction.operands.map(mark) };
}

/** Whether an expression takes longer than writing and reading an element: it calls or divides. */
function isCostly(expression: Elementwise): boolean {
  if (expression.kind === "call" && !expression.function.cheap) return true;
  if (expression.kind === "binary" && expression.operator === "div") return true;
  return partsOf(expression).some(isCostly);
}
