/**
 * Affine expressions over named variables with integer coefficients: `2*y + ky - 1`. They say which element of an
 * axis an access reads, and, once strides are multiplied in, at which address of a buffer.
 *
 * A coefficient may be symbolic: a variable may be a product of names, `h*w*c`, as of sizes that are known when a
 * kernel runs, and of one index at most, its last factor. Over sizes alone, these are polynomials.
 *
 * Invariant: no coefficient is 0 and no variable occurs twice; terms keep the order in which they were added.
 */
export interface AffineTerm {
  /** A name, or names joined by `*`. */
  readonly variable: string;
  readonly coefficient: number;
}

export interface Affine {
  readonly terms: readonly AffineTerm[];
  readonly constant: number;
}

/** A size, a stride or a bound: an integer, or an expression over sizes that are known when a kernel runs. */
export type Size = number | Affine;

/** The expression that is 0 everywhere. */
export const ZERO: Affine = { terms: [], constant: 0 };

export function constantAffine(constant: number): Affine {
  return constant === 0 ? ZERO : { terms: [], constant };
}

export function variableAffine(variable: string, coefficient = 1): Affine {
  return coefficient === 0 ? ZERO : { terms: [{ variable, coefficient }], constant: 0 };
}

/** A size as an expression. */
export function sizeAffine(size: Size): Affine {
  return typeof size === "number" ? constantAffine(size) : size;
}

/** An expression as a size: an integer where it is one. */
export function affineSize(expression: Affine): Size {
  return expression.terms.length === 0 ? expression.constant : expression;
}

/** The names whose product a variable is. */
export function factorsOf(variable: string): readonly string[] {
  return variable.includes("*") ? variable.split("*") : [variable];
}

/** Whether terms are a single name. */
export function isVariable(terms: readonly AffineTerm[]): boolean {
  const [first, ...more] = terms;
  return first?.coefficient === 1 && more.length === 0 && !first.variable.includes("*");
}

/** The greatest divisor that two integers have in common, 0 where both are 0. */
export function commonDivisor(one: number, other: number): number {
  return other === 0 ? Math.abs(one) : commonDivisor(other, one % other);
}

/** `coefficient*variable` summed over a map, plus a constant; terms in the order of the map. */
export function affineOf(coefficients: ReadonlyMap<string, number>, constant: number): Affine {
  const terms: AffineTerm[] = [];
  for (const [variable, coefficient] of coefficients) if (coefficient !== 0) terms.push({ variable, coefficient });
  return { terms, constant };
}

/** Adds any number of expressions at once; a variable keeps the place of its first occurrence. */
export function sumAffines(expressions: Iterable<Affine>): Affine {
  const coefficients = new Map<string, number>();
  let constant = 0;
  for (const expression of expressions) {
    constant += expression.constant;
    for (const { variable, coefficient } of expression.terms) {
      coefficients.set(variable, (coefficients.get(variable) ?? 0) + coefficient);
    }
  }
  return affineOf(coefficients, constant);
}

/** Adds two expressions (`sumAffines` is for many, or for long ones); variables of the first keep their places before those only the second has. */
export function addAffine(left: Affine, right: Affine): Affine {
  if (right.terms.length === 0) return right.constant === 0 ? left : shiftAffine(left, right.constant);
  if (left.terms.length === 0) return left.constant === 0 ? right : shiftAffine(right, left.constant);
  const terms = left.terms.slice();
  for (const term of right.terms) {
    const at = terms.findIndex(({ variable }) => variable === term.variable);
    if (at < 0) {
      terms.push(term);
      continue;
    }
    const coefficient = (terms[at] as AffineTerm).coefficient + term.coefficient;
    if (coefficient === 0) terms.splice(at, 1);
    else terms[at] = { variable: term.variable, coefficient };
  }
  return { terms, constant: left.constant + right.constant };
}

/** Adds an integer. */
export function shiftAffine(expression: Affine, by: number): Affine {
  return by === 0 ? expression : { terms: expression.terms, constant: expression.constant + by };
}

/** Multiplies by an integer. */
export function scaleAffine(expression: Affine, factor: number): Affine {
  if (factor === 0) return ZERO;
  if (factor === 1) return expression;
  return {
    terms: expression.terms.map(({ variable, coefficient }) => ({ variable, coefficient: coefficient * factor })),
    // 0 times a negative factor would leave -0.
    constant: expression.constant * factor + 0,
  };
}

/** Multiplies two expressions, of which one at most speaks of indices: that one is the right factor. */
export function multiplyAffines(left: Affine, right: Affine): Affine {
  if (left.terms.length === 0) return scaleAffine(right, left.constant);
  const shifted = scaleAffine(left, right.constant);
  return sumAffines([
    ...right.terms.map(({ variable, coefficient }) => ({
      terms: left.terms.map((term) => ({
        variable: `${term.variable}*${variable}`,
        coefficient: term.coefficient * coefficient,
      })),
      constant: 0,
    })),
    ...right.terms.map(({ variable, coefficient }) => variableAffine(variable, coefficient * left.constant)),
    shifted,
  ]);
}

/** The derivative by a variable: its coefficient, 0 if it does not occur; of a coefficient that is no integer, its integer part. */
export function derivative(expression: Affine, variable: string): number {
  for (const term of expression.terms) if (term.variable === variable) return term.coefficient;
  return 0;
}

/** The derivative by a variable, symbolic coefficients included. */
export function symbolicDerivative(expression: Affine, variable: string): Affine {
  const terms: AffineTerm[] = [];
  for (const term of expression.terms) {
    if (!term.variable.endsWith(`*${variable}`)) continue;
    terms.push({ variable: term.variable.slice(0, -1 - variable.length), coefficient: term.coefficient });
  }
  return { terms, constant: derivative(expression, variable) };
}

/** Whether an expression changes with a variable. */
export function dependsOn(expression: Affine, variable: string): boolean {
  return expression.terms.some((term) => term.variable === variable || term.variable.endsWith(`*${variable}`));
}

/** Puts expressions in the place of variables, factors of products included; those without a replacement stay. */
export function substitute(expression: Affine, replacements: ReadonlyMap<string, Affine>): Affine {
  const replaced = ({ variable }: AffineTerm): boolean =>
    factorsOf(variable).some((factor) => replacements.has(factor));
  if (!expression.terms.some(replaced)) return expression;
  const parts = expression.terms.map((term) =>
    replaced(term)
      ? factorsOf(term.variable)
          .map((factor) => replacements.get(factor) ?? variableAffine(factor))
          .reduce(multiplyAffines, constantAffine(term.coefficient))
      : { terms: [term], constant: 0 },
  );
  return sumAffines([constantAffine(expression.constant), ...parts]);
}

/** Moves one variable: puts `variable + by` in its place. */
export function shiftVariable(expression: Affine, variable: string, by: number): Affine {
  if (by === 0 || !dependsOn(expression, variable)) return expression;
  return addAffine(expression, scaleAffine(symbolicDerivative(expression, variable), by));
}

/** Fixes one variable: puts an integer in its place. */
export function fixVariable(expression: Affine, variable: string, value: number): Affine {
  if (!dependsOn(expression, variable)) return expression;
  const terms = expression.terms.filter((term) => !dependsOn({ terms: [term], constant: 0 }, variable));
  const fixed = scaleAffine(symbolicDerivative(expression, variable), value);
  return addAffine({ terms, constant: expression.constant }, fixed);
}

/** The value where every variable has one. */
export function evaluateAffine(expression: Affine, valueOf: (variable: string) => number): number {
  let value = expression.constant;
  for (const { variable, coefficient } of expression.terms) value += coefficient * valueOf(variable);
  return value;
}

/** Smallest and largest value where each variable runs over `0 .. size - 1`; sizes are at least 1. */
export function affineRange(expression: Affine, sizeOf: (variable: string) => number): { min: number; max: number } {
  let min = expression.constant;
  let max = expression.constant;
  for (const { variable, coefficient } of expression.terms) {
    const reach = coefficient * (sizeOf(variable) - 1);
    if (reach < 0) min += reach;
    else max += reach;
  }
  return { min, max };
}

/** Whether two expressions are the same function, whatever the order of their terms. */
export function equalAffine(left: Affine, right: Affine): boolean {
  return (
    left.constant === right.constant &&
    left.terms.length === right.terms.length &&
    left.terms.every(({ variable, coefficient }) => derivative(right, variable) === coefficient)
  );
}

/** A text that two expressions share exactly when they are equal: for maps and sets. */
export function affineKey(expression: Affine): string {
  if (expression.terms.length === 0) return String(expression.constant);
  const terms = expression.terms.map(({ variable, coefficient }) => `${variable}*${coefficient}`);
  if (terms.length > 1) terms.sort();
  return `${terms.join("+")}+${expression.constant}`;
}

// Affine expressions in ordinary notation: `2*y + ky - 1`, `-k`, `0`; and names for what stands in them.

/** Prints an expression; `nameOf` may give a variable another name. */
export function printAffine(expression: Affine, nameOf: (variable: string) => string = (variable) => variable): string {
  let text = "";
  const append = (negative: boolean, part: string): void => {
    if (text === "") text = negative ? `-${part}` : part;
    else text += negative ? ` - ${part}` : ` + ${part}`;
  };
  for (const { variable, coefficient } of expression.terms) {
    const size = Math.abs(coefficient);
    append(coefficient < 0, size === 1 ? nameOf(variable) : `${size}*${nameOf(variable)}`);
  }
  if (expression.constant !== 0) append(expression.constant < 0, String(Math.abs(expression.constant)));
  return text === "" ? "0" : text;
}

/**
 * What to call variables beside tensors: by their own names, but for those that a tensor has, which get a number as in
 * emitted code: `q[b, q2]`. Variables may be products.
 */
export function namesApart(variables: Iterable<string>, tensors: Iterable<string>): (variable: string) => string {
  const [own, taken] = [new Set(variables), new Set(tensors)];
  const names = new Map<string, string>();
  for (const name of own) {
    if (!taken.has(name)) continue;
    let other = name;
    for (let number = 2; own.has(other) || taken.has(other); number++) {
      other = /\d$/.test(name) ? `${name}_${number}` : `${name}${number}`;
    }
    taken.add(other);
    names.set(name, other);
  }
  if (names.size === 0) return (variable) => variable;
  return (variable) =>
    factorsOf(variable)
      .map((factor) => names.get(factor) ?? factor)
      .join("*");
}
