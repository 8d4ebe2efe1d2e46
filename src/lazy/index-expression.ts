/**
 * Index expressions of the lazy front end: polynomials with integer coefficients over indices, sizes and quotients
 * rounded down. They say which element of an axis a view reads, and what sizes have to do with each other.
 *
 *     so.plus(w.times(2))     so + 2*w
 *     h.times(w.size).plus(w) |w|*h + w
 *
 * Invariant: like terms are added up, none has the coefficient 0, and all stand in the order in which they came, the
 * constant last.
 */
import { published, publishedMethods } from "../support/errors.ts";
import * as messages from "../support/messages/lazy.ts";

/** An expression over indices and sizes; symbols are expressions, too. */
export interface IndexExpression {
  /** For einsmith itself. */
  readonly terms: readonly IndexTerm[];
  plus(other: IndexExpression | number): IndexExpression;
  minus(other: IndexExpression | number): IndexExpression;
  times(other: IndexExpression | number): IndexExpression;
  /** The quotient, rounded down: `|k|//2`. */
  over(divisor: IndexExpression | number): IndexExpression;
  /**
   * The derivative by an index or a size; of a quotient a//b, (a'*b - a*b')//(b*b). Refuses what would be a fraction:
   * the derivative of x//2 by x is no integer.
   */
  derivative(by: IndexExpression): IndexExpression;
  /** Puts an expression in the place of an index or a size. */
  substitute(atom: IndexExpression, by: IndexExpression | number): IndexExpression;
  /** In ordinary notation: `2*y + ky - 1`. */
  toString(): string;
}

/** An index: a dimension by name. Two symbols are two indices, whatever they are called. */
export interface LazySymbol extends IndexExpression {
  readonly name: string;
  /** Tells it from others of its name; for einsmith itself. */
  readonly id: number;
  /** How many values the index has, as an expression: `|k|`. */
  readonly size: IndexExpression;
}

/** A product of a coefficient and factors. */
export interface IndexTerm {
  readonly coefficient: number;
  readonly factors: readonly Atom[];
}

export type Atom =
  | { readonly kind: "index"; readonly symbol: LazySymbol }
  | { readonly kind: "size"; readonly symbol: LazySymbol }
  | { readonly kind: "quotient"; readonly dividend: IndexExpression; readonly divisor: IndexExpression };

const NAME = /^[\p{ID_Start}_][\p{ID_Continue}]*$/u;

/** Makes an index; its name is for people, and for loops. */
export const symbol = /* @__PURE__ */ published(function symbol(name: string): LazySymbol {
  if (typeof name !== "string" || !NAME.test(name.normalize("NFC"))) throw messages.lazyName("a symbol", name);
  // Its expressions speak of the symbol itself.
  const self = { name: name.normalize("NFC"), id: made++ } as {
    -readonly [field in keyof LazySymbol]: LazySymbol[field];
  };
  Object.assign(self, expressionOf([product(1, { kind: "index", symbol: self })]));
  self.size = expressionOf([product(1, { kind: "size", symbol: self })]);
  expressions.add(self);
  return self;
});

/** How many symbols there are so far. */
let made = 0;

/** Makes several, from names between spaces or commas. */
export const symbols = /* @__PURE__ */ published(function symbols(names: string): LazySymbol[] {
  if (typeof names !== "string") throw messages.lazyName("a symbol", names);
  return names
    .split(/[\s,]+/)
    .filter((name) => name !== "")
    .map(symbol);
});

/** Whether a value is a symbol. */
export function isSymbol(value: unknown): value is LazySymbol {
  return isExpression(value) && Object.hasOwn(value, "size");
}

export function isExpression(value: unknown): value is IndexExpression {
  return expressions.has(value as object);
}

/** What was made here; nothing else is an expression, whatever fields it has. */
const expressions = /* @__PURE__ */ new WeakSet<object>();

/** An integer or an expression as an expression. */
export function toExpression(value: unknown): IndexExpression {
  if (isExpression(value)) return value;
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw messages.lazyExpression(value);
  return expressionOf([product(value)]);
}

function product(coefficient: number, ...factors: readonly Atom[]): IndexTerm {
  return { coefficient, factors };
}

/** Makes an expression of terms. */
export function expressionOf(given: readonly IndexTerm[]): IndexExpression {
  const terms = addUp(given);
  const made = publishedMethods<IndexExpression>({
    terms,
    plus: (other) => expressionOf([...terms, ...toExpression(other).terms]),
    minus: (other) => expressionOf([...terms, ...multiply([product(-1)], toExpression(other).terms)]),
    times: (other) => expressionOf(multiply(terms, toExpression(other).terms)),
    over: (divisor) => divide(expressionOf(terms), toExpression(divisor)),
    derivative: (by) => derivativeOf(terms, atomOf(toExpression(by))),
    substitute: (atom, by) => replaceAtoms(terms, new Map([[keyOf(atomOf(toExpression(atom))), toExpression(by)]])),
    toString: () => print(terms),
  });
  expressions.add(made);
  return made;
}

/** Puts expressions in the place of indices, all at once. */
export function replaceIndices(
  expression: IndexExpression,
  replacements: ReadonlyMap<LazySymbol, IndexExpression>,
): IndexExpression {
  const keys = new Map([...replacements].map(([of, by]) => [keyOf({ kind: "index", symbol: of }), by]));
  return replaceAtoms(expression.terms, keys);
}

/** The indices, and those whose sizes, an expression takes: each once, in order. */
export function symbolsIn({ terms }: IndexExpression, kind: "index" | "size"): LazySymbol[] {
  const found = terms.flatMap(({ factors }) =>
    factors.flatMap((atom) => {
      if (atom.kind === "quotient") return [...symbolsIn(atom.dividend, kind), ...symbolsIn(atom.divisor, kind)];
      return atom.kind === kind ? [atom.symbol] : [];
    }),
  );
  return [...new Set(found)];
}

/** The indices that some expressions take, each once, in order. */
export function indicesIn(expressions: Iterable<IndexExpression>): LazySymbol[] {
  return [...new Set([...expressions].flatMap((expression) => symbolsIn(expression, "index")))];
}

/** The only index that an expression is; undefined if it is anything else. */
export function asIndex({ terms }: IndexExpression): LazySymbol | undefined {
  const atom = onlyAtom(terms);
  return atom?.kind === "index" ? atom.symbol : undefined;
}

function onlyAtom([term, second]: readonly IndexTerm[]): Atom | undefined {
  const [atom, other] = term?.factors ?? [];
  return second || other || term?.coefficient !== 1 ? undefined : atom;
}

/** The coefficients of indices and the constant where sizes have values; undefined where it is not affine. */
export function resolveIndices(
  { terms }: IndexExpression,
  sizeOf: (of: LazySymbol) => number,
): { readonly coefficients: ReadonlyMap<LazySymbol, number>; readonly constant: number } | undefined {
  const coefficients = new Map<LazySymbol, number>();
  let constant = 0;
  for (const { coefficient, factors } of terms) {
    let value = coefficient;
    let index: LazySymbol | undefined;
    for (const atom of factors) {
      if (atom.kind === "index") {
        if (index) return undefined;
        index = atom.symbol;
      } else if (atom.kind === "size") {
        value *= sizeOf(atom.symbol);
      } else {
        const [over, under] = [atom.dividend, atom.divisor].map((part) => resolveIndices(part, sizeOf));
        if (!over || !under || over.coefficients.size + under.coefficients.size > 0) return undefined;
        value *= Math.floor(over.constant / under.constant);
      }
    }
    if (index) coefficients.set(index, (coefficients.get(index) ?? 0) + value);
    else constant += value;
  }
  return { coefficients, constant };
}

function addUp(terms: readonly IndexTerm[]): IndexTerm[] {
  const sums = new Map<string, IndexTerm>();
  for (const { coefficient, factors } of terms) {
    const key = factors.map(keyOf).sort().join("*");
    const before = sums.get(key) ?? { factors, coefficient: 0 };
    sums.set(key, { ...before, coefficient: before.coefficient + coefficient });
  }
  const left = [...sums.values()].filter(({ coefficient }) => coefficient !== 0);
  return left.sort((one, other) => Number(one.factors.length === 0) - Number(other.factors.length === 0));
}

function multiply(left: readonly IndexTerm[], right: readonly IndexTerm[]): IndexTerm[] {
  return left.flatMap((one) =>
    right.map((other) => product(one.coefficient * other.coefficient, ...one.factors, ...other.factors)),
  );
}

/** Exact where every coefficient divides; a quotient of its own where not. */
function divide(dividend: IndexExpression, divisor: IndexExpression): IndexExpression {
  const by = constantIn(divisor);
  if (by === 0) throw messages.lazyDivision(dividend.toString());
  if (by !== undefined) {
    const value = constantIn(dividend);
    if (value !== undefined) return toExpression(Math.floor(value / by));
    if (dividend.terms.every(({ coefficient }) => coefficient % by === 0)) {
      return expressionOf(dividend.terms.map((term) => ({ ...term, coefficient: term.coefficient / by })));
    }
  }
  return expressionOf([product(1, { kind: "quotient", dividend, divisor })]);
}

/** The integer that an expression is; undefined if it is anything else. */
function constantIn({ terms }: IndexExpression): number | undefined {
  const [term, second] = terms;
  if (!term) return 0;
  return !second && term.factors.length === 0 ? term.coefficient : undefined;
}

/** By the product rule, term by term. */
function derivativeOf(terms: readonly IndexTerm[], by: Atom): IndexExpression {
  const parts = terms.flatMap(({ coefficient, factors }) =>
    factors.flatMap((factor, at) => {
      const others = product(coefficient, ...factors.filter((_, other) => other !== at));
      return multiply(derivativeOfAtom(factor, by).terms, [others]);
    }),
  );
  return expressionOf(parts);
}

function derivativeOfAtom(atom: Atom, by: Atom): IndexExpression {
  if (atom.kind !== "quotient") return toExpression(keyOf(atom) === keyOf(by) ? 1 : 0);
  const { dividend, divisor } = atom;
  const risen = derivativeOf(dividend.terms, by).times(divisor);
  const above = risen.minus(dividend.times(derivativeOf(divisor.terms, by)));
  if (above.terms.length === 0) return toExpression(0);
  const square = divisor.times(divisor);
  const whole = divide(above, square);
  const fraction = constantIn(above) !== undefined && constantIn(square) !== undefined;
  if (!fraction || whole.times(square).minus(above).terms.length === 0) return whole;
  throw messages.lazyDerivative(printAtom(atom), printAtom(by));
}

function replaceAtoms(
  terms: readonly IndexTerm[],
  replacements: ReadonlyMap<string, IndexExpression>,
): IndexExpression {
  const replaced = terms.flatMap(({ coefficient, factors }) =>
    factors
      .map((atom): readonly IndexTerm[] => {
        const by = replacements.get(keyOf(atom));
        if (by) return by.terms;
        if (atom.kind !== "quotient") return [product(1, atom)];
        const dividend = replaceAtoms(atom.dividend.terms, replacements);
        return divide(dividend, replaceAtoms(atom.divisor.terms, replacements)).terms;
      })
      .reduce(multiply, [product(coefficient)]),
  );
  return expressionOf(replaced);
}

function atomOf({ terms }: IndexExpression): Atom {
  const atom = onlyAtom(terms);
  if (!atom) throw messages.lazyAtom(print(terms));
  return atom;
}

/** A text that atoms share exactly when they are the same. */
function keyOf(atom: Atom): string {
  if (atom.kind !== "quotient") return `${atom.kind} ${atom.symbol.id}`;
  const [over, under] = [atom.dividend, atom.divisor].map(({ terms }) =>
    terms
      .map(({ coefficient, factors }) => `${coefficient} ${factors.map(keyOf).sort().join("*")}`)
      .sort()
      .join("+"),
  );
  return `(${over})//(${under})`;
}

/** Prints terms in ordinary notation; `nameOf` may give symbols other names: those of a constraint. */
export function print(terms: readonly IndexTerm[], nameOf: (of: LazySymbol) => string = ({ name }) => name): string {
  const text = terms.map(({ coefficient, factors }, at) => {
    const size = Math.abs(coefficient);
    const atoms = factors.map((atom) => {
      const shown = printAtom(atom, nameOf);
      // A quotient alone needs no parentheses; in a product it does.
      return atom.kind === "quotient" && (size > 1 || factors.length > 1) ? `(${shown})` : shown;
    });
    const [first, between] = coefficient < 0 ? ["-", " - "] : ["", " + "];
    const shown = [...(size !== 1 || atoms.length === 0 ? [String(size)] : []), ...atoms].join("*");
    return (at === 0 ? first : between) + shown;
  });
  return text.join("") || "0";
}

function printAtom(atom: Atom, nameOf: (of: LazySymbol) => string = ({ name }) => name): string {
  if (atom.kind === "index") return nameOf(atom.symbol);
  if (atom.kind === "size") return `|${nameOf(atom.symbol)}|`;
  const [over, under] = [atom.dividend, atom.divisor].map(({ terms }) => {
    const text = print(terms, nameOf);
    return terms.length > 1 || /[*/]/.test(text) || text.startsWith("-") ? `(${text})` : text;
  });
  return `${over}//${under}`;
}
