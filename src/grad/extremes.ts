/**
 * The gradient of a maximum or minimum of one operand: it goes to the first element that is the extreme, in the order of
 * the indices whose values meet: the reduced ones, and those of an expression in the output.
 *
 *     out[y] = max over k of x[2*y + k]     -->     xMax[y] = max over k of x[2*y + k]
 *                                                   xFirst[y] = max over k of match(rank[k], x[2*y + k], xMax[y])
 *                                                   dx[2*y + k] sum= match(dout[y], rank[k], xFirst[y])
 *
 * The rank of an element counts down from that of the first. Semantics: PyTorch's `max_pool2d`, and `max` over an axis;
 * where the extreme is not finite, nobody gets the gradient.
 *
 * Invariant: of the elements that are compared with an extreme, one has its rank.
 */
import type { Access, Contraction, ContractionIndex } from "../ir/contraction.ts";
import { elementCount, rowMajorStrides, type TensorType } from "../ir/tensor.ts";
import { required } from "../support/errors.ts";
import { meetingIndices } from "./gather.ts";
import type { GradientPlan } from "./plan.ts";
import { denseTensor, freeName, gradientAccess, orderIndices, plainAxis } from "./transpose.ts";

/** The plan of the gradient; `contraction` is the last step, which accumulates. */
export function planExtreme(contraction: Contraction, cotangent: TensorType): GradientPlan {
  const { indices, operands, output, reduce } = contraction;
  const read = required(operands[0], "the operand of a gradient");
  const incoming: Access = { tensor: cotangent, axes: output.axes };
  const taken = [read.tensor.name, cotangent.name, ...indices.map(({ name }) => name)];
  const { name } = read.tensor;
  const intermediate = (suffix: string): Access => ({
    tensor: denseTensor(freeName(`${name}${suffix}`, taken), "float64", output.tensor.shape),
    axes: output.axes,
  });
  const rank = rankAccess(meetingIndices(contraction), freeName("rank", taken));
  const [extreme, first] = [intermediate(reduce === "max" ? "Max" : "Min"), intermediate("First")];
  const written = gradientAccess(read, [read, incoming, extreme, first, rank]);
  const { spec: _, ...plain } = contraction;
  const finding: Contraction = {
    ...plain,
    operands: [rank, read, extreme],
    output: first,
    combine: "match",
    reduce: "max",
  };
  const reads = [incoming, rank, first];
  return {
    operands: [read, incoming],
    before: [
      { contraction: { ...plain, output: extreme, combine: "mul" }, inputs: [0] },
      { contraction: finding, inputs: [POSITIONS, 0, 2] },
    ],
    inputs: [1, POSITIONS, 3],
    contraction: {
      ...plain,
      indices: orderIndices(indices, reads, written),
      operands: reads,
      output: written,
      combine: "match",
      reduce: "sum",
    },
  };
}

/** Stands for a tensor of positions among the inputs of a step. */
const POSITIONS = -1;

/** Counts down along indices, in row-major order, to 1. */
function rankAccess(indices: readonly ContractionIndex[], name: string): Access {
  const shape = indices.map(({ size }) => size);
  const strides = rowMajorStrides(shape).map((stride) => -stride);
  return {
    tensor: { name, dtype: "float64", shape, strides, offset: elementCount(shape) },
    axes: indices.map((index) => plainAxis(index.name)),
    positions: true,
  };
}
