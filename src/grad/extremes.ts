/**
 * The gradient of a maximum or minimum: it goes to the first point that is the extreme, in the order of the indices whose
 * values meet: the reduced ones, and those of an expression in the output.
 *
 *     out[y] = max over k of x[2*y + k]     -->     xMax[y] = max over k of x[2*y + k]
 *                                                   xFirst[y] = min over k of x[2*y + k] is xMax[y] ? k : Infinity
 *                                                   dx[2*y + k] sum= k == xFirst[y] ? dout[y] : 0
 *
 * Semantics: PyTorch's `max` over an axis, and its `max_pool2d`, but that the first of several NaN has the gradient, where
 * the pool's last has it. What lies outside of an only operand is never the extreme: of nothing but -Infinity, the first inside
 * is. Of several operands, the point has the derivative of their combination, and no other point has any.
 *
 * Invariant: of the points that are compared with an extreme, one has the place that is found.
 */
import { compare, select, shared } from "../ir/activations.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { elementOf, elementsIn, renumber, VALUE, type Elementwise } from "../ir/elementwise.ts";
import { readOf, readsOfTerm, skipOutside, skipping } from "../ir/product.ts";
import { denseTensor, type TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import { meetingIndices } from "./gather.ts";
import type { GradientPlan } from "./plan.ts";
import { matches, ZERO } from "./pull-back.ts";
import { deriveTerm, flatPosition, freeName, gradientAccess, insideOf, orderIndices } from "./transpose.ts";

/** The plan of the gradient by an operand; `contraction` is the last step, which accumulates. */
export function planExtreme(contraction: Contraction, operand: number, cotangent: TensorType): GradientPlan {
  const { indices, output, reduce, term } = contraction;
  const operands = readsOfTerm(contraction);
  const by = required(operands[operand], "the operand of a gradient");
  const incoming: Access = { tensor: cotangent, axes: output.axes };
  const all = [...operands, incoming];
  const taken = [...all.map(({ tensor }) => tensor.name), ...indices.map(({ name }) => name)];
  const intermediate = (suffix: string): Access => ({
    tensor: denseTensor(freeName(`${by.tensor.name}${suffix}`, taken), "float64", output.tensor.shape),
    axes: output.axes,
  });
  const [extreme, first] = [intermediate(reduce === "max" ? "Max" : "Min"), intermediate("First")];
  const place: Elementwise = { kind: "integer", value: flatPosition(meetingIndices(contraction)) };
  const { spec: _, ...plain } = contraction;
  const bare: Contraction = { ...plain, reads: operands, finish: VALUE };
  const inside = operands.length === 1 ? skipOutside(contraction) : null;
  const isFound = select(matches(shared(inside ?? term), readOf(extreme, operands.length, NaN)), place, {
    kind: "constant",
    value: Infinity,
  });
  const compared = [...operands, extreme];
  const written = gradientAccess(by, [...all, extreme, first]);
  const derived = deriveTerm(term, operand, elementOf(operands.length));
  const isOurs = compare("eq", place, elementOf(all.length));
  const chosen = insideOf([[incoming, operands.length], [first, all.length]], select(isOurs, derived, ZERO)); // prettier-ignore
  // Behind operands and cotangent come the extremes, then the places.
  const ids = [...all.keys(), all.length + 1];
  const needed = [...elementsIn(chosen)].sort((one, other) => one - other);
  const reads = needed.map((read) => required([...all, first][read], "a read"));
  return {
    operands: all,
    before: [
      { contraction: { ...bare, output: extreme }, inputs: [...operands.keys()] },
      {
        contraction: {
          ...bare,
          reads: compared,
          output: first,
          term: inside ? skipping(isFound, compared, Infinity) : isFound,
          reduce: "min",
        },
        inputs: [...operands.keys(), all.length],
      },
    ],
    inputs: needed.map((read) => required(ids[read], "the id of a read")),
    contraction: {
      ...bare,
      indices: orderIndices(indices, reads, written),
      reads,
      output: written,
      term: renumber(chosen, (read) => needed.indexOf(read)),
      reduce: "sum",
    },
  };
}
