/**
 * Offsets as one would write them: their terms in order; one that a single access uses is put back, for there is nothing
 * to share. It makes no kernel faster.
 *
 *     offset aAt = 8*i; out[i] = a[aAt]   -->   out[i] = a[8*i]
 */
import { factorsOf, substitute, type Affine, type AffineTerm } from "../affine/affine.ts";
import type { Statement } from "./kernel.ts";
import { addressesOf, mapAddresses, visitStatements } from "./rewrite.ts";

/** Orders the terms of offsets, and places those of every loop whose one use lies in the same body. */
export function placeOffsets(body: readonly Statement[], known: Known = { loops: [], offsets: [] }): Statement[] {
  return body.map((statement): Statement => {
    if (statement.kind === "block") return { ...statement, body: placeOffsets(statement.body, known) };
    if (statement.kind !== "loop") return statement;
    const own = statement.body.flatMap((inner) => (inner.kind === "offset" ? [inner.name] : []));
    const inside = { loops: [...known.loops, statement.variable], offsets: [...known.offsets, ...own] };
    const ordered = statement.body.map((inner) =>
      inner.kind === "offset" ? { ...inner, value: orderTerms(inner.value, inside) } : inner,
    );
    return { ...statement, body: placeLoneOffsets(placeOffsets(ordered, inside)) };
  });
}

/** The variables of the loops around, and the offsets declared in them. */
interface Known {
  readonly loops: readonly string[];
  readonly offsets: readonly string[];
}

/**
 * Offsets first, then what moves with a loop, the longest product and the largest multiple before others, as one would
 * write the place of a row and of an element in it.
 */
function orderTerms({ terms, constant }: Affine, { loops, offsets }: Known): Affine {
  const lengthOf = ({ variable }: AffineTerm): number => {
    if (offsets.includes(variable)) return Infinity;
    const factors = factorsOf(variable);
    const moves = factors.some((factor) => loops.includes(factor) || offsets.includes(factor));
    return factors.length + (moves ? 100 : 0);
  };
  const ordered = terms.slice().sort((one, other) => {
    const [length, otherLength] = [lengthOf(one), lengthOf(other)];
    return length === otherLength ? Math.abs(other.coefficient) - Math.abs(one.coefficient) : otherLength - length;
  });
  return { terms: ordered, constant };
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
