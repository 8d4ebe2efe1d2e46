/** Messages about constraints between sizes: their text, and sizes that do not satisfy them. One function a code. */
import { quote, excerptOf, type SourceText, type Mark, type Span } from "../carets.ts";
import { describe } from "../describe.ts";
import { EinsumError } from "../errors.ts";
const AS_IN = "as in 'x = 2*y + k', 'x = (h w)' or '|d| = |a| + 2*|c|'";

/** An axis that is not as long as its expression needs. */
export function axisMisfit(
  text: SourceText,
  what: string,
  found: number,
  needs: string,
  marks: readonly Mark[],
): EinsumError {
  return new EinsumError({
    code: "axis-misfit",
    summary: `${what} has size ${found}, but its expression needs ${needs}`,
    ...excerptOf(text, marks),
    remedy: "correct one of the sizes, or leave one out to have it solved for",
  });
}

export function constraintNotText(found: unknown): EinsumError {
  return new EinsumError({
    code: "constraint-not-text",
    summary: `a constraint is a string, found ${describe(found)}`,
    remedy: `write an equation, ${AS_IN}`,
  });
}

export function constraintsNotList(found: unknown): EinsumError {
  return new EinsumError({
    code: "constraints-not-a-list",
    summary: `the constraints must be a list of strings, found ${describe(found)}`,
    remedy: `write equations, ${AS_IN}`,
  });
}

export function constraintTooDeep(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "constraint-too-deep",
    summary: "a constraint is nested too deep",
    text,
    marks: [{ span }],
    remedy: "multiply parentheses out, or name a part of it in a constraint of its own",
  });
}

export function divisionByZero(text: SourceText, span: Span): EinsumError {
  return new EinsumError({
    code: "division-by-zero",
    summary: "a constraint divides by 0",
    ...excerptOf(text, [{ span }]),
    remedy: "correct the divisor, or the size that it is",
  });
}

export function equalsSign(text: string, signs: readonly Span[]): EinsumError {
  return new EinsumError({
    code: "equals-sign",
    summary: `a constraint has one '=', found ${signs.length === 0 ? "none" : signs.length}`,
    text,
    marks: signs.length === 0 ? [{ span: { start: 0, end: text.length } }] : signs.map((span) => ({ span })),
    remedy: `write an equation, ${AS_IN}`,
  });
}

export function invalidKnownSize(name: string, found: unknown): EinsumError {
  return new EinsumError({
    code: "invalid-known-size",
    summary: `the known size of ${quote(name)} must be an integer of at least 0, found ${describe(found)}`,
  });
}

export function knownNotObject(found: unknown): EinsumError {
  return new EinsumError({
    code: "known-not-an-object",
    summary: `the known sizes must be an object from names to integers, found ${describe(found)}`,
    remedy: "pass { name: size }, or {}",
  });
}

export function malformedConstraint(text: string, span: Span): EinsumError {
  const found = text.slice(span.start, span.end);
  return new EinsumError({
    code: "malformed-constraint",
    summary: found === "" ? "a constraint ends too soon" : `${quote(found)} does not fit here`,
    text,
    marks: [{ span }],
    remedy: `write an equation of sums of products, ${AS_IN}`,
  });
}

export function mixedConstraint(text: string, indices: Span, sizes: Span): EinsumError {
  return new EinsumError({
    code: "mixed-constraint",
    summary: "a constraint has indices on one side, and none on the other",
    text,
    marks: [
      { span: indices, label: "indices" },
      { span: sizes, label: "sizes and integers" },
    ],
    remedy: "write |x| for the size of x: an equation holds between indices, or between sizes",
  });
}

export function noWholeSize(text: SourceText, index: string, marks: readonly Mark[]): EinsumError {
  return new EinsumError({
    code: "no-whole-size",
    summary: `no whole size of ${quote(index)} solves its equation`,
    ...excerptOf(text, marks),
    remedy: "correct one of the sizes",
  });
}

export function noWindow(text: SourceText, index: string, marks: readonly Mark[]): EinsumError {
  return new EinsumError({
    code: "no-window",
    summary: `no size of ${quote(index)} makes its expression as long as the axis`,
    ...excerptOf(text, marks),
    remedy:
      "correct one of the sizes; only the stride, which is the coefficient of what is written first, may leave elements unread",
  });
}

export function nonAffineConstraint(text: string, span: Span): EinsumError {
  return new EinsumError({
    code: "non-affine-constraint",
    summary: "an index is multiplied by an index, or divided",
    text,
    marks: [{ span }],
    remedy: "multiply it by integers and sizes alone, such as |k|",
  });
}

export function unequalSides(text: SourceText, left: number, right: number, marks: readonly Mark[]): EinsumError {
  return new EinsumError({
    code: "unequal-sides",
    summary: `the sides of an equation are ${left} and ${right}`,
    ...excerptOf(text, marks),
    remedy: "correct one of the sizes, or leave one out to have it solved for",
  });
}

export function unexpectedInConstraint(text: string, at: number): EinsumError {
  const found = String.fromCodePoint(text.codePointAt(at) ?? 0);
  return new EinsumError({
    code: "unexpected-in-constraint",
    summary: `unexpected ${quote(found)} in a constraint`,
    text,
    marks: [{ span: { start: at, end: at + found.length } }],
    remedy: found === "/" ? "write floor division as '//'" : "use names, integers, |k|, + - * // = : and parentheses",
  });
}
