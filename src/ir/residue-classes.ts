/**
 * Turns a contraction that scatters into several that gather. Where an output axis is `s*y + d*k + c`, as of a transposed
 * convolution, its elements fall into classes by their remainder modulo s. Within a class, `s*y + r`, only every
 * `s / gcd(s, d)`-th k contributes, and each element is a plain correlation:
 *
 *     b i y, i o k -> b o (2*y + k)   -->   b i (y + k - 1), i o (2 - 2*k) -> b o (2*y)
 *     where |k| = 3                         b i y, i o 1                 -> b o (2*y + 1)
 *
 * So nothing is added up in memory, and no zero between the elements of a strided input is multiplied. What a class reads
 * outside its input is 0, as in any padded convolution.
 *
 * Invariant: the classes have no element of the output in common; together they add up what the whole does.
 */
import { affineOf, affineRange, substitute, type Affine } from "../affine/affine.ts";
import { required } from "../support/errors.ts";
import { reachOf } from "./address.ts";
import { sizesOf, type Access, type AxisAccess, type Contraction } from "./contraction.ts";

/** More would be more code than their speed is worth. */
const MOST_CLASSES = 64;

/** One class of the elements along an output axis: how its indices run. */
interface AxisClass {
  /** Which elements of the output axis, over the new indices. */
  readonly expression: Affine;
  /** New sizes of indices, whose names stay. */
  readonly sizes: ReadonlyMap<string, number>;
  /** What was written for an index, over the new indices. */
  readonly replaced: ReadonlyMap<string, Affine>;
  /** The index that is reduced now. */
  readonly reduced?: string;
}

/**
 * The classes of a contraction, as contractions into parts of one output, or null where it has none: where it reduces or
 * combines otherwise than by sums of products, or an axis of its output is another expression.
 */
export function residueClasses(contraction: Contraction): readonly Contraction[] | null {
  const { combine, reduce, symbols, output } = contraction;
  const sizes = sizesOf(contraction);
  if (combine !== "mul" || reduce !== "sum" || symbols || [...sizes.values()].includes(0)) return null;
  if (contraction.operands.some(({ prologue }) => prologue)) return null;
  let isGathered = false;
  let combinations: readonly (readonly AxisClass[])[] = [[]];
  for (const [axis, access] of output.axes.entries()) {
    const classes = classesOfAxis(contraction, access, output.tensor.shape[axis] as number, sizes);
    if (!classes) return null;
    isGathered ||= classes.some(({ reduced }) => reduced !== undefined);
    combinations = combinations.flatMap((earlier) => classes.map((next) => [...earlier, next]));
    if (combinations.length > MOST_CLASSES) return null;
  }
  return isGathered && combinations.length > 0
    ? combinations.map((classes) => contractionOf(contraction, classes, sizes))
    : null;
}

/** The classes of an output axis; null where it cannot be gathered. */
function classesOfAxis(
  contraction: Contraction,
  { expression, padded }: AxisAccess,
  extent: number,
  sizes: ReadonlyMap<string, number>,
): readonly AxisClass[] | null {
  const terms = expression.terms.filter(({ variable }) => sizeIn(sizes, variable) > 1);
  const constant = expression.constant;
  const [first, second, ...more] = terms;
  const asItIs: AxisClass = { expression, sizes: new Map(), replaced: new Map() };
  const isOwn = terms.every(({ variable }) => writesOf(contraction, variable) === 1);
  const rises = terms.every(({ coefficient }) => coefficient > 0);
  if (!padded && (!second || !isOwn || !isGatherable(contraction, first?.variable ?? "", sizes))) {
    return isWrittenOnce(expression, sizes) ? [asItIs] : null;
  }
  if (!first || more.length > 0 || !isOwn || !rises) return null;
  const step = { index: first.variable, stride: first.coefficient, constant, extent, sizes };
  if (!second) return clipped(step);
  if (!isGatherable(contraction, first.variable, sizes)) return null;
  const window = { index: second.variable, dilation: second.coefficient };
  return Array.from({ length: Math.min(first.coefficient, extent) }, (_, rest) => gathered(step, window, rest)).flat();
}

/** `stride*index + constant` over an output axis of `extent` elements. */
interface Step {
  readonly index: string;
  readonly stride: number;
  readonly constant: number;
  readonly extent: number;
  readonly sizes: ReadonlyMap<string, number>;
}

/** A single index is cut to the values that stay inside the axis. */
function clipped({ index, stride, constant, extent, sizes }: Step): AxisClass[] {
  const from = Math.max(0, Math.ceil(-constant / stride));
  const to = Math.min(sizeIn(sizes, index) - 1, Math.floor((extent - 1 - constant) / stride));
  if (to < from) return [];
  return [
    {
      expression: affineOf(new Map([[index, stride]]), constant + stride * from),
      sizes: new Map([[index, to - from + 1]]),
      replaced: new Map([[index, affineOf(new Map([[index, 1]]), from)]]),
    },
  ];
}

/** The elements `stride*q + rest`; none where no element of the window falls on them. */
function gathered(
  { index, stride, constant, extent, sizes }: Step,
  { index: window, dilation }: { readonly index: string; readonly dilation: number },
  rest: number,
): AxisClass[] {
  const common = greatestCommonDivisor(stride, dilation);
  const every = stride / common;
  const length = sizeIn(sizes, window);
  const first = Array.from({ length: Math.min(length, every) }, (_, k) => k).find(
    (k) => (rest - constant - dilation * k) % stride === 0,
  );
  if (first === undefined) return [];
  const count = Math.ceil((length - first) / every);
  // The window is walked backwards, so that the operand is read forwards, as a convolution reads it.
  const last = first + every * (count - 1);
  const shift = (rest - constant - dilation * last) / stride;
  const all = Math.ceil((extent - rest) / stride);
  // A class of one element of the window need not read outside.
  const from = count === 1 ? Math.max(0, -shift) : 0;
  const to = count === 1 ? Math.min(all, sizeIn(sizes, index) - shift) : all;
  if (to <= from) return [];
  const position = [
    [index, 1],
    [window, dilation / common],
  ] as const;
  return [
    {
      expression: affineOf(new Map([[index, stride]]), rest + stride * from),
      sizes: new Map([
        [index, to - from],
        [window, count],
      ]),
      replaced: new Map([
        [index, affineOf(new Map(position), shift + from)],
        [window, affineOf(new Map([[window, -every]]), last)],
      ]),
      reduced: window,
    },
  ];
}

function contractionOf(
  contraction: Contraction,
  classes: readonly AxisClass[],
  whole: ReadonlyMap<string, number>,
): Contraction {
  const replaced = new Map(classes.flatMap((part) => [...part.replaced]));
  const sizes = new Map([...whole, ...classes.flatMap((part) => [...part.sizes])]);
  const reduced = new Set(classes.flatMap((part) => (part.reduced === undefined ? [] : [part.reduced])));
  const indices = contraction.indices.map((index) => ({
    name: index.name,
    size: sizeIn(sizes, index.name),
    reduced: index.reduced || reduced.has(index.name),
  }));
  const operands = contraction.operands.map((access): Access => {
    const axes = access.axes.map(({ expression, padded }) => ({
      expression: substitute(expression, replaced),
      padded,
    }));
    const reach = reachOf({ ...access, axes }, sizes);
    return {
      ...access,
      axes: axes.map(({ expression, padded }, axis) => {
        const { min, max } = required(reach[axis], "the reach of an axis");
        return { expression, padded: padded || min < 0 || max >= (access.tensor.shape[axis] as number) };
      }),
    };
  });
  const { spec: _, epilogue: __, further: ___, ...rest } = contraction;
  return {
    ...rest,
    indices: [...indices.filter((index) => !index.reduced), ...indices.filter((index) => index.reduced)],
    operands,
    output: {
      tensor: contraction.output.tensor,
      axes: classes.map(({ expression }) => ({ expression, padded: false })),
    },
  };
}

/** In how many output axes an index is written. */
function writesOf({ output }: Contraction, index: string): number {
  return output.axes.filter(({ expression }) => expression.terms.some(({ variable }) => variable === index)).length;
}

/** Whether an index walks along one whole axis of one operand, so that what it reads outside is 0. */
function isGatherable({ operands }: Contraction, index: string, sizes: ReadonlyMap<string, number>): boolean {
  const readers = operands.flatMap(({ tensor, axes }) =>
    axes.flatMap(({ expression, padded }, axis) =>
      expression.terms.some(({ variable }) => variable === index)
        ? [{ expression, padded, size: tensor.shape[axis] }]
        : [],
    ),
  );
  const [reader, ...more] = readers;
  if (!reader || more.length > 0 || reader.padded) return false;
  const { expression, size } = reader;
  const [term, ...others] = expression.terms;
  const isPlain = others.length === 0 && term?.coefficient === 1 && expression.constant === 0;
  return isPlain && size === sizeIn(sizes, index);
}

/** Whether no two values of the indices meet in one element of the axis. */
function isWrittenOnce({ terms }: Affine, sizes: ReadonlyMap<string, number>): boolean {
  let reach = 0;
  return [...terms]
    .sort((one, other) => Math.abs(one.coefficient) - Math.abs(other.coefficient))
    .every((term) => {
      const passes = Math.abs(term.coefficient) > reach;
      const { min, max } = affineRange({ terms: [term], constant: 0 }, (index) => sizeIn(sizes, index));
      reach += max - min;
      return passes;
    });
}

function sizeIn(sizes: ReadonlyMap<string, number>, index: string): number {
  return required(sizes.get(index), `the size of ${index}`);
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}
