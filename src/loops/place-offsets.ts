/**
 * Puts offsets back that one access uses: there is nothing to share, and one name less to read. It makes no kernel faster.
 *
 *     offset aAt = 8*i; out[i] = a[aAt]   -->   out[i] = a[8*i]
 */
import { substitute, type Affine } from "../affine/affine.ts";
import type { Statement } from "./kernel.ts";
import { addressesOf, mapAddresses, visitStatements } from "./rewrite.ts";

/** Places the offsets of every loop whose one use lies in the same body. */
export function placeOffsets(body: readonly Statement[]): Statement[] {
  return body.map((statement): Statement => {
    if (statement.kind === "loop") return { ...statement, body: placeLoneOffsets(placeOffsets(statement.body)) };
    return statement.kind === "block" ? { ...statement, body: placeOffsets(statement.body) } : statement;
  });
}

/** Those that one access of this very body uses, blocks included. */
function placeLoneOffsets(body: readonly Statement[]): Statement[] {
  const all = countUses(body, true);
  const here = countUses(body, false);
  const lone = new Map<string, Affine>();
  const kept: Statement[] = [];
  for (const statement of body) {
    const placed = lone.size === 0 ? statement : placeIn(statement, lone);
    if (placed.kind === "offset" && all.get(placed.name) === 1 && here.get(placed.name) === 1) {
      lone.set(placed.name, placed.value);
    } else {
      kept.push(placed);
    }
  }
  return kept;
}

function placeIn(statement: Statement, lone: ReadonlyMap<string, Affine>): Statement {
  if (statement.kind === "loop") return statement;
  if (statement.kind === "block") return { ...statement, body: statement.body.map((inner) => placeIn(inner, lone)) };
  if (statement.kind === "offset") return { ...statement, value: substitute(statement.value, lone) };
  return mapAddresses(statement, (address) => substitute(address, lone));
}

/** How many addresses use each name; with or without those of loops inside. */
function countUses(body: readonly Statement[], inLoops: boolean): Map<string, number> {
  const uses = new Map<string, number>();
  const count = (statement: Statement): void => {
    for (const { terms } of addressesOf(statement)) {
      for (const { variable } of terms) uses.set(variable, (uses.get(variable) ?? 0) + 1);
    }
  };
  if (inLoops) visitStatements(body, count);
  else
    body.forEach(function visit(statement: Statement): void {
      count(statement);
      if (statement.kind === "block") statement.body.forEach(visit);
    });
  return uses;
}
