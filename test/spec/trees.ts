/**
 * Trees of specs for tests: stripped of text and spans, so that two can be compared, and made at random.
 *
 * Invariant: a random tree is one that the parser could have made, so printing and parsing must give it back.
 */
import fc from "fast-check";
import type {
  AffineAxis,
  AxisExpression,
  EinsumSpec,
  EllipsisAxis,
  Factor,
  IndexAxis,
  Notation,
  Term,
} from "../../src/spec/ast.ts";

const span = { start: 0, end: 0 };

/** A copy of a tree in which every span and text is the same. */
export function withoutPlaces<T>(node: T): T {
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) => (key === "span" ? span : key === "text" ? "" : value)),
  ) as T;
}

const LETTERS = ["i", "j", "k", "B", "β", "é", "ß", "名", "א", "𝒜"];
const SYMBOLS = ["×", "÷", "\u0301", "\u0344", "\u037e", "\u0378", "\u200d", "Å", "🙂", "…", "−", "﹢", "\u{10ffff}"];
const WORDS = [
  "ow",
  "c_in",
  "_",
  "__proto__",
  "constructor",
  "class",
  "naïve",
  "i1",
  "名前",
  "toString",
  "e\u0323\u0302x",
];

const anyLetter = fc
  .integer({ min: 0, max: 0x10ffff })
  .map((code) => String.fromCodePoint(code))
  .filter((character) => /^(?=\p{ID_Start})\p{L}$/u.test(character));
const letter = fc.oneof(fc.constantFrom(...LETTERS), anyLetter);
/** Whatever the compact notation takes for an index: letters, and from U+00C0 on all but space, arrows, half pairs. */
const symbol = fc.oneof(
  letter,
  fc.constantFrom(...SYMBOLS),
  fc
    .oneof(fc.integer({ min: 0xc0, max: 0x3000 }), fc.integer({ min: 0xc0, max: 0x10ffff }))
    .map((code) => String.fromCodePoint(code))
    .filter((character) => !/[\s\ud800-\udfff←-⇿⟰-⟿⤀-⥿\u{1f800}-\u{1f8ff}]/u.test(character)),
);
const word = fc.oneof(fc.constantFrom(...WORDS), fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,5}$/), letter);

/** Any spec of a notation. */
export function anySpec(notation: Notation): fc.Arbitrary<EinsumSpec> {
  const name = notation === "compact" ? symbol : word.map((text) => text.normalize("NFC"));
  return fc.record({
    text: fc.constant(""),
    notation: fc.constant(notation),
    operands: fc.array(anyTerm(name, "operand"), { minLength: 1, maxLength: 4 }),
    output: fc.option(anyTerm(name, "output")),
  });
}

function anyTerm(name: fc.Arbitrary<string>, place: "operand" | "output"): fc.Arbitrary<Term> {
  return fc.array(anyAxis(name, place), { maxLength: 5 }).map((axes) => ({ axes: axes.filter(isFirstEllipsis), span }));
}

/** Keeps the first of the axes that hold an ellipsis. */
function isFirstEllipsis(axis: AxisExpression, position: number, axes: readonly AxisExpression[]): boolean {
  return !hasEllipsis(axis) || axes.findIndex(hasEllipsis) === position;
}

function hasEllipsis(axis: AxisExpression): boolean {
  return (
    axis.kind === "ellipsis" || (axis.kind === "composition" && axis.parts.some(({ kind }) => kind === "ellipsis"))
  );
}

function anyAxis(name: fc.Arbitrary<string>, place: "operand" | "output"): fc.Arbitrary<AxisExpression> {
  const index = name.map((text): IndexAxis => ({ kind: "index", name: text, span }));
  const ellipsis: EllipsisAxis = { kind: "ellipsis", span };
  const composition = (parts: readonly (IndexAxis | EllipsisAxis)[]): AxisExpression => ({
    kind: "composition",
    parts,
    span,
  });
  const merged = fc
    .tuple(fc.array(index, { maxLength: 2 }), fc.array(index, { maxLength: 2 }))
    .map(([before, after]) => composition([...before, ellipsis, ...after]));
  const scattered = name.map((text): AxisExpression => affineOf([{ kind: "name", name: text, span }]));
  return fc.oneof(
    { weight: 4, arbitrary: index },
    fc.constant<AxisExpression>(ellipsis),
    fc.constant<AxisExpression>({ kind: "unit", span }),
    fc.array(index, { minLength: 2, maxLength: 4 }).map(composition),
    { weight: 3, arbitrary: anyAffine(name) },
    ...(place === "output" ? [merged, scattered] : []),
  );
}

function affineOf(factors: readonly Factor[]): AffineAxis {
  return { kind: "affine", parts: [{ sign: 1, factors, span }], paddingAfter: null, span };
}

function anyAffine(name: fc.Arbitrary<string>): fc.Arbitrary<AffineAxis> {
  const value = fc.oneof(fc.nat(12), fc.maxSafeNat());
  const factor: fc.Arbitrary<Factor> = fc.oneof(
    name.map((text): Factor => ({ kind: "name", name: text, span })),
    name.map((text): Factor => ({ kind: "size", name: text, span })),
    value.map((integer): Factor => ({ kind: "integer", value: integer, span })),
  );
  return fc
    .record({
      kind: fc.constant("affine" as const),
      parts: fc.array(
        fc.record({
          sign: fc.constantFrom<1 | -1>(1, -1),
          factors: fc.array(factor, { minLength: 1, maxLength: 3 }),
          span: fc.constant(span),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      paddingAfter: fc.option(value.map((integer) => ({ kind: "integer" as const, value: integer, span }))),
      span: fc.constant(span),
    })
    .filter(isExpression);
}

/** Whether an expression is more than `(i)` or `(1)`, which mean the plain index and the unit axis. */
function isExpression({ parts, paddingAfter }: AffineAxis): boolean {
  const [part, second] = parts;
  const [factor, another] = part?.factors ?? [];
  if (second || another || paddingAfter || part?.sign === -1) return true;
  return factor?.kind === "size" || (factor?.kind === "integer" && factor.value !== 1);
}
