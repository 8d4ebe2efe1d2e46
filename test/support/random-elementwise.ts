/**
 * Random prologues and epilogues for a random contraction: biases, residuals, activations.
 *
 * Invariant: prologues neither enlarge an element nor make it a fraction, so that sums stay exact; epilogues may do both.
 */
import { variableAffine } from "../../src/affine/affine.ts";
import * as make from "../../src/ir/activations.ts";
import type { Access, Contraction } from "../../src/ir/contraction.ts";
import { arrayOf, isBig, isFloat, promote, type Dtype, type TypedArray } from "../../src/ir/dtype.ts";
import { elementOf, mapLeaves, VALUE, type Elementwise } from "../../src/ir/elementwise.ts";
import { ELEMENT_FUNCTIONS, type ElementFunctionName } from "../../src/ir/activations.ts";
import { elementwiseIn } from "../../src/ir/integer-elementwise.ts";
import { bufferLength, rowMajorStrides } from "../../src/ir/tensor.ts";
import type { Random } from "./random.ts";

export interface WithElementwise {
  readonly contraction: Contraction;
  /** Of the further accesses. */
  readonly arrays: readonly TypedArray[];
}

/** Adds what it may to a contraction, whose tensors get names that differ. */
export function withElementwise(given: Contraction, random: Random): WithElementwise {
  const { dtype, term } = given;
  const count = given.reads.length;
  const reads = given.reads.map((access, at) => ({ ...access, tensor: { ...access.tensor, name: `operand${at}` } }));
  const prologues = reads.map(() => (random.chance(0.4) ? elementwiseIn(prologueOf(random, dtype), dtype) : VALUE));
  // What is done to an element is done before what surrounds it.
  const applied = mapLeaves(term, (leaf) => {
    if (leaf.kind !== "element") return leaf;
    return mapLeaves(prologues[leaf.access] ?? VALUE, (part) => (part.kind === "value" ? leaf : part));
  });
  const beside = Array.from({ length: random.integer(0, 2) }, (_, at) => furtherAccess(given, random, at));
  const leaves = [VALUE, ...beside.map((_, at) => elementOf(count + at))];
  const outer = elementwiseIn(epilogueOf(random, dtype, leaves), dtype);
  const finish = mapLeaves(outer, (leaf) => (leaf.kind === "value" ? given.finish : leaf));
  const contraction: Contraction = { ...given, reads: [...reads, ...beside], term: applied, finish };
  return {
    contraction,
    arrays: beside.map(({ tensor }) => smallIntegers(tensor.dtype, bufferLength(tensor), random)),
  };
}

/** Some of the axes that are an index alone, in any order; one of them may be of size 1. */
function furtherAccess({ indices, output, dtype }: Contraction, random: Random, at: number): Access {
  const plain = output.axes.flatMap(({ expression: { terms, constant }, padded }) => {
    const [term] = terms;
    return terms.length === 1 && term?.coefficient === 1 && constant === 0 && !padded ? [term.variable] : [];
  });
  const sizeOf = (name: string): number => indices.find((index) => index.name === name)?.size ?? 1;
  const unique = plain.filter((name) => plain.indexOf(name) === plain.lastIndexOf(name));
  const whole = unique.filter((name) => output.tensor.shape[plainAxis(output, name)] === sizeOf(name));
  const names = random.shuffle(whole).slice(0, random.integer(0, whole.length));
  const shape = names.map(sizeOf);
  const axes = names.map((name) => ({ expression: variableAffine(name), padded: false }));
  if (random.chance(0.2)) {
    shape.unshift(1);
    axes.unshift({ expression: { terms: [], constant: 0 }, padded: false });
  }
  const own = random.pick(
    (["float64", "float32", "int8", "int16", "int32", "int64"] as const)
      .filter((other) => promote(dtype, other) === dtype)
      .concat(dtype as "int8"),
  );
  const strides = rowMajorStrides(shape).map((stride) => stride * (random.chance(0.2) ? 2 : 1));
  return { tensor: { name: `further${at}`, dtype: own, shape, strides, offset: random.integer(0, 2) }, axes };
}

function plainAxis({ axes }: Access, name: string): number {
  return axes.findIndex(({ expression: { terms } }) => terms.length === 1 && terms[0]?.variable === name);
}

function smallIntegers(dtype: Dtype, length: number, random: Random): TypedArray {
  const array = new (arrayOf(dtype))(length);
  for (let at = 0; at < length; at++) {
    const value = random.integer(dtype.startsWith("uint") ? 0 : -3, 3);
    array[at] = (isBig(dtype) ? BigInt(value) : value) as never;
  }
  return array;
}

function prologueOf(random: Random, dtype: Dtype): Elementwise {
  const signed = !dtype.startsWith("uint");
  const constant = (): Elementwise => make.constantOf(random.integer(signed ? -1 : 0, 2));
  const expression = random.pick<() => Elementwise>([
    () => make.relu(VALUE),
    () => make.clamp(VALUE, signed ? -1 : 0, 1),
    () => make.call("abs", VALUE),
    () => make.binary("min", VALUE, constant()),
    () => (signed ? make.call("neg", VALUE) : VALUE),
    () => make.binary("max", make.call("abs", make.shared(make.call("neg", VALUE))), constant()),
  ])();
  // A call to stage for: exact on these values.
  return isFloat(dtype) && random.chance(0.3)
    ? make.call("tanh", make.binary("mul", make.constantOf(0), expression))
    : expression;
}

const EXACT = ["neg", "abs"] as const satisfies readonly ElementFunctionName[];

function epilogueOf(random: Random, dtype: Dtype, leaves: readonly Elementwise[], depth = 3): Elementwise {
  const float = isFloat(dtype);
  const inner = (): Elementwise => epilogueOf(random, dtype, leaves, depth - 1);
  if (depth === 0 || random.chance(0.15)) {
    if (random.chance(0.2)) return make.constantOf(random.integer(dtype.startsWith("uint") ? 0 : -2, 3));
    return random.pick(leaves);
  }
  if (random.chance(0.25)) {
    const names = float ? (Object.keys(ELEMENT_FUNCTIONS) as ElementFunctionName[]) : EXACT;
    return make.call(random.pick(names), inner());
  }
  if (random.chance(0.3)) {
    const activations = [
      make.relu,
      (x: Elementwise) => make.clamp(x, 0, 6),
      ...(float
        ? [
            make.leakyRelu,
            make.sigmoid,
            make.silu,
            (x: Elementwise) => make.gelu(x),
            (x: Elementwise) => make.gelu(x, "tanh"),
            (x: Elementwise) => make.power(positive(x), random.pick([-1, 0.5, 1, 2, 3])),
            (x: Elementwise) => make.binary("div", inner(), positive(x)),
          ]
        : []),
    ];
    return random.pick(activations)(inner());
  }
  const operators = ["add", "sub", "mul", "max", "min"] as const;
  return make.binary(random.pick(operators), inner(), inner());
}

/** `1 + abs(x)`: passes may change the sign of a zero, which a division by it would show. */
function positive(x: Elementwise): Elementwise {
  return make.binary("add", make.constantOf(1), make.call("abs", x));
}
