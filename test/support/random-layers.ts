/**
 * Random layers: configurations of every kind with operands of small integers, as calls of the public functions and of
 * the naive layers beside them.
 */
import * as layers from "../../src/index.ts";
import type { NdArray } from "../../src/index.ts";
import {
  makeDense,
  naiveAvgPool,
  naiveConv,
  naiveConvTranspose,
  naiveFold,
  naiveMaxPool,
  naivePad,
  naiveUnfold,
  type Dense,
} from "./naive-layers.ts";
import { seededRandom, type Random } from "./random.ts";

export interface RandomLayer {
  readonly seed: number;
  /** What is called, for whoever reads a failure. */
  readonly title: string;
  /** The name of the function, the operands it is called with, and what follows them. */
  readonly name: string;
  readonly operands: readonly Dense[];
  readonly options: readonly unknown[];
  readonly expected: () => Dense;
  readonly found: () => NdArray;
}

type Call = (...given: readonly unknown[]) => NdArray;

/** Makes the layer of a seed. */
export function randomLayer(seed: number): RandomLayer {
  const random = seededRandom(seed);
  const make = random.pick([
    randomConv,
    randomConvTranspose,
    randomMaxPool,
    randomAvgPool,
    randomPad,
    randomUnfold,
    randomFold,
  ]);
  const { name, operands, options, expected } = make(random);
  const title = `${name}(${operands.map(({ shape }) => `[${shape.join()}]`).join(", ")}, ${JSON.stringify(options)})`;
  const call = (layers as unknown as Readonly<Record<string, Call>>)[name] as Call;
  return { seed, title, name, operands, options, expected, found: () => call(...operands, ...options) };
}

interface Made {
  readonly name: string;
  readonly operands: readonly Dense[];
  readonly options: readonly unknown[];
  readonly expected: () => Dense;
}

function randomDense(random: Random, shape: readonly number[]): Dense {
  return makeDense(shape, () => random.integer(-9, 9));
}

/** Strides, dilations and padding of some axes, and inputs that the windows fit into. */
function randomWindow(random: Random, spatial: number, most: { readonly padding: (kernel: number) => number }) {
  const axes = Array.from({ length: spatial }, () => {
    const kernel = random.integer(1, 4);
    const dilation = random.chance(0.6) ? 1 : random.integer(2, 3);
    const padding = [0, 0].map(() => (random.chance(0.5) ? 0 : random.integer(0, most.padding(kernel)))) as [
      number,
      number,
    ];
    const span = dilation * (kernel - 1) + 1;
    const least = Math.max(1, span - padding[0] - padding[1]);
    return { kernel, dilation, padding, stride: random.integer(1, 3), size: least + random.integer(0, 5) };
  });
  return {
    kernel: axes.map(({ kernel }) => kernel),
    dilation: axes.map(({ dilation }) => dilation),
    stride: axes.map(({ stride }) => stride),
    padding: axes.map(({ padding }) => padding),
    size: axes.map(({ size }) => size),
  };
}

function randomSpatial(random: Random): number {
  return random.pick([1, 1, 2, 2, 2, 3]);
}

function randomConv(random: Random): Made {
  const spatial = randomSpatial(random);
  const { kernel, size, ...window } = randomWindow(random, spatial, { padding: () => 3 });
  const groups = random.pick([1, 1, 2, 3]);
  const [inputs, outputs] = [random.integer(1, 3), random.integer(1, 3)];
  const input = randomDense(random, [random.integer(1, 2), inputs * groups, ...size]);
  const weight = randomDense(random, [outputs * groups, inputs, ...kernel]);
  return {
    name: `conv${spatial}d`,
    operands: [input, weight],
    ...withEpilogue(random, { ...window, groups }, outputs * groups, (bias) =>
      naiveConv(input, weight, groups, window, bias),
    ),
  };
}

function randomConvTranspose(random: Random): Made {
  const spatial = randomSpatial(random);
  const { kernel, size, padding: _, ...steps } = randomWindow(random, spatial, { padding: () => 0 });
  const padding = kernel.map((length, axis): [number, number] => {
    const whole = ((size[axis] as number) - 1) * (steps.stride[axis] as number);
    const room = whole + (steps.dilation[axis] as number) * (length - 1);
    const before = random.integer(0, Math.min(2, room));
    return [before, random.integer(0, Math.min(2, room - before))];
  });
  const outputPadding = steps.stride.map((step, axis) =>
    random.chance(0.5) ? 0 : random.integer(0, Math.max(step, steps.dilation[axis] as number) - 1),
  );
  const groups = random.pick([1, 1, 2, 3]);
  const [inputs, outputs] = [random.integer(1, 3), random.integer(1, 3)];
  const input = randomDense(random, [random.integer(1, 2), inputs * groups, ...size]);
  const weight = randomDense(random, [inputs * groups, outputs, ...kernel]);
  const window = { ...steps, padding, outputPadding };
  return {
    name: `convTranspose${spatial}d`,
    operands: [input, weight],
    ...withEpilogue(random, { ...window, groups }, outputs * groups, (bias) =>
      naiveConvTranspose(input, weight, groups, window, bias),
    ),
  };
}

/** Adds a bias and a clamp to the options of a layer, or not. */
function withEpilogue(
  random: Random,
  options: object,
  channels: number,
  expected: (bias?: Dense) => Dense,
): Pick<Made, "options" | "expected"> {
  const bias = random.chance(0.5) ? randomDense(random, [channels]) : undefined;
  const clamps = random.chance(0.3);
  const activation = { name: "clamp", min: -20, max: 30 };
  return {
    options: [{ ...options, ...(bias && { bias }), ...(clamps && { activation }) }],
    expected: () => {
      const { data, shape } = expected(bias);
      return { data: clamps ? data.map((value) => Math.min(Math.max(value, -20), 30)) : data, shape };
    },
  };
}

/** Windows of a pool, by PyTorch's rule of padding or by ONNX', with its options and those of the naive one. */
function randomPool(random: Random, spatial: number) {
  const padRule = random.pick([undefined, undefined, "onnx"]);
  const most = (kernel: number): number => (padRule ? 4 : Math.floor(kernel / 2));
  const { size, ...window } = randomWindow(random, spatial, { padding: most });
  const ceilMode = random.chance(0.5);
  const { kernel: kernelSize, ...steps } = window;
  // A window that is counted because elements are left over may be the only one.
  const sizes = size.map((length, axis) => {
    const less = ceilMode && random.chance(0.3) ? (window.stride[axis] as number) - 1 : 0;
    return Math.max(1, length - less);
  });
  const input = randomDense(random, [random.integer(1, 2), random.integer(1, 3), ...sizes]);
  return { input, window: { ...window, ceilMode }, options: { kernelSize, ...steps, ceilMode, padRule } };
}

function randomMaxPool(random: Random): Made {
  const spatial = randomSpatial(random);
  const { input, window, options } = randomPool(random, spatial);
  return {
    name: `maxPool${spatial}d`,
    operands: [input],
    options: [options],
    expected: () => naiveMaxPool(input, window),
  };
}

function randomAvgPool(random: Random): Made {
  const spatial = randomSpatial(random);
  const { input, window, options } = randomPool(random, spatial);
  const countIncludePad = random.chance(0.5);
  const divisorOverride = random.chance(0.7) ? undefined : random.pick([-2, 1, 3, 8]);
  return {
    name: `avgPool${spatial}d`,
    operands: [input],
    options: [{ ...options, countIncludePad, divisorOverride }],
    expected: () => naiveAvgPool(input, window, { countIncludePad, divisorOverride }),
  };
}

function randomPad(random: Random): Made {
  const input = randomDense(
    random,
    Array.from({ length: random.integer(0, 4) }, () => random.integer(0, 4)),
  );
  const pads = input.shape.map((size): [number, number] => {
    const low = random.integer(-size, 3);
    return [low, random.integer(-Math.min(size, size + low), 3)];
  });
  const value = random.pick([0, 0, 7.5, -Infinity, NaN]);
  return { name: "pad", operands: [input], options: [pads, value], expected: () => naivePad(input, pads, value) };
}

function randomUnfold(random: Random): Made {
  const { kernel, size, ...window } = randomWindow(random, 2, { padding: () => 2 });
  const input = randomDense(random, [random.integer(1, 2), random.integer(1, 3), ...size]);
  return {
    name: "unfold",
    operands: [input],
    options: [{ kernelSize: kernel, ...window }],
    expected: () => naiveUnfold(input, kernel, window),
  };
}

function randomFold(random: Random): Made {
  const { kernel, size, ...window } = randomWindow(random, 2, { padding: () => 2 });
  const elements = kernel.reduce((product, length) => product * length, 1);
  const image = randomDense(random, [random.integer(1, 2), 1, ...size]);
  const { shape } = naiveUnfold(image, kernel, window);
  const columns = randomDense(random, [shape[0] as number, elements * random.integer(1, 3), shape[2] as number]);
  return {
    name: "fold",
    operands: [columns],
    options: [{ kernelSize: kernel, outputSize: size, ...window }],
    expected: () => naiveFold(columns, kernel, size, window),
  };
}
