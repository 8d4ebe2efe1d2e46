/**
 * The network: two convolutions with ReLU, a maximum over windows between them, a mean over what is left, and a linear
 * layer. Its gradient goes the same way back; every kernel in either direction is generated.
 *
 *     pictures -> conv 3x3, relu -> max pool 2x2 -> conv 3x3, relu -> mean -> linear -> scores
 */
import {
  conv2d,
  convGrad,
  einsum,
  einsumGrad,
  linear,
  linearGrad,
  maxPool2d,
  maxPoolGrad,
  type NdArray,
} from "../../src/index.ts";
import { CLASSES, drawNormal, SIZE, type Batch, type Draw } from "./shapes.ts";

type Doubles = NdArray<Float64Array>;

/** The names of what is learned. */
export const PARAMETERS = ["first", "firstBias", "second", "secondBias", "last", "lastBias"] as const;

export type Parameters = Readonly<Record<(typeof PARAMETERS)[number], Doubles>>;

const CHANNELS = [8, 12] as const;
const CONVOLUTION = { padding: 1, activation: "relu" } as const;
const POOL = { kernelSize: 2 } as const;
const MEAN = { reduce: "mean" } as const;

/** Weights of random sign, scaled by the number of inputs (He et al., 2015); biases of 0. */
export function createParameters(draw: Draw): Parameters {
  const weights = (shape: readonly number[], inputs: number): Doubles => {
    const count = shape.reduce((product, size) => product * size, 1);
    const data = Float64Array.from({ length: count }, () => Math.sqrt(2 / inputs) * drawNormal(draw));
    return { data, shape };
  };
  const zeros = (count: number): Doubles => ({ data: new Float64Array(count), shape: [count] });
  return {
    first: weights([CHANNELS[0], 1, 3, 3], 9),
    firstBias: zeros(CHANNELS[0]),
    second: weights([CHANNELS[1], CHANNELS[0], 3, 3], 9 * CHANNELS[0]),
    secondBias: zeros(CHANNELS[1]),
    last: weights([CLASSES.length, CHANNELS[1]], CHANNELS[1]),
    lastBias: zeros(CLASSES.length),
  };
}

/** The mean loss over a batch, the share of pictures told right, and the gradient by every parameter. */
export interface Evaluation {
  readonly loss: number;
  readonly accuracy: number;
  readonly gradients: Parameters;
}

/** Runs a batch forwards and backwards. */
export function evaluate(parameters: Parameters, { pictures, labels }: Batch): Evaluation {
  const { first, firstBias, second, secondBias, last, lastBias } = parameters;
  const input: NdArray = { data: pictures, shape: [labels.length, 1, SIZE, SIZE] };
  const edges = conv2d(input, first, { ...CONVOLUTION, bias: firstBias });
  const pooled = maxPool2d(edges, POOL);
  const parts = conv2d(pooled, second, { ...CONVOLUTION, bias: secondBias });
  const features = einsum("bcyx->bc", [parts], MEAN);
  const scores = linear(features, last, { bias: lastBias });

  const { loss, accuracy, cotangent } = crossEntropy(scores, labels);
  const byLast = linearGrad(features, last, cotangent, { bias: lastBias });
  const [byParts] = einsumGrad("bcyx->bc", [parts], byLast.input, MEAN) as [NdArray];
  const bySecond = convGrad(pooled, second, byParts, { ...CONVOLUTION, bias: secondBias });
  const byEdges = maxPoolGrad(edges, 2, bySecond.input, POOL);
  const byFirst = convGrad(input, first, byEdges, { ...CONVOLUTION, bias: firstBias });
  const gradients = {
    first: byFirst.weight,
    firstBias: byFirst.bias,
    second: bySecond.weight,
    secondBias: bySecond.bias,
    last: byLast.weight,
    lastBias: byLast.bias,
  } as unknown as Parameters;
  return { loss, accuracy, gradients };
}

/** The mean of `-log(softmax(scores)[label])`, and its gradient by the scores: the softmax, less 1 at the label. */
function crossEntropy(
  { data, shape }: NdArray,
  labels: readonly number[],
): { readonly loss: number; readonly accuracy: number; readonly cotangent: NdArray } {
  const count = shape[1] as number;
  const cotangent = new Float64Array(data.length);
  let [loss, right] = [0, 0];
  labels.forEach((label, row) => {
    const scores = Array.from({ length: count }, (_, at) => Number(data[row * count + at]));
    const most = Math.max(...scores);
    const sum = scores.reduce((total, score) => total + Math.exp(score - most), 0);
    loss += Math.log(sum) + most - (scores[label] as number);
    if (scores.indexOf(most) === label) right++;
    scores.forEach((score, at) => {
      const share = Math.exp(score - most) / sum - (at === label ? 1 : 0);
      cotangent[row * count + at] = share / labels.length;
    });
  });
  return { loss: loss / labels.length, accuracy: right / labels.length, cotangent: { data: cotangent, shape } };
}
