/**
 * Affine expressions over named variables with integer coefficients: `2*y + ky - 1`. They say which element of an
 * axis an access reads, and, once strides are multiplied in, at which address of a buffer.
 *
 * Invariant: no coefficient is 0 and no variable occurs twice; terms keep the order in which they were added.
 */
export interface AffineTerm {
  readonly variable: string;
  readonly coefficient: number;
}

export interface Affine {
  readonly terms: readonly AffineTerm[];
  readonly constant: number;
}

/** The expression that is 0 everywhere. */
export const ZERO: Affine = { terms: [], constant: 0 };

export function constantAffine(constant: number): Affine {
  return constant === 0 ? ZERO : { terms: [], constant };
}

export function variableAffine(variable: string, coefficient = 1): Affine {
  return coefficient === 0 ? ZERO : { terms: [{ variable, coefficient }], constant: 0 };
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

/** The derivative by a variable: its coefficient, 0 if it does not occur. */
export function derivative(expression: Affine, variable: string): number {
  for (const term of expression.terms) if (term.variable === variable) return term.coefficient;
  return 0;
}

/** Puts expressions in the place of variables; those without a replacement stay. */
export function substitute(expression: Affine, replacements: ReadonlyMap<string, Affine>): Affine {
  if (!expression.terms.some(({ variable }) => replacements.has(variable))) return expression;
  const parts = expression.terms.map(({ variable, coefficient }) =>
    scaleAffine(replacements.get(variable) ?? variableAffine(variable), coefficient),
  );
  return sumAffines([constantAffine(expression.constant), ...parts]);
}

/** Moves one variable: puts `variable + by` in its place. */
export function shiftVariable(expression: Affine, variable: string, by: number): Affine {
  return shiftAffine(expression, derivative(expression, variable) * by);
}

/** Fixes one variable: puts an integer in its place. */
export function fixVariable(expression: Affine, variable: string, value: number): Affine {
  const coefficient = derivative(expression, variable);
  if (coefficient === 0) return expression;
  const terms = expression.terms.filter((term) => term.variable !== variable);
  return { terms, constant: expression.constant + coefficient * value };
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

/** A text that two expressions share exactly when they are equal: for maps and sets. */
export function affineKey(expression: Affine): string {
  if (expression.terms.length === 0) return String(expression.constant);
  const terms = expression.terms.map(({ variable, coefficient }) => `${variable}*${coefficient}`);
  if (terms.length > 1) terms.sort();
  return `${terms.join("+")}+${expression.constant}`;
}
