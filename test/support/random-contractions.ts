/**
 * Random contractions: a spec as text with options and operands, and beside it the contraction that it means, built
 * here from the design's words and not by `src`.
 *
 * Invariant: `randomContraction(seed)` depends on its seed alone.
 */
import { type Access, type Combination, type Contraction, type Reduction } from "../../src/ir/contraction.ts";
import { resultDtype } from "../../src/ir/algebra.ts";
import { constantAffine } from "../../src/affine/affine.ts";
import { promote } from "../../src/ir/dtype.ts";
import { divideBy, VALUE } from "../../src/ir/elementwise.ts";
import { termOf } from "../../src/ir/product.ts";
import { rowMajorStrides } from "../../src/ir/tensor.ts";
import {
  EMPTY_ELLIPSIS,
  affineAxis,
  compositionAxis,
  ellipsisAxis,
  plainAxis,
  presentAxes,
  unitAxis,
  type Params,
  type RandomAxis,
  type RandomIndex,
} from "./random-axes.ts";
import { randomDtypes, randomOperands, randomOperators, type RandomOperand } from "./random-operands.ts";
import { seededRandom, type Random } from "./random.ts";

export interface RandomContraction {
  readonly seed: number;
  readonly spec: string;
  readonly operands: readonly RandomOperand[];
  readonly options: RandomOptions;
  /** What the spec means. */
  readonly contraction: Contraction;
}

export interface RandomOptions {
  readonly sizes?: Record<string, number>;
  readonly params?: Record<string, number>;
  readonly notation?: "compact" | "named";
  readonly outputShape?: readonly number[];
  readonly reduce?: Reduction;
  readonly combine?: Combination;
}

const MOST_POINTS = 3000;
const LETTERS = [..."ijklmnabxyzABé"];
/** Names that emitted code might trip over are among them. */
const WORDS = [..."row col b oc kx ky out a acc0 constructor __proto__ Math for i x1 größe".split(" ")];
const PARAMETERS = ["s", "d", "p", "q"];

/** Makes the contraction of a seed. */
export function randomContraction(seed: number): RandomContraction {
  const random = seededRandom(seed);
  for (;;) {
    const made = attempt(random, seed);
    if (made) return made;
  }
}

/** The choices made for one spec. */
interface Draft {
  readonly random: Random;
  readonly named: boolean;
  readonly indices: readonly RandomIndex[];
  readonly ellipsis: readonly RandomIndex[];
  readonly params: Params;
}

/** Undefined where the choices make no small, valid contraction. */
function attempt(random: Random, seed: number): RandomContraction | undefined {
  const draft = draftOf(random);
  const terms = settleBroadcasts(makeTerms(draft));
  const output = makeOutput(draft, terms);
  const used = distinct([...output.axes, ...terms.flat()].flatMap(({ indices }) => indices));
  if (used.reduce((points, { size }) => points * Math.max(1, size), 1) > MOST_POINTS) return undefined;
  const sizes = sizesToGive(draft, terms.flat(), output.axes, used);
  const dtypes = randomDtypes(random, terms.length);
  const { reduce, combine } = randomOperators(random, dtypes);
  const shapes = terms.map((axes) => presentAxes(axes).map(({ size }) => size));
  if (shapes.some((shape) => shape.reduce((count, size) => count * size, 1) > MOST_POINTS)) return undefined;
  const operands = randomOperands(random, shapes, dtypes, reduce);
  const outputAxes = presentAxes(output.axes);
  const outputShape = outputAxes.map(({ size }) => size);
  const asked = outputAxes.some(({ inferred, size }) => inferred !== size);
  const written = terms.map((axes) => writeTerm(draft, axes));
  const spec = written.join(random.pick([",", ", "])) + (output.implicit ? "" : `->${writeTerm(draft, output.axes)}`);
  const options: RandomOptions = {
    ...(sizes.size > 0 && { sizes: Object.fromEntries(sizes) }),
    ...(draft.params.size > 0 && { params: Object.fromEntries(draft.params) }),
    ...(needsNotation(draft, [...terms, output.axes]) && { notation: "named" as const }),
    ...((asked || random.chance(0.05)) && { outputShape }),
    ...(reduce !== "sum" && { reduce }),
    ...(combine !== "mul" && { combine }),
  };
  const contraction = meaning(operands, terms, output.axes, used, { reduce, combine });
  return { seed, spec, operands, options, contraction };
}

function draftOf(random: Random): Draft {
  const named = random.chance(0.5);
  const names = random.shuffle(named ? WORDS : LETTERS);
  const index = (name: string): RandomIndex => ({ name, size: randomSize(random) });
  return {
    random,
    named,
    indices: names.slice(0, random.integer(1, 6)).map(index),
    ellipsis: ["...0", "...1"].slice(random.integer(0, 2)).map(index),
    params: new Map(),
  };
}

function randomSize(random: Random): number {
  if (random.chance(0.03)) return 0;
  if (random.chance(0.12)) return 1;
  return random.chance(0.1) ? random.integer(6, 17) : random.integer(2, 5);
}

function makeTerms(draft: Draft): RandomAxis[][] {
  const { random } = draft;
  const count = random.pick([1, 1, 2, 2, 2, 2, 3, 3, 4, 5]);
  const withEllipsis = draft.ellipsis.length > 0 || random.chance(0.05);
  return Array.from({ length: count }, () => {
    const rank = random.pick([0, 1, 1, 2, 2, 2, 3, 3, 4]);
    const plainOnly = random.chance(0.5);
    const axes = Array.from({ length: rank }, () => makeAxis(draft, plainOnly));
    if (withEllipsis && random.chance(0.7)) axes.splice(random.integer(0, rank), 0, makeEllipsis(draft));
    return axes.flat();
  });
}

function makeAxis(draft: Draft, plainOnly: boolean): RandomAxis[] {
  const { random, indices, params } = draft;
  const kind = plainOnly ? 0 : random.integer(0, 9);
  if (kind <= 5) {
    const index = random.pick(indices);
    return [plainAxis(index, random.chance(0.1) ? 1 : index.size)];
  }
  if (kind === 6) return [unitAxis(draft.named && random.chance(0.3) ? "1" : "()")];
  const some = random.shuffle(indices).slice(0, random.integer(1, 3));
  if (kind === 7 && some.length > 1) return [compositionAxis(some, [])];
  return [affineAxis(random, some, params, { parameterNames: PARAMETERS, side: "input" })];
}

/** The axes that one `...` stands for in an operand: the last of them, each of them whole or of size 1. */
function makeEllipsis({ random, ellipsis }: Draft): RandomAxis[] {
  const covered = ellipsis.slice(random.integer(0, ellipsis.length));
  if (covered.length === 0) return [EMPTY_ELLIPSIS];
  return covered.map((index, at) => ellipsisAxis(at === 0 ? "..." : "", index, random.chance(0.2) ? 1 : index.size));
}

/**
 * An axis of size 1 repeats along an index only where some operand has the index whole, and not in a term that
 * repeats the index; elsewhere it becomes whole. An ellipsis that stands for no axis leaves its text alone.
 */
function settleBroadcasts(terms: readonly (readonly RandomAxis[])[]): RandomAxis[][] {
  const isWhole = ({ kind, indices: [index], size }: RandomAxis, name: string): boolean =>
    (kind === "plain" || kind === "ellipsis") && index?.name === name && size === index.size;
  const repair = (axis: RandomAxis, term: readonly RandomAxis[]): RandomAxis => {
    const [index] = axis.indices;
    if ((axis.kind !== "plain" && axis.kind !== "ellipsis") || !index || axis.size === index.size) return axis;
    const repeated = term.filter(({ indices }) => indices.some(({ name }) => name === index.name)).length > 1;
    const anchored = terms.flat().some((other) => isWhole(other, index.name));
    if (anchored && !repeated) return axis;
    return axis.kind === "plain" ? plainAxis(index) : ellipsisAxis(axis.text === "..." ? "..." : "", index);
  };
  return terms.map((term) => term.map((axis) => repair(axis, term)));
}

interface RandomOutput {
  readonly axes: readonly RandomAxis[];
  readonly implicit: boolean;
}

function makeOutput(draft: Draft, terms: readonly (readonly RandomAxis[])[]): RandomOutput {
  const { random, params } = draft;
  const axes = terms.flat();
  const ellipsis = draft.ellipsis.filter(({ name }) => axes.some((axis) => axis.indices[0]?.name === name));
  const hasEllipsis = axes.some(({ kind }) => kind === "ellipsis");
  const oneLetter = axes.every(({ kind, indices: [index] }) => kind === "ellipsis" || isLetter(kind, index));
  const whole =
    ellipsis.length > 0 ? ellipsis.map((index, at) => ellipsisAxis(at === 0 ? "..." : "", index)) : [EMPTY_ELLIPSIS];
  if (oneLetter && random.chance(0.2)) {
    const names = axes.filter(({ kind }) => kind === "plain").map(({ indices: [index] }) => index as RandomIndex);
    const once = names.filter(({ name }) => names.filter((other) => other.name === name).length === 1);
    const sorted = once.sort((left, right) => (left.name < right.name ? -1 : 1));
    return { axes: [...(hasEllipsis ? whole : []), ...sorted.map((index) => plainAxis(index))], implicit: true };
  }
  const known = distinct(axes.flatMap(({ indices }) => indices)).filter(({ name }) => !name.startsWith("."));
  const kept = random.shuffle(known).slice(0, random.integer(0, known.length));
  if (random.chance(0.05)) kept.push(...draft.indices.filter((index) => !known.includes(index)).slice(0, 1));
  const groups: RandomAxis[][] = [];
  for (let left = kept; left.length > 0;) {
    const count = random.chance(0.8) ? 1 : Math.min(left.length, random.integer(1, 3));
    const taken = left.slice(0, count);
    left = left.slice(count);
    if (count > 1 && random.chance(0.5)) groups.push([compositionAxis(taken, [])]);
    else if (count > 1 || random.chance(0.12)) {
      groups.push([affineAxis(random, taken, params, { parameterNames: PARAMETERS, side: "output" })]);
    } else groups.push(taken.map((index) => plainAxis(index)));
  }
  if (hasEllipsis && random.chance(0.7)) {
    const merged = random.chance(0.15);
    groups.splice(random.integer(0, groups.length), 0, merged ? [compositionAxis(["..."], ellipsis)] : whole);
  }
  if (random.chance(0.1)) groups.splice(random.integer(0, groups.length), 0, [unitAxis("()")]);
  if (known.length > 0 && random.chance(0.08)) {
    const again = random.pick(known);
    groups.push([affineAxis(random, [again], params, { parameterNames: PARAMETERS, side: "output" })]);
  }
  return { axes: groups.flat(), implicit: false };
}

function isLetter(kind: RandomAxis["kind"], index: RandomIndex | undefined): boolean {
  return kind === "plain" && index !== undefined && [...index.name].length === 1;
}

/** A named spec is known by two names side by side; others say so. */
function needsNotation({ random, named }: Draft, terms: readonly (readonly RandomAxis[])[]): boolean {
  const evident = terms.some((axes) => axes.filter(({ kind }) => kind === "plain").length > 1);
  return named && (!evident || random.chance(0.3));
}

/**
 * The sizes that `options.sizes` must hold: of indices that no plain axis has whole and that cannot be solved for from
 * one equation alone, and of one index of every axis that declares its padding so.
 */
function sizesToGive(
  { random }: Draft,
  inputs: readonly RandomAxis[],
  output: readonly RandomAxis[],
  used: readonly RandomIndex[],
): Map<string, number> {
  const sizes = new Map<string, number>();
  const give = ({ name, size }: RandomIndex): void => void sizes.set(name, size);
  const isSimple = ({ kind }: RandomAxis): boolean => kind === "plain" || kind === "ellipsis";
  const known = new Set(inputs.filter(isSimple).flatMap(({ indices }) => indices.map(({ name }) => name)));
  for (const axis of inputs) if (axis.needsSizes) give(random.pick(axis.indices));
  for (const index of used) {
    if (known.has(index.name) || sizes.has(index.name)) continue;
    const holds = ({ indices }: RandomAxis): boolean => indices.some(({ name }) => name === index.name);
    const [equation, ...others] = inputs.filter(holds);
    const isSolvable =
      equation?.determines.includes(index.name) === true &&
      others.length === 0 &&
      !output.some((axis) => holds(axis) && !isSimple(axis)) &&
      equation.indices.every(({ name }) => name === index.name || known.has(name) || sizes.has(name));
    if (isSolvable && random.chance(0.7)) known.add(index.name);
    else give(index);
  }
  for (const index of used) if (random.chance(0.03) && !index.name.startsWith(".")) give(index);
  return sizes;
}

function writeTerm({ random, named }: Draft, axes: readonly RandomAxis[]): string {
  const written = axes.map(({ text }) => text).filter((text) => text !== "");
  return written.join(named ? random.pick([" ", "  "]) : "");
}

/** Builds the contraction from the axes. */
function meaning(
  operands: readonly RandomOperand[],
  terms: readonly (readonly RandomAxis[])[],
  output: readonly RandomAxis[],
  used: readonly RandomIndex[],
  { reduce, combine }: { readonly reduce: Reduction; readonly combine: Combination },
): Contraction {
  const accessOf = (tensor: Access["tensor"], axes: readonly RandomAxis[]): Access => ({
    tensor,
    axes: presentAxes(axes).map(({ expression, padded }) => ({ expression, padded })),
  });
  const kept = new Set(output.flatMap(({ indices }) => indices.map(({ name }) => name)));
  const indices = used.map(({ name, size }) => ({ name, size, reduced: !kept.has(name) }));
  const dtype = resultDtype(reduce, operands.map((operand) => operand.dtype).reduce(promote));
  const shape = presentAxes(output).map(({ size }) => size);
  const reads = operands.map(({ dtype: own, shape: ownShape, strides, offset }, at) =>
    accessOf({ name: `operand ${at}`, dtype: own, shape: ownShape, strides, offset }, terms[at] ?? []),
  );
  const written = accessOf({ name: "the output", dtype, shape, strides: rowMajorStrides(shape), offset: 0 }, output);
  return withOperators({ indices, reads, output: written, dtype }, combine, reduce);
}

/** What a contraction means whose operands are combined and reduced so. */
export function withOperators(
  given: Pick<Contraction, "indices" | "reads" | "output" | "dtype">,
  combine: Combination,
  reduce: Reduction,
): Contraction {
  const { indices, reads, output, dtype } = given;
  const operator = reduce === "mean" ? "sum" : reduce;
  const count = indices.reduce((product, { size, reduced }) => (reduced ? product * size : product), 1);
  return {
    indices,
    reads,
    output,
    term: termOf(combine, operator, reads, dtype),
    reduce: operator,
    finish: reduce === "mean" ? divideBy(constantAffine(count)) : VALUE,
    dtype,
  };
}

function distinct(indices: readonly RandomIndex[]): RandomIndex[] {
  return [...new Map(indices.map((index) => [index.name, index])).values()];
}
