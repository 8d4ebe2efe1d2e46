/**
 * What the tests of paths share: contractions and problems from short texts, random problems, and a count of a path's
 * cost that shares nothing with the one under test.
 */
import fc from "fast-check";
import { variableAffine } from "../../src/affine/affine.ts";
import type { Access, Combination, Contraction, ReduceOperator } from "../../src/ir/contraction.ts";
import type { Dtype } from "../../src/ir/dtype.ts";
import { VALUE } from "../../src/ir/elementwise.ts";
import { termOf } from "../../src/ir/product.ts";
import { rowMajorStrides } from "../../src/ir/tensor.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import type { LinearPath, PathProblem } from "../../src/path/path.ts";

export interface Settings {
  readonly combine?: Combination;
  readonly reduce?: ReduceOperator;
  readonly dtype?: Dtype;
}

/** Builds a contraction of plain axes from a text of names between spaces: `i j, j k -> i k`. */
export function contractionOf(
  spec: string,
  sizes: Readonly<Record<string, number>>,
  { combine = "mul", reduce = "sum", dtype = "float64" }: Settings = {},
): Contraction {
  const { inputs, output } = readTerms(spec);
  const sizeOf = (name: string): number => sizes[name] ?? 2;
  const accessOf = (tensorName: string, names: readonly string[]): Access => {
    const shape = names.map(sizeOf);
    return {
      tensor: { name: tensorName, dtype, shape, strides: rowMajorStrides(shape), offset: 0 },
      axes: names.map((name) => ({ expression: variableAffine(name), padded: false })),
    };
  };
  const names = [...new Set([output, ...inputs].flat())];
  const reads = inputs.map((input, operand) => accessOf(String.fromCharCode(97 + operand), input));
  return {
    spec: parseSpec(spec, { notation: "named" }),
    indices: names.map((name) => ({ name, size: sizeOf(name), reduced: !output.includes(name) })),
    reads,
    output: accessOf("out", output),
    term: termOf(combine, reduce, reads, dtype),
    reduce,
    finish: VALUE,
    dtype,
  };
}

/** Builds a problem from the same kind of text; sizes are 2 where they are not given. */
export function problemOf(spec: string, sizes: Readonly<Record<string, number>> = {}): PathProblem {
  const { inputs, output } = readTerms(spec);
  return {
    inputs: inputs.map((input) => new Set(input)),
    output: new Set(output),
    sizes: new Map([...output, ...inputs.flat()].map((name) => [name, sizes[name] ?? 2])),
  };
}

function readTerms(spec: string): { inputs: string[][]; output: string[] } {
  const namesOf = (text: string): string[] => text.split(" ").filter((name) => name !== "");
  const [inputs = "", output = ""] = spec.split("->");
  return { inputs: inputs.split(",").map(namesOf), output: namesOf(output) };
}

/** A chain of matrices, `i0 i1, i1 i2, ... -> i0 in`. */
export function chainOf(count: number): PathProblem {
  const terms = Array.from({ length: count }, (_, at) => `i${at} i${at + 1}`);
  const sizes = Object.fromEntries(Array.from({ length: count + 1 }, (_, at) => [`i${at}`, 2 + ((at * 7) % 5)]));
  return problemOf(`${terms.join(", ")} -> i0 i${count}`, sizes);
}

/** Random problems: scalars, disconnected parts, hyperedges, indices of size 1 and indices of one operand occur. */
export function randomProblem(maxOperands: number): fc.Arbitrary<PathProblem> {
  const names = ["a", "b", "c", "d", "e", "f", "g"];
  const term = fc.subarray(names, { maxLength: 4 });
  return fc
    .tuple(
      fc.array(term, { minLength: 1, maxLength: maxOperands }),
      fc.subarray(names),
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: names.length, maxLength: names.length }),
    )
    .map(([inputs, wanted, sizes]) => {
      const seen = new Set(inputs.flat());
      return {
        inputs: inputs.map((input) => new Set(input)),
        output: new Set(wanted.filter((name) => seen.has(name))),
        sizes: new Map(names.filter((name) => seen.has(name)).map((name) => [name, sizes[names.indexOf(name)] ?? 1])),
      };
    });
}

/** Counts a linear path as the definition says, over lists that shrink; throws where it is not valid. */
export function recount(problem: PathProblem, path: LinearPath): { flops: number; largest: number } {
  const { inputs, output, sizes } = problem;
  const sizeOf = (names: readonly string[]): number => names.reduce((size, name) => size * (sizes.get(name) ?? NaN), 1);
  let remaining = inputs.map((input) => [...input]);
  let [flops, largest] = [0, 0];
  for (const step of path) {
    if (step.length === 0 || new Set(step).size !== step.length) throw new Error(`bad step [${step.join()}]`);
    if (step.some((position) => !remaining[position])) throw new Error(`bad position in [${step.join()}]`);
    const taken = [...new Set(step.flatMap((position) => remaining[position] ?? []))];
    remaining = remaining.filter((_, position) => !step.includes(position));
    const result = taken.filter((name) => output.has(name) || remaining.some((names) => names.includes(name)));
    flops += sizeOf(taken) * (Math.max(1, step.length - 1) + (result.length < taken.length ? 1 : 0));
    largest = Math.max(largest, sizeOf(result));
    remaining.push(result);
  }
  if (remaining.length !== 1) throw new Error(`the path leaves ${remaining.length} tensors`);
  return { flops, largest };
}

/** The least flops of all paths of steps of one or two tensors, by trying every one. */
export function leastFlops(problem: PathProblem): number {
  const { output, sizes } = problem;
  const search = (tensors: readonly (readonly string[])[], soFar: number, best: number): number => {
    if (soFar >= best) return best;
    if (tensors.length === 1) return soFar;
    let least = best;
    const contract = (step: readonly number[]): void => {
      const rest = tensors.filter((_, at) => !step.includes(at));
      const taken = [...new Set(step.flatMap((at) => tensors[at] ?? []))];
      const result = taken.filter((name) => output.has(name) || rest.some((names) => names.includes(name)));
      if (step.length === 1 && result.length === taken.length) return;
      const size = taken.reduce((product, name) => product * (sizes.get(name) ?? NaN), 1);
      least = search([...rest, result], soFar + size * (1 + (result.length < taken.length ? 1 : 0)), least);
    };
    for (let i = 0; i < tensors.length; i++) {
      contract([i]);
      for (let j = i + 1; j < tensors.length; j++) contract([i, j]);
    }
    return least;
  };
  return search(
    problem.inputs.map((input) => [...input]),
    0,
    Infinity,
  );
}
