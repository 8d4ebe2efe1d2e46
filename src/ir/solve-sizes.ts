/**
 * Sizes solved for in every direction, without compiling anything: those of a spec whose shapes are known in part, and
 * those of constraints between indices or sizes.
 */
import { inferSizesOf, type InferredSizes } from "../affine/infer-sizes.ts";
import { iteratedBy, type Place } from "../affine/equation.ts";
import { strictness } from "../affine/strict.ts";
import type { SizeChoice } from "../affine/system.ts";
import { published, required } from "../support/errors.ts";
import { textOfPieces } from "../support/carets.ts";
import { copyOf, isRecord, readOptions } from "../support/read.ts";
import * as messages from "../support/messages/constraints.ts";
import { invalidOption, operandCount } from "../support/messages/options.ts";
import type { Notation } from "../spec/ast.ts";
import { misreading, namesIn } from "../spec/names.ts";
import { parseSpec } from "../spec/parser.ts";
import { equationsOfConstraints } from "./constraints.ts";
import { checkIntegers, checkPartialShape } from "./options.ts";
import { equationsOfSpec } from "./spec-equations.ts";

/** How one size was found. */
export interface SizeStep {
  /** 0: given; 1 and on: in this round. */
  readonly round: number;
  readonly name: string;
  readonly size: number;
  /** The axis or the constraint that gave it; "given" if none did. */
  readonly from: string;
}

/** Sizes, and how they were found. */
export interface SolvedSizes {
  readonly sizes: Record<string, number>;
  /** In the order in which they were found. */
  readonly steps: readonly SizeStep[];
  /** Where other sizes would have done as well: the smallest axis is taken, and the window that reads all of it. */
  readonly choices: readonly SizeChoice[];
}

/** The sizes of a spec. */
export interface SpecSizes extends SolvedSizes {
  /** One shape per operand, every size known. */
  readonly shapes: readonly (readonly number[])[];
  readonly outputShape: readonly number[];
}

export interface InferSizesOptions {
  /** Sizes of indices. Reads that such a size takes out of their axis are declared padding, as in `einsum`. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** Sizes of the output's axes; null leaves one to inference. */
  readonly outputShape?: readonly (number | null)[] | undefined;
  /** Values of the names in the spec that are integers, not indices. */
  readonly params?: Readonly<Record<string, number>> | undefined;
  /** Forces a notation; by default the spec's spaces tell. */
  readonly notation?: Notation | undefined;
}

const OPTION_NAMES = Object.keys({
  sizes: 0,
  outputShape: 0,
  params: 0,
  notation: 0,
} satisfies Record<keyof InferSizesOptions, 0>);

/**
 * Infers all sizes of a spec from those that are known: `shapes` has one list per operand, and null stands for a size
 * that is not. Any size may be the unknown one: of the output, of an operand, or of a window.
 *
 * Stricter than `einsum`, which may leave the end of an axis unread: an axis longer than its expression needs, by a
 * stride or more, is refused. So are conflicts, sizes that nothing determines, splits that do not divide, and windows
 * larger than their axis and its padding. Where an axis of unknown size could have several, the smallest is taken.
 *
 * @throws EinsumError
 */
export const inferSizes = /* @__PURE__ */ published(function inferSizes(
  spec: string,
  shapes: readonly (readonly (number | null)[])[],
  given: InferSizesOptions = {},
): SpecSizes {
  const options = readOptions(given, OPTION_NAMES);
  const { notation, outputShape } = options;
  const parsed = parseSpec(spec, notation === undefined ? {} : { notation });
  const listed = copyOf(shapes);
  if (!Array.isArray(listed)) throw invalidOption("shapes", shapes, "a list with one shape per operand");
  if (listed.length !== parsed.operands.length)
    throw operandCount(parsed.operands.length, listed.length, misreading(parsed));
  const sizes = checkIntegers(options.sizes, "sizes", 0, parsed.notation);
  const {
    spec: read,
    inputs,
    outputs,
  } = equationsOfSpec(parsed, {
    shapes: listed.map((shape, operand) => checkPartialShape(shape, `shapes[${operand}]`)),
    outputShape: outputShape === undefined ? undefined : checkPartialShape(outputShape, "outputShape"),
    sizes,
    params: checkIntegers(options.params, "params", -Infinity, parsed.notation),
  });
  const equations = [...inputs.flat(), ...outputs];
  const kept = new Set(outputs.flatMap(iteratedBy));
  const inferred = inferSizesOf(read.text, equations, sizes, strictness(kept));
  const known = namesIn([...read.operands, ...(read.output ? [read.output] : [])]);
  const fromOf = ({ span, what }: Place): string => `${what}, ${read.text.slice(span.start, span.end)}`;
  const steps = stepsOf(inferred, fromOf).filter(({ name }) => known.has(name));
  let next = 0;
  const shapeOf = (axes: readonly unknown[]): number[] =>
    axes.map(() => required(inferred.axisSizes[next++], "the size of an axis"));
  return {
    sizes: Object.fromEntries([...inferred.sizes].filter(([name]) => known.has(name))),
    shapes: inputs.map(shapeOf),
    outputShape: shapeOf(outputs),
    steps,
    choices: inferred.choices,
  };
});

/**
 * Solves constraints for all sizes that are not known. A constraint is an equation
 *
 * - between indices: `x = 2*y + k` says that x runs over what `2*y + k` needs, so `|x| = 2*(|y|-1) + (|k|-1) + 1`, or one
 *   more, which a stride of 2 leaves unread; `x = (h w)` is a composition; `- p` and `- lo : hi` declare padding, as in
 *   a spec;
 * - between sizes: `|d| = |a| + 2*|c|`, with sums, products and floor division, `|k|//2`.
 *
 * The order of the constraints decides nothing. What is written first in an expression is what steps over the axis: its
 * coefficient is the stride. A single index with an offset, `kj = j + |k|`, says where in its axis it lies.
 *
 * @throws EinsumError for conflicts, what nothing determines, and what has no whole solution.
 */
export const solveSizes = /* @__PURE__ */ published(function solveSizes(
  constraints: readonly string[],
  known: Readonly<Record<string, number>>,
): Record<string, number> {
  return deriveSizes(constraints, known).sizes;
});

/** As `solveSizes`; also tells which constraint gave which size, and where others would have done. */
export const deriveSizes = /* @__PURE__ */ published(function deriveSizes(
  constraints: readonly string[],
  known: Readonly<Record<string, number>>,
): SolvedSizes {
  const texts = checkConstraints(constraints);
  const given = checkKnown(known);
  const { equations, unnamed } = equationsOfConstraints(texts, new Set(given.keys()));
  const inferred = inferSizesOf(textOfPieces(texts), equations, given, strictness(new Set()));
  const fromOf = ({ operand }: Place): string => required(texts[operand], "a constraint");
  const hasName = ({ name }: { readonly name: string }): boolean => !unnamed.has(name);
  return {
    sizes: Object.fromEntries([...inferred.sizes].filter(([name]) => !unnamed.has(name))),
    steps: stepsOf(inferred, fromOf).filter(hasName),
    choices: inferred.choices.filter(hasName),
  };
});

function checkConstraints(constraints: unknown): readonly string[] {
  const texts = copyOf(constraints, 1);
  if (!Array.isArray(texts)) throw messages.constraintsNotList(constraints);
  return texts.map((text: unknown) => {
    if (typeof text !== "string") throw messages.constraintNotText(text);
    return text;
  });
}

function checkKnown(given: unknown): Map<string, number> {
  const known = copyOf(given, 1);
  if (!isRecord(known)) throw messages.knownNotObject(known);
  return new Map(
    Object.entries(known).map(([name, size]: [string, unknown]) => {
      if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 0)
        throw messages.invalidKnownSize(name, size);
      return [name.normalize("NFC"), size + 0];
    }),
  );
}

/** The derivation of all sizes, in the order in which they were found. */
export function stepsOf(
  { sizes, sources, rounds }: InferredSizes,
  fromOf: (place: Place) => string,
): readonly SizeStep[] {
  return [...sources].map(([name, source]) => ({
    round: rounds.get(name) ?? (source ? 1 : 0),
    name,
    size: required(sizes.get(name), `the size of ${name}`),
    from: source ? fromOf(source.place) : "given",
  }));
}
