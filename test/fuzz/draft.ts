/**
 * A draft says how a contraction is written: indices with sizes, the axes of every term, dtypes, layouts, values. From it
 * follow the spec as text with options and operands, and what they mean, each by itself: nothing of `src` is asked. A draft
 * is plain data, so that a failing one can be made smaller, axis by axis.
 *
 * Invariant: `buildCase` gives undefined for a draft that no valid call follows from, and looks at nothing but the draft.
 */
import { seededRandom, type Random } from "../support/random.ts";
import { arrayFrom, isFloat, promoteTwo, randomValue, type Dtype, type Filling, type Numbers } from "./numbers.ts";

export type Reduce = "sum" | "max" | "min" | "prod" | "mean" | "any" | "all";
export type Combine = "mul" | "add" | "min" | "max" | "and" | "or";

export const REDUCES: readonly Reduce[] = ["sum", "max", "min", "prod", "mean", "any", "all"];
export const COMBINES: readonly Combine[] = ["mul", "add", "min", "max", "and", "or"];

export interface DraftIndex {
  readonly name: string;
  readonly size: number;
}

/** A factor of a part of an expression: an integer, a parameter, or the size of an index. */
export type Factor =
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "param"; readonly name: string }
  | { readonly kind: "size"; readonly index: string };

/** `- 2*s*k`, or a constant where it has no index. */
export interface Part {
  readonly sign: 1 | -1;
  readonly factors: readonly Factor[];
  readonly index?: string;
}

export type DraftAxis =
  | { readonly kind: "plain"; readonly index: string; readonly one: boolean }
  | { readonly kind: "unit"; readonly text: "()" | "1" }
  | { readonly kind: "merged"; readonly indices: readonly string[] }
  /** The last so many indices of the draft's ellipsis, those of `ones` of size 1; `merged` writes `(...)`. */
  | { readonly kind: "ellipsis"; readonly count: number; readonly ones: readonly boolean[]; readonly merged?: boolean }
  | {
      readonly kind: "affine";
      readonly parts: readonly Part[];
      /** What is declared behind a colon. */
      readonly after?: number;
      /** Elements behind the last one that is reached; of an axis that is `loose`, its size. */
      readonly slack: number;
      /** Whether padding is declared by giving the size of the first index. */
      readonly loose: boolean;
    };

export interface DraftOperand {
  readonly axes: readonly DraftAxis[];
  readonly dtype: Dtype;
  readonly layout: "row" | "view" | "window";
  readonly filling: Filling;
  /** Decides the layout and the values. */
  readonly seed: number;
}

export interface Draft {
  readonly named: boolean;
  readonly sayNotation: boolean;
  readonly indices: readonly DraftIndex[];
  /** The indices that `...` stands for, outermost first. */
  readonly ellipsis: readonly DraftIndex[];
  readonly params: Readonly<Record<string, number>>;
  readonly operands: readonly DraftOperand[];
  /** Null where the spec has no arrow. */
  readonly output: readonly DraftAxis[] | null;
  /** Indices whose sizes are given though nothing asks for them. */
  readonly given: readonly string[];
  readonly sayShape: boolean;
  readonly reduce: Reduce;
  readonly combine: Combine;
}

/** An axis as a function of the indices: their coefficients, in the order of `Meaning.sizes`, and a constant. */
export interface MeantAxis {
  readonly coefficients: readonly number[];
  readonly constant: number;
  readonly size: number;
}

export interface Meaning {
  readonly names: readonly string[];
  readonly sizes: readonly number[];
  /** Whether the index is in the output. */
  readonly kept: readonly boolean[];
  readonly operands: readonly (readonly MeantAxis[])[];
  readonly output: readonly MeantAxis[];
  readonly reduce: Reduce;
  readonly combine: Combine;
  /** What is computed in, and the result's. */
  readonly dtype: Dtype;
}

export interface CaseOperand {
  readonly data: Numbers;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
  readonly dtype: Dtype;
}

export interface CaseOptions {
  readonly sizes?: Record<string, number>;
  readonly params?: Record<string, number>;
  readonly notation?: "compact" | "named";
  readonly outputShape?: readonly number[];
  readonly reduce?: Reduce;
  readonly combine?: Combine;
}

/** A call, and what it means. */
export interface Case {
  /** What it was made from. */
  readonly draft: Draft;
  readonly spec: string;
  readonly operands: readonly CaseOperand[];
  readonly options: CaseOptions;
  readonly meaning: Meaning;
}

/** One axis that a draft axis became: what it reads of which size, and whether that determines an index. */
interface BuiltAxis {
  readonly from: DraftAxis;
  readonly indices: readonly string[];
  readonly coefficients: ReadonlyMap<string, number>;
  readonly constant: number;
  readonly size: number;
  /** The size that an axis of the output has unless the caller says otherwise. */
  readonly inferred: number | null;
  /** An index whose size follows from that of the axis, where all others are known. */
  readonly determines: readonly string[];
}

const MOST_POINTS = 2_000;
/** Of an array: products of sizes in expressions make axes that are much longer than what is read of them. */
const MOST_ELEMENTS = 1_000_000;

/** The call that a draft stands for; undefined where it is not valid, or has more points or elements than these. */
export function buildCase(draft: Draft, mostPoints = MOST_POINTS): Case | undefined {
  const sizeOf = new Map([...draft.indices, ...draft.ellipsis].map(({ name, size }) => [name, size]));
  const terms = draft.operands.map(({ axes }) =>
    axes.flatMap((axis) => buildAxis(draft, axis, sizeOf, "input") ?? null),
  );
  const built = terms.map((axes) => axes.filter((axis) => axis !== null));
  if (terms.some((axes) => axes.includes(null))) return undefined;
  const outputAxes = draft.output ?? impliedOutput(draft);
  const output: BuiltAxis[] = [];
  for (const axis of outputAxes) {
    const made = buildAxis(draft, axis, sizeOf, "output");
    if (!made) return undefined;
    output.push(...made);
  }
  const inputs = built.flat();
  // Points meet in this order: where several are the extreme, it says which is the first.
  const names = [...new Set([...output, ...inputs].flatMap(({ indices }) => indices))];
  const sizes = names.map((name) => sizeOf.get(name) as number);
  if (sizes.reduce((points, size) => points * Math.max(1, size), 1) > mostPoints) return undefined;
  const elementsOf = (axes: readonly BuiltAxis[]): number => axes.reduce((count, { size }) => count * size, 1);
  if ([...built, output].some((axes) => elementsOf(axes) > MOST_ELEMENTS)) return undefined;
  if (repeatsPlainly(outputAxes) || !hasEllipses(draft, outputAxes)) return undefined;
  const given = sizesToGive(draft, built, output, sizeOf);
  if (!given || !broadcastsSoundly(built, given, sizeOf)) return undefined;

  const meant = ({ coefficients, constant, size }: BuiltAxis): MeantAxis => {
    return { coefficients: names.map((name) => coefficients.get(name) ?? 0), constant, size };
  };
  const keptNames = new Set(output.flatMap(({ indices }) => indices));
  const promoted = draft.operands.map(({ dtype }) => dtype).reduce(promoteTwo);
  const dtype = draft.reduce === "mean" && !isFloat(promoted) ? "float64" : promoted;
  const shape = output.map(({ size }) => size);
  const needsShape = draft.sayShape || output.some(({ size, inferred }) => size !== inferred);
  const meaning: Meaning = {
    names,
    sizes,
    kept: names.map((name) => keptNames.has(name)),
    operands: built.map((axes) => axes.map(meant)),
    output: output.map(meant),
    reduce: draft.reduce,
    combine: draft.combine,
    dtype,
  };
  return {
    draft,
    spec: writeSpec(draft),
    operands: draft.operands.map((operand, at) =>
      makeOperand(
        operand,
        (built[at] ?? []).map(({ size }) => size),
      ),
    ),
    options: {
      ...(given.size > 0 && { sizes: Object.fromEntries(given) }),
      ...(Object.keys(draft.params).length > 0 && { params: { ...draft.params } }),
      ...(needsNotation(draft) && { notation: draft.named ? "named" : "compact" }),
      ...(needsShape && { outputShape: shape }),
      ...(draft.reduce !== "sum" && { reduce: draft.reduce }),
      ...(draft.combine !== "mul" && { combine: draft.combine }),
    },
    meaning,
  };
}

/** NumPy's: the ellipsis, then the indices that occur once, in the order of their code points. */
function impliedOutput({ operands, ellipsis }: Draft): DraftAxis[] {
  const axes = operands.flatMap(({ axes }) => axes);
  const names = axes.flatMap((axis) => (axis.kind === "plain" ? [axis.index] : []));
  const once = names.filter((name) => names.indexOf(name) === names.lastIndexOf(name)).sort();
  const counts = axes.flatMap((axis) => (axis.kind === "ellipsis" ? [axis.count] : []));
  const covered = Math.max(...counts, 0);
  return [
    ...(counts.length > 0 ? [{ kind: "ellipsis" as const, count: covered, ones: ellipsis.map(() => false) }] : []),
    ...once.map((index): DraftAxis => ({ kind: "plain", index, one: false })),
  ];
}

/** The axes that a draft axis stands for; null where it is not valid. */
function buildAxis(
  draft: Draft,
  axis: DraftAxis,
  sizeOf: ReadonlyMap<string, number>,
  side: "input" | "output",
): BuiltAxis[] | null {
  const exact = (name: string, isOne: boolean): BuiltAxis => {
    const [whole, size] = [sizeOf.get(name) as number, isOne ? 1 : (sizeOf.get(name) as number)];
    const coefficients = new Map(whole === size ? [[name, 1]] : []);
    return { from: axis, indices: [name], coefficients, constant: 0, size, inferred: size, determines: [] };
  };
  switch (axis.kind) {
    case "plain":
      return [exact(axis.index, axis.one)];
    case "unit":
      return [{ from: axis, indices: [], coefficients: new Map(), constant: 0, size: 1, inferred: 1, determines: [] }];
    case "merged":
      return [mergedAxis(axis, axis.indices, sizeOf)];
    case "ellipsis": {
      const covered = draft.ellipsis.slice(draft.ellipsis.length - axis.count).map(({ name }) => name);
      if (axis.merged) return [mergedAxis(axis, covered, sizeOf)];
      return covered.map((name, at) => exact(name, axis.ones[at] === true));
    }
    case "affine": {
      const [only, ...more] = axis.parts;
      const isBare = only?.index !== undefined && more.length === 0 && only.sign > 0 && only.factors.length === 0;
      // `(i)` reads as `i` does.
      if (isBare && axis.after === undefined) {
        return [{ ...exact(only.index, false), from: { kind: "plain", index: only.index, one: false } }];
      }
      return affineAxis(draft, axis, sizeOf, side);
    }
  }
}

/** Row-major: the last index is the fastest. */
function mergedAxis(from: DraftAxis, indices: readonly string[], sizeOf: ReadonlyMap<string, number>): BuiltAxis {
  const coefficients = new Map<string, number>();
  let size = 1;
  for (const name of [...indices].reverse()) {
    coefficients.set(name, size);
    size *= sizeOf.get(name) as number;
  }
  return { from, indices, coefficients, constant: 0, size, inferred: size, determines: size > 0 ? indices : [] };
}

/** The value of factors, given parameters and sizes. */
function valueOf(factors: readonly Factor[], { params }: Draft, sizeOf: ReadonlyMap<string, number>): number {
  return factors.reduce((product, factor) => {
    if (factor.kind === "integer") return product * factor.value;
    return product * ((factor.kind === "param" ? params[factor.name] : sizeOf.get(factor.index)) ?? NaN);
  }, 1);
}

function affineAxis(
  draft: Draft,
  axis: DraftAxis & { readonly kind: "affine" },
  sizeOf: ReadonlyMap<string, number>,
  side: "input" | "output",
): BuiltAxis[] | null {
  const coefficients = new Map<string, number>();
  let constant = 0;
  for (const { sign, factors, index } of axis.parts) {
    const value = sign * valueOf(factors, draft, sizeOf);
    if (index === undefined) constant += value;
    else coefficients.set(index, (coefficients.get(index) ?? 0) + value);
  }
  const named = axis.parts.flatMap(({ index }) => index ?? []);
  const indices = [...new Set(named)];
  if (indices.length === 0 || [...coefficients.values()].includes(0)) return null;
  const ends = indices.map(
    (name) => (coefficients.get(name) as number) * Math.max(0, (sizeOf.get(name) as number) - 1),
  );
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const lowest = constant + sum(ends.filter((end) => end < 0));
  const highest = constant + sum(ends.filter((end) => end > 0));
  const before = Math.max(0, -constant);
  const after = axis.after ?? before;
  const least = highest + 1 - after;
  const isEmpty = indices.some((name) => sizeOf.get(name) === 0);
  const loose = axis.loose && side === "input";
  if (!loose && lowest < -before) return null;
  const size = loose ? axis.slack : Math.max(1, least + axis.slack);
  // One more value of the index would leave the axis.
  const isTight = (name: string): boolean => (coefficients.get(name) as number) > size - least;
  const determines = loose || isEmpty ? [] : indices.filter(isTight);
  const mentions = axis.parts.some(({ factors }) => factors.some(({ kind }) => kind === "size"));
  return [
    {
      from: axis,
      indices,
      coefficients,
      constant,
      size,
      inferred: least >= 1 && !isEmpty ? least : null,
      // A size that is a factor is no unknown of the same equation.
      determines: mentions ? [] : determines,
    },
  ];
}

/** An index twice in the output needs an expression for the second. */
function repeatsPlainly(output: readonly DraftAxis[]): boolean {
  const plain = output.flatMap((axis) => (axis.kind === "plain" ? [axis.index] : []));
  return new Set(plain).size < plain.length;
}

/** At most one ellipsis a term; one in the output covers all that operands have. */
function hasEllipses({ operands }: Draft, output: readonly DraftAxis[]): boolean {
  const counts = (axes: readonly DraftAxis[]): number[] =>
    axes.flatMap((axis) => (axis.kind === "ellipsis" ? [axis.count] : []));
  const all = operands.map(({ axes }) => counts(axes));
  const [wanted, ...more] = counts(output);
  if (all.some(({ length }) => length > 1) || more.length > 0) return false;
  return wanted === undefined || (all.flat().length > 0 && wanted === Math.max(...all.flat()));
}

/**
 * The sizes that must be given, beside those that are given for no reason: of indices that no axis determines, and of the
 * first index of axes whose padding is declared so. Null where that is not allowed.
 */
function sizesToGive(
  draft: Draft,
  inputs: readonly (readonly BuiltAxis[])[],
  output: readonly BuiltAxis[],
  sizeOf: ReadonlyMap<string, number>,
): Map<string, number> | null {
  const all = [...inputs.flat(), ...output];
  const isPlain = ({ from }: BuiltAxis): boolean => from.kind === "plain" || (from.kind === "ellipsis" && !from.merged);
  const isWhole = (axis: BuiltAxis): boolean => isPlain(axis) && axis.coefficients.size > 0;
  const known = new Set(
    inputs
      .flat()
      .filter(isWhole)
      .flatMap(({ indices }) => indices),
  );
  // Axes of size 1 all over: the index has that size.
  for (const { indices, size } of inputs.flat().filter(isPlain)) {
    if (size === 1 && sizeOf.get(indices[0] as string) === 1) known.add(indices[0] as string);
  }
  const given = new Set(draft.given.filter((name) => all.some(({ indices }) => indices.includes(name))));
  for (const { from, indices } of inputs.flat())
    if (from.kind === "affine" && from.loose) given.add(indices[0] as string);
  // Whoever reads `|k|` has to know it.
  const spoken = [...draft.operands.flatMap(({ axes }) => axes), ...(draft.output ?? [])]
    .flatMap((axis) => (axis.kind === "affine" ? axis.parts : []))
    .flatMap(({ factors }) => factors.flatMap((factor) => (factor.kind === "size" ? [factor.index] : [])));
  for (const name of spoken) {
    if (!all.some(({ indices }) => indices.includes(name))) return null;
    if (!known.has(name)) given.add(name);
  }
  for (const name of new Set(all.flatMap(({ indices }) => indices))) {
    if (known.has(name) || given.has(name)) continue;
    const [equation, ...others] = all.filter(
      (axis) => axis.indices.includes(name) && !(output.includes(axis) && isPlain(axis)),
    );
    const follows =
      equation !== undefined &&
      others.length === 0 &&
      !output.includes(equation) &&
      equation.determines.includes(name) &&
      equation.indices.every((other) => other === name || known.has(other) || given.has(other));
    if (follows) known.add(name);
    else given.add(name);
  }
  if ([...given].some((name) => name.startsWith("."))) return null;
  return new Map([...given].map((name) => [name, sizeOf.get(name) as number]));
}

/** An axis of size 1 repeats along an index that is whole elsewhere, or given; never within a term that repeats it. */
function broadcastsSoundly(
  inputs: readonly (readonly BuiltAxis[])[],
  given: ReadonlyMap<string, number>,
  sizeOf: ReadonlyMap<string, number>,
): boolean {
  const isWhole = (name: string): boolean =>
    inputs.flat().some(({ from, indices, size }) => {
      return (from.kind === "plain" || from.kind === "ellipsis") && indices[0] === name && size === sizeOf.get(name);
    });
  return inputs.every((axes) =>
    axes.every(({ from, indices: [name], coefficients }) => {
      if ((from.kind !== "plain" && from.kind !== "ellipsis") || !name || coefficients.size > 0) return true;
      const times = axes.filter(({ indices }) => indices.includes(name)).length;
      return times === 1 && (isWhole(name) || given.has(name));
    }),
  );
}

/** A named spec is known by two names side by side; others say so. */
function needsNotation({ named, sayNotation, operands, output }: Draft): boolean {
  const terms = [...operands.map(({ axes }) => axes), output ?? []];
  const evident = terms.some((axes) => axes.filter(({ kind }) => kind === "plain").length > 1);
  return sayNotation || (named && !evident);
}

function writeSpec({ named, operands, output }: Draft): string {
  const write = (axes: readonly DraftAxis[]): string =>
    axes.map((axis) => writeAxis(axis, named)).join(named ? " " : "");
  const terms = operands.map(({ axes }) => write(axes)).join(named ? ", " : ",");
  return output ? `${terms}->${write(output)}` : terms;
}

function writeAxis(axis: DraftAxis, named: boolean): string {
  switch (axis.kind) {
    case "plain":
      return axis.index;
    case "unit":
      return axis.text;
    case "merged":
      return `(${axis.indices.join(named ? " " : "")})`;
    case "ellipsis":
      return axis.merged ? "(...)" : "...";
    case "affine": {
      const text = axis.parts.map(({ sign, factors, index }, at) => {
        const written = factors.map((factor) => {
          if (factor.kind === "integer") return String(factor.value);
          return factor.kind === "param" ? factor.name : `|${factor.index}|`;
        });
        const product = [...written, ...(index === undefined ? [] : [index])].join("*");
        if (at === 0) return sign < 0 ? `-${product}` : product;
        return named ? ` ${sign < 0 ? "-" : "+"} ${product}` : `${sign < 0 ? "-" : "+"}${product}`;
      });
      return `(${text.join("")}${axis.after === undefined ? "" : `:${axis.after}`})`;
    }
  }
}

export function rowMajor(shape: readonly number[]): number[] {
  const strides = shape.map(() => 1);
  for (let axis = shape.length - 2; axis >= 0; axis--)
    strides[axis] = (strides[axis + 1] as number) * (shape[axis + 1] as number);
  return strides;
}

function makeOperand({ dtype, layout, filling, seed }: DraftOperand, shape: readonly number[]): CaseOperand {
  const random = seededRandom(seed);
  const strides = layout === "row" ? rowMajor(shape) : randomStrides(random, shape, layout);
  const isEmpty = shape.includes(0);
  const ends = shape.map((size, axis) => (size - 1) * (strides[axis] as number));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const spare = layout === "row" ? 0 : random.integer(0, 2);
  const offset = isEmpty ? spare : spare - sum(ends.filter((end) => end < 0)) + 0;
  const reach = isEmpty ? 0 : offset + sum(ends.filter((end) => end > 0)) + 1;
  const length = reach + (layout === "row" ? 0 : random.integer(0, 2));
  const data = arrayFrom(
    dtype,
    Array.from({ length }, () => randomValue(random, dtype, filling)),
  );
  return { data, shape, strides, offset, dtype };
}

/** Permuted, with gaps, reversed, repeated; a window is strides of any kind, overlapping ones among them. */
function randomStrides(random: Random, shape: readonly number[], layout: "view" | "window"): number[] {
  if (layout === "window") return shape.map(() => random.integer(-2, 3));
  const strides = shape.map(() => 0);
  let stride = 1;
  for (const axis of random.shuffle([...shape.keys()])) {
    if (random.chance(0.25)) stride *= random.integer(2, 3);
    strides[axis] = random.chance(0.12) ? 0 : random.chance(0.25) ? -stride : stride;
    if (strides[axis] !== 0) stride *= Math.max(1, shape[axis] as number);
  }
  return strides;
}
