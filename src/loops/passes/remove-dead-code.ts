/**
 * Removes what nothing uses: values, offsets and accumulators without a reader, loops that never run, loops and
 * blocks left without a statement, and the braces of a block that declares nothing.
 *
 *     value a0 = a[0]; out[0] = b[0]   -->   out[0] = b[0]
 *
 * Legal because loading has no effect.
 */
import { sizeAffine, type Affine } from "../../affine/affine.ts";
import type { LoopStatement, Statement } from "../kernel.ts";
import { expressionOf, visitExpression, visitStatements } from "../rewrite.ts";

/** Removes dead statements until nothing changes. */
export function removeDeadCode(body: readonly Statement[]): readonly Statement[] {
  let before = body;
  for (;;) {
    const after = sweep(before, usedNames(before));
    if (after.length === before.length && after.every((statement, at) => statement === before[at])) return after;
    before = after;
  }
}

function sweep(body: readonly Statement[], used: ReadonlySet<string>): readonly Statement[] {
  return body.flatMap((statement): readonly Statement[] => {
    switch (statement.kind) {
      case "loop":
      case "block": {
        if (statement.kind === "loop" && isNever(statement)) return [];
        const inner = sweep(statement.body, used);
        if (inner.length === 0) return [];
        if (statement.kind === "block" && !inner.some(declares)) return inner;
        const same = inner.length === statement.body.length && inner.every((kept, at) => kept === statement.body[at]);
        return [same ? statement : { ...statement, body: inner }];
      }
      case "value":
      case "offset":
      case "accumulator":
      case "accumulate":
      case "assign":
        return used.has(statement.name) ? [statement] : [];
      default:
        return [statement];
    }
  });
}

/** Whether a loop is known not to run. */
function isNever({ from, to }: LoopStatement): boolean {
  return typeof from === "number" && typeof to === "number" && to <= from;
}

/** Whether a statement needs a scope: it gives something a name. */
function declares({ kind }: Statement): boolean {
  return kind === "value" || kind === "offset" || kind === "accumulator";
}

/** Names that some statement reads; an accumulator that is only reduced into has no reader. */
function usedNames(body: readonly Statement[]): Set<string> {
  const used = new Set<string>();
  const useAddress = ({ terms }: Affine): void => {
    for (const { variable } of terms) used.add(variable);
  };
  visitStatements(body, (statement) => {
    const expression = expressionOf(statement);
    if (expression) {
      visitExpression(expression, (part) => {
        if (part.kind === "variable") used.add(part.name);
        if (part.kind === "load") useAddress(part.address);
        if (part.kind === "integer") useAddress(part.value);
      });
    }
    if (statement.kind === "store" || statement.kind === "update") useAddress(statement.address);
    if (statement.kind === "offset") useAddress(statement.value);
    if (statement.kind === "loop") [statement.from, statement.to].map(sizeAffine).forEach(useAddress);
  });
  return used;
}
