/**
 * Computes once what several passes or statements need: two passes.
 *
 * `hoistInvariants` moves what a loop does not change out of it, as far as it goes.
 *
 *     for i { for j { value a0 = a[i]; ... } }   -->   for i { value a0 = a[i]; for j { ... } }
 *
 * Legal where the value's address does not depend on the loop's variable, its names are declared outside, and the
 * buffer it reads is one that the routine never writes: see `isInvariant`. A loop of known bounds runs
 * at least once, as lowering makes no other; what is loaded for one that turns out not to run is not used.
 *
 * `reuseLoads` loads each element once: a value that was loaded already, in this scope or one around it, is used again.
 *
 *     value x01 = x[i + 1]; value x10 = x[i + 1]; out[i] sum= x01 * w0 + x10 * w1
 *     -->
 *     value x01 = x[i + 1]; out[i] sum= x01 * w0 + x01 * w1
 *
 * Legal for buffers that the routine never writes. Neighbouring windows overlap, so this is what keeps a
 * convolution's loads down.
 */
import { affineKey, dependsOn, type Affine } from "../../affine/affine.ts";
import type { Buffer, Expression, LoopStatement, Statement, ValueStatement } from "../kernel.ts";
import {
  addressIn,
  buffersWritten,
  isNested,
  mapStatement,
  renameVariables,
  someExpression,
  visitExpression,
  visitStatements,
} from "../rewrite.ts";

/** Hoists invariant values out of every loop, innermost loops first. */
export function hoistInvariants(body: readonly Statement[]): readonly Statement[] {
  return dropRepeated(hoistBody(body, buffersWritten(body)), new Map());
}

function hoistBody(body: readonly Statement[], written: ReadonlySet<Buffer>): Statement[] {
  return body.flatMap((statement): Statement[] => {
    if (statement.kind === "block") return [{ ...statement, body: hoistBody(statement.body, written) }];
    if (statement.kind !== "loop") return [statement];
    const loop: LoopStatement = { ...statement, body: hoistBody(statement.body, written) };
    const local = changedIn(loop.body);
    const hoisted: ValueStatement[] = [];
    const kept: Statement[] = [];
    for (const inner of loop.body) {
      if (inner.kind === "value" && isInvariant(inner, loop.variable, local, written)) {
        hoisted.push(inner);
        local.delete(inner.name);
      } else {
        kept.push(inner);
      }
    }
    return [...hoisted, { ...loop, body: kept }];
  });
}

/**
 * Drops a value that a loop's remainder declares too, once the loop's own was moved to where both see it. It goes by
 * the same name, as unrolling named both after their place; only if it also reads the same is it the same value.
 */
function dropRepeated(body: readonly Statement[], outside: ReadonlyMap<string, ValueStatement>): Statement[] {
  const visible = new Map(outside);
  return body.flatMap((statement): Statement[] => {
    if (isNested(statement)) return [{ ...statement, body: dropRepeated(statement.body, visible) }];
    if (statement.kind !== "value") return [statement];
    const twin = visible.get(statement.name);
    if (twin && inputsOf(twin.value) === inputsOf(statement.value)) return [];
    visible.set(statement.name, statement);
    return [statement];
  });
}

/** What a value reads: all in which two of one name may differ, for they were lowered from one expression. */
function inputsOf(value: Expression): string {
  let inputs = "";
  visitExpression(value, (part) => {
    if (part.kind === "variable") inputs += ` ${part.name}`;
    if (part.kind === "load") inputs += ` ${part.buffer.name}[${affineKey(part.address)}]`;
    if (part.kind === "integer") inputs += ` (${affineKey(part.value)})`;
  });
  return inputs;
}

/** Whether a value is the same in every pass: nothing it reads changes with the variable or inside the loop. */
function isInvariant(
  { value }: ValueStatement,
  variable: string,
  local: ReadonlySet<string>,
  written: ReadonlySet<Buffer>,
): boolean {
  const changes = (address: Affine): boolean =>
    dependsOn(address, variable) || address.terms.some((term) => local.has(term.variable));
  return !someExpression(value, (part) => {
    if (part.kind === "variable") return local.has(part.name);
    const address = addressIn(part);
    return address !== undefined && ((part.kind === "load" && written.has(part.buffer)) || changes(address));
  });
}

/** Names declared directly in a body, and accumulators assigned to anywhere in it; other names of nested bodies cannot be used here. */
function changedIn(body: readonly Statement[]): Set<string> {
  const names = new Set<string>();
  for (const statement of body) {
    if (statement.kind === "value" || statement.kind === "accumulator" || statement.kind === "offset") {
      names.add(statement.name);
    }
  }
  visitStatements(body, (statement) => statement.kind === "assign" && names.add(statement.name));
  return names;
}

/** Shares equal loads within scopes. */
export function reuseLoads(body: readonly Statement[]): readonly Statement[] {
  return reuseIn(body, new Map(), new Map(), buffersWritten(body));
}

/** `loaded`: address to the name that holds its element; `renamed`: name to the one used in its place. */
function reuseIn(
  body: readonly Statement[],
  loadedOutside: ReadonlyMap<string, string>,
  renamedOutside: ReadonlyMap<string, string>,
  written: ReadonlySet<Buffer>,
): Statement[] {
  const loaded = new Map(loadedOutside);
  const renamed = new Map(renamedOutside);
  const rename = (name: string): string => renamed.get(name) ?? name;
  return body.flatMap((statement): Statement[] => {
    if (isNested(statement)) return [{ ...statement, body: reuseIn(statement.body, loaded, renamed, written) }];
    const rewritten =
      renamed.size === 0 ? statement : mapStatement(statement, (value) => renameVariables(value, rename));
    if (rewritten.kind !== "value") return [rewritten];
    const { name, value } = rewritten;
    renamed.delete(name);
    if (value.kind !== "load" || written.has(value.buffer)) return [rewritten];
    const key = `${value.buffer.name} ${affineKey(value.address)}`;
    const holder = loaded.get(key);
    if (holder === undefined) {
      loaded.set(key, name);
      return [rewritten];
    }
    renamed.set(name, holder);
    return [];
  });
}
