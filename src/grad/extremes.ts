/**
 * The gradient of a maximum or minimum: it goes to the first point that is the extreme, in the order of the indices whose
 * values meet: the reduced ones, and those of an expression in the output.
 *
 *     out[y] = max over k of x[2*y + k]     -->     xFirst[y] = first max over k of (x[2*y + k], k)
 *                                                   dx[2*y + k] sum= k == xFirst[y] ? dout[y] : 0
 *
 * Semantics: PyTorch's `max` over an axis, and its `max_pool2d`, but that the first of several NaN has the gradient, where
 * the pool's last has it. What lies outside of an only operand is never the extreme: of nothing but -Infinity, the first inside
 * is. Of several operands, the point has the derivative of their combination, and no other point has any.
 *
 * Invariant: of the points that meet in an element, one has the place that is found.
 */
import { binary, compare, select, shared } from "../ir/activations.ts";
import type { Access, CompoundMonoid, Contraction } from "../ir/contraction.ts";
import { elementOf, elementsIn, VALUE, type Elementwise } from "../ir/elementwise.ts";
import { readsOfTerm, skipOutside, skipping } from "../ir/product.ts";
import { denseTensor, type TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import { meetingIndices } from "./gather.ts";
import { ZERO } from "./pull-back.ts";
import {
  type GradientPlan,
  deriveTerm,
  flatPosition,
  freeName,
  gradientAccess,
  insideOf,
  sumInto,
} from "./transpose.ts";

/**
 * The place of the extreme, and of several equal ones the least; a NaN is the extreme. The term gives a value and its place;
 * of no value, the place is Infinity.
 */
export function firstExtreme(extreme: "max" | "min"): CompoundMonoid {
  const [best, first, value, place] = [0, 1, 2, 3].map(elementOf) as [
    Elementwise,
    Elementwise,
    Elementwise,
    Elementwise,
  ];
  const [low, high] = extreme === "max" ? [best, value] : [value, best];
  const isBefore = compare("lt", place, first);
  const isBetter = binary("and", compare("le", low, high), binary("or", compare("lt", low, high), isBefore));
  const isNaN = compare("ne", value, value);
  const isFirstNaN = binary("and", isNaN, binary("or", compare("eq", best, best), isBefore));
  const replaces = shared(binary("or", isBetter, isFirstNaN));
  return {
    name: `first ${extreme}`,
    components: [
      { name: extreme, identity: extreme === "max" ? -Infinity : Infinity },
      { name: "first", identity: Infinity },
    ],
    combine: [select(replaces, value, best), select(replaces, place, first)],
    result: elementOf(1),
    nothing: Infinity,
  };
}

/** The plan of the gradient by an operand; `contraction` is the last step, which accumulates. */
export function planExtreme(contraction: Contraction, operand: number, cotangent: TensorType): GradientPlan {
  const { indices, output, reduce, term } = contraction;
  const operands = readsOfTerm(contraction);
  const by = required(operands[operand], "the operand of a gradient");
  const incoming: Access = { tensor: cotangent, axes: output.axes };
  const all = [...operands, incoming];
  const taken = [...all.map(({ tensor }) => tensor.name), ...indices.map(({ name }) => name)];
  const first: Access = {
    tensor: denseTensor(freeName(`${by.tensor.name}First`, taken), "float64", output.tensor.shape),
    axes: output.axes,
  };
  const place: Elementwise = { kind: "integer", value: flatPosition(meetingIndices(contraction)) };
  const { spec: _, ...plain } = contraction;
  const bare: Contraction = { ...plain, reads: operands, finish: VALUE };
  const skips = operands.length === 1 && skipOutside(contraction) !== null;
  const derived = deriveTerm(term, operand, elementOf(operands.length));
  const isOurs = compare("eq", place, elementOf(all.length));
  const chosen = insideOf([[incoming, operands.length], [first, all.length]], select(isOurs, derived, ZERO)); // prettier-ignore
  // Behind operands and cotangent come the places.
  const needed = [...elementsIn(chosen)].sort((one, other) => one - other);
  const accesses = [...all, first];
  const found: Contraction = {
    ...bare,
    output: first,
    term: { kind: "tuple", parts: [term, skips ? skipping(place, operands, Infinity) : place] },
    reduce: firstExtreme(reduce === "max" ? "max" : "min"),
  };
  return {
    operands: all,
    before: [{ contraction: found, inputs: [...operands.keys()] }],
    inputs: needed,
    contraction: sumInto(gradientAccess(by, accesses), chosen, needed, accesses, bare),
  };
}
