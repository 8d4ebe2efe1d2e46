/**
 * From constraints to size equations. `x = 2*y + k` holds between indices: x is an axis, and the other side runs over
 * it, with padding as in a spec. `|d| = |a| + 2*|c|` holds between sizes.
 *
 * Without a constant, what is subtracted moves to the other side first, so `x = t - k` is `t = x + k`: the sizes of a
 * full convolution. Where no side is a single index, both run over an axis that has no name.
 */
import {
  type AffineEquationPart,
  type Fit,
  type Place,
  type SizeEquation,
  integerSize,
  productOfSizes,
  sizesIn,
  sumOfSizes,
  type SizeExpression,
} from "../affine/equation.ts";
import { quote, startsOf, joinSpans, type Span } from "../support/carets.ts";
import { unreachable } from "../support/errors.ts";
import * as messages from "../support/messages/constraints.ts";
import {
  parseConstraint,
  type Constraint,
  type ConstraintExpression,
  type ConstraintSide,
} from "../spec/constraint.ts";

export interface ConstraintEquations {
  readonly equations: readonly SizeEquation[];
  /** Unknowns that stand for an axis without a name. */
  readonly unnamed: ReadonlySet<string>;
}

/** Reads constraints; `taken` are names that no unnamed axis may have. */
export function equationsOfConstraints(texts: readonly string[], taken: ReadonlySet<string>): ConstraintEquations {
  const starts = startsOf(texts);
  const read = texts.map((text, number) => readConstraint(parseConstraint(text), number, starts[number] as number));
  const relations = orientPlain(read);
  const settled = settleAxes(relations);
  const unnamed = new Set<string>();
  const equations = relations.flatMap((relation): readonly SizeEquation[] => {
    if (relation.kind === "sizes") return [balanceOf(relation)];
    if (relation.axis !== null) return [equationOf(relation, relation.axis, relation.body, settled)];
    let axis = `both sides of constraint ${relation.number}`;
    while (taken.has(axis)) axis += "'";
    unnamed.add(axis);
    return [relation.other, relation.body].map((body) => equationOf(relation, axis, body, settled));
  });
  return { equations, unnamed };
}

/** What runs over an axis. */
type Body =
  | { readonly kind: "product"; readonly indices: readonly string[]; readonly span: Span }
  | (Linear & { readonly kind: "affine"; readonly paddingAfter: number | null; readonly span: Span });

/** Multiples of indices, and a constant: sizes and integers, summed. */
interface Linear {
  readonly parts: readonly AffineEquationPart[];
  readonly constant: readonly SizeExpression[];
}

type Relation = SizeRelation | IndexRelation;

interface SizeRelation {
  readonly kind: "sizes";
  readonly number: number;
  readonly left: SizeExpression;
  readonly right: SizeExpression;
  readonly span: Span;
}

interface IndexRelation {
  readonly kind: "indices";
  readonly number: number;
  /** The index that `other` is, if it is a single one. */
  readonly axis: string | null;
  readonly other: Body;
  readonly body: Body;
}

function readConstraint(constraint: Constraint, number: number, start: number): Relation {
  const [left, right] = [bodyOf(constraint, constraint.left, start), bodyOf(constraint, constraint.right, start)];
  if (!runs(left) && !runs(right)) {
    const size = ({ constant }: Linear): SizeExpression => sumOfSizes(constant);
    return {
      kind: "sizes",
      number,
      left: size(left as Linear),
      right: size(right as Linear),
      span: joinSpans(left.span, right.span),
    };
  }
  if (runs(left) !== runs(right)) {
    const [indices, sizes] = runs(left) ? [constraint.left, constraint.right] : [constraint.right, constraint.left];
    throw messages.mixedConstraint(constraint.text, indices.span, sizes.span);
  }
  const [one, two] = moveNegatives(left, right);
  const [axis, reversed] = [singleIndex(one), singleIndex(two)];
  if (axis === null && reversed !== null) return { kind: "indices", number, axis: reversed, other: two, body: one };
  return { kind: "indices", number, axis, other: one, body: two };
}

function bodyOf({ text }: Constraint, side: ConstraintSide, start: number): Body {
  const span = { start: side.span.start + start, end: side.span.end + start };
  if (side.kind === "composition") return { kind: "product", indices: side.names.map(({ name }) => name), span };
  const linear = linearOf(side.expression, text);
  const { paddingAfter } = side;
  if (paddingAfter && linear.parts.length === 0) throw messages.malformedConstraint(text, paddingAfter.span);
  return { kind: "affine", ...linear, paddingAfter: paddingAfter?.value ?? null, span };
}

function linearOf(expression: ConstraintExpression, text: string): Linear {
  switch (expression.kind) {
    case "name":
      return { parts: [{ index: expression.name, coefficient: integerSize(1) }], constant: [] };
    case "integer":
      return { parts: [], constant: [integerSize(expression.value)] };
    case "size":
      return { parts: [], constant: [{ kind: "size", index: expression.name }] };
    case "sum": {
      const terms = expression.terms.map((term) => scale(linearOf(term.expression, text), integerSize(term.sign)));
      return { parts: terms.flatMap(({ parts }) => parts), constant: terms.flatMap(({ constant }) => constant) };
    }
    case "product": {
      const factors = expression.factors.map((factor) => linearOf(factor, text));
      const [running, second] = factors.filter(({ parts }) => parts.length > 0);
      if (second) throw messages.nonAffineConstraint(text, expression.span);
      const sizes = factors.filter((factor) => factor !== running).map(({ constant }) => sumOfSizes(constant));
      const by = productOfSizes(sizes);
      return running ? scale(running, by) : { parts: [], constant: [by] };
    }
    case "quotient": {
      const [dividend, divisor] = [linearOf(expression.dividend, text), linearOf(expression.divisor, text)];
      if (dividend.parts.length + divisor.parts.length > 0) throw messages.nonAffineConstraint(text, expression.span);
      const [over, under] = [sumOfSizes(dividend.constant), sumOfSizes(divisor.constant)];
      return { parts: [], constant: [{ kind: "quotient", parts: [over, under] }] };
    }
    default:
      return unreachable(expression);
  }
}

function scale({ parts, constant }: Linear, by: SizeExpression): Linear {
  return {
    parts: parts.map(({ index, coefficient }) => ({ index, coefficient: productOfSizes([by, coefficient]) })),
    constant: constant.map((part) => productOfSizes([by, part])),
  };
}

function runs(body: Body): boolean {
  return body.kind === "product" || body.parts.length > 0;
}

/** The index that a side consists of; null if it is anything else. */
function singleIndex(body: Body): string | null {
  if (body.kind === "product" || body.paddingAfter !== null) return null;
  const [part, second] = body.parts;
  if (!part || second || body.constant.length > 0) return null;
  return part.coefficient.kind === "integer" && part.coefficient.value === 1 ? part.index : null;
}

/** Where neither side has a constant or padding, adds to both what one of them subtracts. */
function moveNegatives(left: Body, right: Body): [Body, Body] {
  if (left.kind === "product" || right.kind === "product") return [left, right];
  const [one, two] = [splitSigns(left.parts), splitSigns(right.parts)];
  const isBare = [left, right].every(({ constant, paddingAfter }) => constant.length === 0 && paddingAfter === null);
  const [first, second] = [
    [...one.added, ...two.subtracted],
    [...two.added, ...one.subtracted],
  ];
  if (!isBare || first.length === 0 || second.length === 0) return [left, right];
  return [
    { ...left, parts: first },
    { ...right, parts: second },
  ];
}

function splitSigns(parts: readonly AffineEquationPart[]): {
  added: AffineEquationPart[];
  subtracted: AffineEquationPart[];
} {
  const [added, subtracted]: [AffineEquationPart[], AffineEquationPart[]] = [[], []];
  for (const part of parts) {
    if (!isNegative(part.coefficient)) added.push(part);
    else subtracted.push({ ...part, coefficient: productOfSizes([integerSize(-1), part.coefficient]) });
  }
  return { added, subtracted };
}

/** Whether an expression is written with a minus; sizes themselves are never negative. */
function isNegative(expression: SizeExpression): boolean {
  if (expression.kind === "integer") return expression.value < 0;
  return expression.kind === "product" && expression.parts.some(isNegative);
}

/** In `x = y` either index may be the axis: the one that other constraints say more of is. */
function orientPlain(relations: readonly Relation[]): Relation[] {
  const axes = new Set<string>();
  const isPlain = (relation: IndexRelation): boolean => singleIndex(relation.body) !== null;
  for (const relation of relations) {
    if (relation.kind === "indices" && relation.axis !== null && !isPlain(relation)) axes.add(relation.axis);
  }
  return relations.map((relation) => {
    if (relation.kind === "sizes" || relation.axis === null || axes.has(relation.axis)) return relation;
    const index = singleIndex(relation.body);
    if (index === null || !axes.has(index)) return relation;
    return { ...relation, axis: index, other: relation.body, body: relation.other };
  });
}

/**
 * Axes on which single indices lie somewhere, and the piece that says how long the axis is: of `x = a`, `x = b + |a|`,
 * `x = c + |a| + |b|`, the last. None does where an equation between sizes says it.
 */
function settleAxes(relations: readonly Relation[]): Map<string, IndexRelation | null> {
  const pieces = new Map<string, { readonly offset: number; readonly last: IndexRelation | null }>();
  const settled = new Set<string>();
  for (const relation of relations) {
    if (relation.kind === "sizes") {
      for (const side of [relation.left, relation.right]) if (side.kind === "size") settled.add(side.index);
      continue;
    }
    const { axis, body } = relation;
    if (axis === null || body.kind === "product" || body.parts.length !== 1) continue;
    const offset = body.constant.length;
    if (offset === 0 || body.constant.some(isNegative)) continue;
    const furthest = pieces.get(axis)?.offset ?? 0;
    // Of two pieces with offsets alike, neither is known to come last.
    if (offset >= furthest) pieces.set(axis, { offset, last: offset > furthest ? relation : null });
  }
  const lasts = [...pieces].map(([axis, { last }]) => [axis, last] as const);
  return new Map([...lasts, ...[...settled].map((axis) => [axis, null] as const)]);
}

function balanceOf({ number, left, right, span }: SizeRelation): SizeEquation {
  const place: Place = { span, what: "an equation", side: "input", operand: number };
  return { kind: "balance", left, right, place, axisSize: null };
}

function equationOf(
  relation: IndexRelation,
  axis: string,
  body: Body,
  settled: ReadonlyMap<string, IndexRelation | null>,
): SizeEquation {
  const isNamed = relation.axis !== null;
  const place: Place = {
    span: body.span,
    ...(isNamed && { axisSpan: relation.other.span }),
    what: isNamed ? quote(axis) : "the other side",
    side: "input",
    operand: relation.number,
  };
  const base = { place, axisSize: null, axis };
  if (body.kind === "product") return { kind: "product", indices: body.indices, ...base };
  const { parts, constant, paddingAfter } = body;
  const fit = fitOf(relation, axis, body, settled);
  return { kind: "affine", parts, constant, paddingAfter, fit, ...base };
}

function fitOf(
  relation: IndexRelation,
  axis: string,
  body: Linear,
  settled: ReadonlyMap<string, IndexRelation | null>,
): Fit {
  const indices = new Set(body.parts.map(({ index }) => index));
  const isSplit = body.parts.some(({ coefficient }) => sizesIn(coefficient).some((index) => indices.has(index)));
  if (isSplit || relation.axis === null) return "exact";
  if (body.parts.length > 1 || !settled.has(axis)) return "window";
  return settled.get(axis) === relation ? "placed" : "inside";
}
