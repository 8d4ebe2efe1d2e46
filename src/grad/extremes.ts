/**
 * The gradient of a maximum or minimum of one operand: it goes to the first element that is the extreme, in the order of
 * the indices whose values meet: the reduced ones, and those of an expression in the output.
 *
 *     out[y] = max over k of x[2*y + k]     -->     xMax[y] = max over k of x[2*y + k]
 *                                                   xFirst[y] = min over k of x[2*y + k] is xMax[y] ? k : Infinity
 *                                                   dx[2*y + k] sum= k == xFirst[y] ? dout[y] : 0
 *
 * Semantics: PyTorch's `max` over an axis, and its `max_pool2d`, but that the first of several NaN has the gradient, where
 * the pool's last has it. What lies outside of an operand is never the extreme: of nothing but -Infinity, the first inside is.
 *
 * Invariant: of the elements that are compared with an extreme, one has the place that is found.
 */
import { compare, select } from "../ir/activations.ts";
import type { Access, Contraction } from "../ir/contraction.ts";
import { elementOf, VALUE, type Elementwise } from "../ir/elementwise.ts";
import { skipping } from "../ir/product.ts";
import type { TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import { meetingIndices } from "./gather.ts";
import type { GradientPlan } from "./plan.ts";
import { matches, ZERO } from "./pull-back.ts";
import { denseTensor, flatPosition, freeName, gradientAccess, orderIndices } from "./transpose.ts";

/** The plan of the gradient; `contraction` is the last step, which accumulates. */
export function planExtreme(contraction: Contraction, cotangent: TensorType): GradientPlan {
  const { indices, output, reduce } = contraction;
  const read = required(contraction.reads[0], "the operand of a gradient");
  const incoming: Access = { tensor: cotangent, axes: output.axes };
  const taken = [read.tensor.name, cotangent.name, ...indices.map(({ name }) => name)];
  const intermediate = (suffix: string): Access => ({
    tensor: denseTensor(freeName(`${read.tensor.name}${suffix}`, taken), "float64", output.tensor.shape),
    axes: output.axes,
  });
  const [extreme, first] = [intermediate(reduce === "max" ? "Max" : "Min"), intermediate("First")];
  const place: Elementwise = { kind: "integer", value: flatPosition(meetingIndices(contraction)) };
  const { spec: _, ...plain } = contraction;
  const compared = [read, extreme];
  const isFound = select(matches(elementOf(0), elementOf(1)), place, { kind: "constant", value: Infinity });
  const written = gradientAccess(read, [read, incoming, extreme, first]);
  const reads = [incoming, first];
  return {
    operands: [read, incoming],
    before: [
      { contraction: { ...plain, output: extreme }, inputs: [0] },
      {
        contraction: {
          ...plain,
          reads: compared,
          output: first,
          term: skipping(isFound, compared, Infinity),
          reduce: "min",
        },
        inputs: [0, 2],
      },
    ],
    inputs: [1, 3],
    contraction: {
      ...plain,
      indices: orderIndices(indices, reads, written),
      reads,
      output: written,
      term: skipping(select(compare("eq", place, elementOf(1)), elementOf(0), ZERO), reads, 0),
      reduce: "sum",
      finish: VALUE,
    },
  };
}
