/**
 * Strength reduction of addresses: what an address owes to the loops around is computed once a pass of those loops,
 * not once an access. An access keeps a variable that is added as it is, and a literal.
 *
 *     for i { for j { out[64*i + j + 3] ... } }
 *     -->
 *     for i { offset outAt = 64*i; for j { out[outAt + j + 3] ... } }
 *
 * Legal always: an offset is declared in the body of the innermost loop whose variable it uses, before everything
 * else there. Accesses that differ by a literal share one offset; `placeOffsets` puts one back that a single
 * access uses.
 */
import { type Affine, type AffineTerm, affineKey, factorsOf, isVariable, substitute } from "../../affine/affine.ts";
import type { Buffer, OffsetStatement, Statement } from "../kernel.ts";
import { addressesOf, mapAddresses, visitStatements } from "../rewrite.ts";

/** Reduces the addresses of a routine. */
export function reduceAddresses(body: readonly Statement[]): readonly Statement[] {
  const names = new Set<string>();
  visitStatements(body, (statement) => {
    if (statement.kind === "loop") names.add(statement.variable);
    else if ("name" in statement) names.add(statement.name);
    // Not only what the routine declares: the indices of slices come from outside.
    for (const { terms } of addressesOf(statement)) for (const { variable } of terms) names.add(variable);
  });
  return rewriteBody(body, [], names);
}

/** A loop around the statements being rewritten. */
interface Level {
  readonly variable: string;
  /** Whether it has no loop inside. */
  readonly innermost: boolean;
  /** Offsets declared in its body, by buffer and terms. */
  readonly offsets: Map<string, OffsetStatement>;
  /** The names of these. */
  readonly declared: Set<string>;
  /** Names that an offset declared in its body must not have: those, and what loops inside declare. */
  readonly taken: Set<string>;
}

/** `names` are those that the routine uses already. */
function rewriteBody(body: readonly Statement[], levels: readonly Level[], names: ReadonlySet<string>): Statement[] {
  return body.map((statement): Statement => {
    if (statement.kind === "block") return { ...statement, body: rewriteBody(statement.body, levels, names) };
    if (statement.kind !== "loop") {
      return mapAddresses(statement, (address, buffer) => reduceAddress(address, buffer, levels));
    }
    const level: Level = {
      variable: statement.variable,
      innermost: !hasLoop(statement.body),
      offsets: new Map(),
      declared: new Set(),
      taken: new Set(names),
    };
    const inner = rewriteBody(statement.body, [...levels, level], names);
    return { ...statement, body: [...level.offsets.values(), ...inner] };
  });
}

/**
 * Replaces the terms of the outer loops by an offset. A multiple of the loop's own variable joins them in one of its
 * own; in an innermost loop that one builds on the outer loops' offset, so that little is left to compute each pass.
 */
function reduceAddress(address: Affine, buffer: Buffer, levels: readonly Level[]): Affine {
  const level = levels.at(-1);
  const isMine = ({ variable }: AffineTerm): boolean =>
    level !== undefined && factorsOf(variable).includes(level.variable);
  const outer = address.terms.filter((term) => !isMine(term));
  const mine = address.terms.filter(isMine);
  const at = `${buffer.name}At`;
  if (mine.every(({ variable, coefficient }) => coefficient === 1 && variable === level?.variable)) {
    return { terms: [...shareTerms(outer, at, levels), ...mine], constant: address.constant };
  }
  const shared = level?.innermost ? shareTerms(outer, `${buffer.name}Row`, levels) : outer;
  return { terms: shareTerms([...shared, ...mine], at, levels), constant: address.constant };
}

/** An offset that stands for the terms, declared in the innermost loop they speak of; a lone variable stays. */
function shareTerms(terms: readonly AffineTerm[], name: string, levels: readonly Level[]): readonly AffineTerm[] {
  if (terms.length === 0 || isVariable(terms)) return terms;
  const depth = Math.max(...terms.map(({ variable }) => depthOf(variable, levels)));
  const level = levels[depth];
  // Without a loop around, what is left to add up are literals.
  if (!level) return terms;
  const key = `${name} ${affineKey({ terms, constant: 0 })}`;
  let offset = level.offsets.get(key);
  if (!offset) {
    offset = { kind: "offset", name: freshName(name, depth, levels), value: { terms, constant: 0 } };
    level.offsets.set(key, offset);
    level.declared.add(offset.name);
  }
  return [{ variable: offset.name, coefficient: 1 }];
}

function hasLoop(body: readonly Statement[]): boolean {
  return body.some((statement) => statement.kind === "loop" || (statement.kind === "block" && hasLoop(statement.body)));
}

/** The innermost loop that declares a factor of a variable; -1 for integers that are known before any. */
function depthOf(name: string, levels: readonly Level[]): number {
  const factors = factorsOf(name);
  return levels.findLastIndex(({ variable, declared }) =>
    factors.some((factor) => variable === factor || declared.has(factor)),
  );
}

/** A name that neither an outer loop nor anything inside this one declares. */
function freshName(name: string, depth: number, levels: readonly Level[]): string {
  const isTaken = (candidate: string): boolean =>
    levels[depth]?.taken.has(candidate) || levels.slice(0, depth).some(({ declared }) => declared.has(candidate));
  let fresh = name;
  for (let count = 2; isTaken(fresh); count++) fresh = `${name}${count}`;
  for (const { taken } of levels.slice(0, depth + 1)) taken.add(fresh);
  return fresh;
}

// Offsets as one would write them: their terms in order; one that a single access uses is put back, for there is nothing
// to share. It makes no kernel faster.
//
//     offset aAt = 8*i; out[i] = a[aAt]   -->   out[i] = a[8*i]

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
  const all = countUses(body);
  const here = countUses(withoutLoops(body));
  const lone = new Map<string, Affine>();
  return body.flatMap((statement): Statement[] => {
    const placed = lone.size === 0 ? statement : placeIn(statement, lone);
    if (placed.kind !== "offset" || all.get(placed.name) !== 1 || here.get(placed.name) !== 1) return [placed];
    lone.set(placed.name, placed.value);
    return [];
  });
}

function placeIn(statement: Statement, lone: ReadonlyMap<string, Affine>): Statement {
  if (statement.kind === "loop") return statement;
  if (statement.kind === "block") return { ...statement, body: statement.body.map((inner) => placeIn(inner, lone)) };
  if (statement.kind === "offset") return { ...statement, value: substitute(statement.value, lone) };
  return mapAddresses(statement, (address) => substitute(address, lone));
}

/** How many addresses use each name, those of loops and blocks included. */
function countUses(body: readonly Statement[]): Map<string, number> {
  const uses = new Map<string, number>();
  visitStatements(body, (statement) => {
    for (const { terms } of addressesOf(statement)) {
      for (const { variable } of terms) uses.set(variable, (uses.get(variable) ?? 0) + 1);
    }
  });
  return uses;
}

/** The statements of a body and of its blocks, without loops. */
function withoutLoops(body: readonly Statement[]): Statement[] {
  return body.flatMap((statement): Statement[] => {
    if (statement.kind === "loop") return [];
    return statement.kind === "block" ? withoutLoops(statement.body) : [statement];
  });
}
