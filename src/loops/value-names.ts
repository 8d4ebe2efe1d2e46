/**
 * Names of values while loops are unrolled: a value keeps the name it was lowered with and gathers one coordinate an
 * unrolled loop, the one of the largest stride first, so that `a23` is element 3 of row 2 as the operand lies in memory.
 *
 * Invariant: names handed out differ whenever base or coordinates do, as no base is another with digits behind it: see
 * `names.ts`.
 */
import type { Expression, Statement } from "./kernel.ts";
import { mapExpression, mapStatement, visitExpression, visitStatements } from "./rewrite.ts";

interface Coordinates {
  readonly base: string;
  /** One a loop, outermost first. */
  readonly passes: readonly { readonly pass: number; readonly stride: number }[];
}

/** Hands out names during unrolling, and writes them in their short form at the end. */
export interface ValueNames {
  /** The name of a value in one pass of a loop around it; the stride of that loop in it decides the digit's place. */
  inPass(name: string, pass: number, stride?: number): string;
  /** Rewrites all names: coordinates become digits behind the base, set apart where one has two digits. */
  finish(body: readonly Statement[]): Statement[];
}

/** Names the values of a routine that nobody reads: their names keep every coordinate. */
export function nameCopies(): ValueNames {
  return { inPass: (name, pass) => `${name}|${pass}|`, finish: (body) => [...body] };
}

/** Starts naming the values of one routine. */
export function nameValues(): ValueNames {
  const known = new Map<string, Coordinates>();
  const inPasses = new Map<string, string[]>();
  const coordinatesOf = (name: string): Coordinates => known.get(name) ?? { base: name, passes: [] };
  const extend = (name: string, pass: number, stride: number): string => {
    const { base, passes } = coordinatesOf(name);
    const coordinates = { base, passes: [{ pass, stride }, ...passes] };
    const longName = `${name}|${pass}`;
    known.set(longName, coordinates);
    return longName;
  };
  return {
    inPass(name, pass, stride = 0) {
      const passesOf = inPasses.get(name) ?? [];
      if (passesOf.length === 0) inPasses.set(name, passesOf);
      return (passesOf[pass] ??= extend(name, pass, stride));
    },
    finish(body) {
      const wide = new Set<string>();
      for (const { base, passes } of known.values()) if (passes.some(({ pass }) => pass > 9)) wide.add(base);
      const buffers = bufferNames(body);
      const shortNames = new Map<string, string>();
      const shorten = (name: string): string => {
        const { base, passes } = coordinatesOf(name);
        // A value must not go by the name of the buffer it was loaded from.
        if (passes.length === 0) return buffers.has(base) ? `${base}0` : base;
        const ordered = passes
          .slice()
          .sort((one, other) => (one.stride === other.stride ? 0 : other.stride - one.stride))
          .map(({ pass }) => pass);
        return base + ordered.join(wide.has(base) ? "_" : "");
      };
      return renameBody(body, (name) => {
        const short = shortNames.get(name) ?? shorten(name);
        shortNames.set(name, short);
        return short;
      });
    },
  };
}

function renameBody(body: readonly Statement[], rename: (name: string) => string): Statement[] {
  return body.map((statement): Statement => {
    if (statement.kind === "loop" || statement.kind === "block") {
      return { ...statement, body: renameBody(statement.body, rename) };
    }
    const renamed = mapStatement(statement, (expression) => renameVariables(expression, rename));
    if (!("name" in renamed)) return renamed;
    const name = rename(renamed.name);
    return name === renamed.name ? renamed : { ...renamed, name };
  });
}

function renameVariables(expression: Expression, rename: (name: string) => string): Expression {
  return mapExpression(expression, {
    variable: (value) => {
      const name = rename(value.name);
      return name === value.name ? value : { kind: "variable", type: value.type, name };
    },
  });
}

function bufferNames(body: readonly Statement[]): Set<string> {
  const names = new Set<string>();
  visitStatements(body, (statement) => {
    if (statement.kind === "store" || statement.kind === "update" || statement.kind === "fill") {
      names.add(statement.buffer.name);
    }
    if (statement.kind === "value") {
      visitExpression(statement.value, (part) => {
        if (part.kind === "load") names.add(part.buffer.name);
      });
    }
  });
  return names;
}
