/**
 * Random contractions whose operands share windows, and random paths through them: few indices, many expressions of
 * two and three of them, with padding, strides, dilations, gaps, negative coefficients, diagonals and scatters.
 *
 * Invariant: what is made depends on the seed alone.
 */
import { affineRange, type Affine, type AffineTerm } from "../../src/affine/affine.ts";
import { distributes } from "../../src/ir/algebra.ts";
import type { Access, AxisAccess, Combination, Contraction, Reduction } from "../../src/ir/contraction.ts";
import { arrayOf, isBig, isFloat, type Dtype, type TypedArray } from "../../src/ir/dtype.ts";
import { VALUE, type Elementwise } from "../../src/ir/elementwise.ts";
import { termOf } from "../../src/ir/product.ts";
import { bufferLength, rowMajorStrides } from "../../src/ir/tensor.ts";
import type { SsaPath } from "../../src/path/path.ts";
import { seededRandom, type Random } from "./random.ts";

export interface RandomWindows {
  readonly contraction: Contraction;
  readonly path: SsaPath;
  readonly arrays: readonly TypedArray[];
}

const MOST_POINTS = 2000;
const DTYPES: readonly Dtype[] = ["float64", "float64", "float32", "int32", "int8", "uint16", "int64"];
const SEMIRINGS: readonly (readonly [Combination, Reduction])[] = [
  ["mul", "sum"],
  ["mul", "sum"],
  ["mul", "mean"],
  ["add", "max"],
  ["add", "min"],
  ["min", "max"],
  ["max", "max"],
  ["and", "any"],
  ["or", "all"],
];

/**
 * Makes a contraction of 2 to `mostOperands` operands that may be split, a path through it, and its operands: small integers. A plain
 * one has no index of one value, no epilogue and no expression in its output: it executes exactly what is counted.
 */
export function randomWindows(seed: number, isPlain = false, mostOperands = 5): RandomWindows {
  const random = seededRandom(seed);
  for (;;) {
    const contraction = randomContraction(random, isPlain, mostOperands);
    if (contraction) {
      const arrays = contraction.reads.map((access) => fill(access, random));
      return { contraction, path: randomPath(contraction.reads.length, random), arrays };
    }
  }
}

function randomContraction(random: Random, isPlain: boolean, mostOperands: number): Contraction | undefined {
  const sizes = new Map(
    ["y", "u", "x", "v", "w", "c", "long"].map((name) => {
      return [name, !isPlain && random.chance(0.1) ? 1 : random.integer(2, 4)];
    }),
  );
  const names = [...sizes.keys()];
  // Windows come from a short list, so that operands share them.
  const expressions = Array.from({ length: 3 }, () => randomTerms(random, names));
  const dtype = random.pick(DTYPES);
  const allowed = SEMIRINGS.filter(([combine, reduce]) =>
    distributes(combine, reduce === "mean" ? "sum" : reduce, dtype),
  );
  const [combine, reduce] = random.pick(allowed);
  const operands = Array.from({ length: random.integer(2, mostOperands) }, (_, at): Access => {
    const axes = Array.from({ length: random.integer(1, 3) }, (): AffineTerm[] =>
      random.chance(0.5) ? random.pick(expressions) : [{ variable: random.pick(names), coefficient: 1 }],
    );
    return accessOf(String.fromCharCode(97 + at), dtype, axes, sizes, random);
  });
  const used = names.filter((name) =>
    operands.some(({ axes }) =>
      axes.some(({ expression }) => expression.terms.some(({ variable }) => variable === name)),
    ),
  );
  const kept = random.shuffle(used).slice(0, random.integer(0, 3));
  const scattered = !isPlain && random.chance(0.15) && kept.length > 1;
  const written = scattered
    ? [kept.map((variable) => ({ variable, coefficient: random.integer(1, 2) }))]
    : kept.map((variable) => [{ variable, coefficient: 1 }]);
  const indices = [...kept, ...used.filter((name) => !kept.includes(name))].map((name) => ({
    name,
    size: sizes.get(name) ?? 1,
    reduced: !kept.includes(name),
  }));
  if (indices.reduce((points, { size }) => points * size, 1) > MOST_POINTS) return undefined;
  const result: Dtype = reduce === "mean" ? "float64" : dtype;
  const operator = reduce === "mean" ? "sum" : reduce;
  const finishes = isFloat(result) && !isPlain && (reduce === "mean" || random.chance(0.2));
  return {
    indices,
    reads: operands,
    output: accessOf("out", result, written, sizes),
    term: termOf(combine, operator, operands, result),
    reduce: operator,
    finish: finishes ? finishOf(reduce, indices) : VALUE,
    dtype: result,
  };
}

/** The division of a mean; else an operation that stays exact, whatever it is applied to. */
function finishOf(reduce: Reduction, indices: Contraction["indices"]): Elementwise {
  const count = indices.reduce((product, { size, reduced }) => (reduced ? product * size : product), 1);
  const right: Elementwise = { kind: "constant", value: reduce === "mean" ? count : 1 };
  return { kind: "binary", operator: reduce === "mean" ? "div" : "sub", left: VALUE, right };
}

function randomTerms(random: Random, names: readonly string[]): AffineTerm[] {
  return random
    .shuffle(names)
    .slice(0, random.pick([2, 2, 2, 3]))
    .map((variable) => ({ variable, coefficient: random.pick([1, 1, 1, 2, 2, 3, 5, -1, -2]) }));
}

/** Without `random`, the tensor holds all that is accessed; with it, some axes are cut and thus padded, or begin early. */
function accessOf(
  name: string,
  dtype: Dtype,
  axes: readonly (readonly AffineTerm[])[],
  sizes: ReadonlyMap<string, number>,
  random?: Random,
): Access {
  const read = axes.map((terms): AxisAccess & { readonly size: number } => {
    const isPlain = terms.length === 1 && terms[0]?.coefficient === 1;
    const { min, max } = affineRange({ terms, constant: 0 }, (index) => sizes.get(index) ?? 1);
    const size = max - min + 1;
    const padding = random && !isPlain && random.chance(0.3) ? random.integer(0, 2) : 0;
    const spare = random && !isPlain && random.chance(0.2) ? 1 : 0;
    const expression: Affine = { terms, constant: spare - min - padding };
    return { expression, padded: padding > 0, size: Math.max(1, size + 2 * spare - 2 * padding) };
  });
  const shape = read.map(({ size }) => size);
  return {
    tensor: { name, dtype, shape, strides: rowMajorStrides(shape), offset: 0 },
    axes: read.map(({ expression, padded }) => ({ expression, padded })),
  };
}

/** Any path: steps of one, two or three tensors. */
function randomPath(count: number, random: Random): SsaPath {
  const path: number[][] = [];
  let live = Array.from({ length: count }, (_, id) => id);
  while (live.length > 1 || path.length === 0) {
    const step = random.shuffle(live).slice(0, Math.min(live.length, random.pick([1, 2, 2, 2, 2, 3])));
    if (step.length === 1 && path.length > count) continue;
    live = [...live.filter((id) => !step.includes(id)), count + path.length];
    path.push(step);
  }
  return path;
}

function fill({ tensor }: Access, random: Random): TypedArray {
  const array = new (arrayOf(tensor.dtype))(bufferLength(tensor));
  const low = tensor.dtype.startsWith("u") ? 0 : -2;
  for (let at = 0; at < array.length; at++) {
    const value = random.integer(low, low + 4);
    array[at] = isBig(tensor.dtype) ? BigInt(value) : value;
  }
  return array;
}
