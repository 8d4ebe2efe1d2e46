/** Affine expressions in ordinary notation: `2*y + ky - 1`, `-k`, `0`; and names for what stands in them. */
import { factorsOf, type Affine } from "./affine.ts";

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
