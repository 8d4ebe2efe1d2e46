/**
 * Windows of pools: every configuration of an axis that PyTorch accepts, or ONNX where its rule of padding is asked for, has
 * as many windows as naive loops make; and a choice of them, along one to three axes, has their values and gradients, as
 * functions, as kernels and in a manifest.
 *
 * A failure prints the configuration; EINSMITH_SEED and EINSMITH_CASES choose others.
 */
import { describe, expect, it } from "vitest";
import * as einsmith from "../../src/index.ts";
import { compileLayer, compileLayerGradient, EinsumError, type NdArray } from "../../src/index.ts";
import { LAYERS } from "../../src/layers/describe-layer.ts";
import { avgPoolGradient } from "../../src/layers/pooling.ts";
import { verifyCompilation } from "../../src/loops/verify-compilation.ts";
import { parseManifest } from "../../src/writer/index.ts";
import {
  makeDense,
  naiveAvgPool,
  naiveAvgPoolGrad,
  naiveMaxPool,
  naiveMaxPoolGrad,
  type Dense,
  type NaivePool,
} from "../support/naive-layers.ts";
import { messageOf } from "../support/message-of.ts";
import { interpret } from "../support/plain-kernel.ts";
import { caseCountFromEnvironment, seededRandom, seedFromEnvironment } from "../support/random.ts";

/** A pool along one axis. */
interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padding: readonly [number, number];
}

interface Rule {
  readonly ceilMode: boolean;
  readonly padRule: "torch" | "onnx";
}

const RULES: readonly Rule[] = (["torch", "onnx"] as const).flatMap((padRule) =>
  [false, true].map((ceilMode) => ({ ceilMode, padRule })),
);

const upTo = (last: number, first = 0): number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at);

/** The configurations of an axis in a small range. */
function axesOf({ padRule }: Rule): Axis[] {
  return upTo(4, 1).flatMap((kernel) => {
    const pads = upTo(padRule === "onnx" ? 4 : Math.floor(kernel / 2));
    return upTo(6, 1).flatMap((size) =>
      upTo(4, 1).flatMap((stride) =>
        upTo(3, 1).flatMap((dilation) =>
          pads.flatMap((before) =>
            pads.map((after): Axis => ({ size, kernel, stride, dilation, padding: [before, after] })),
          ),
        ),
      ),
    );
  });
}

/** Whether there is a window: PyTorch's `pooling_output_shape` is at least 1. */
function isAccepted({ size, kernel, stride, dilation, padding: [before, after] }: Axis, { ceilMode }: Rule): boolean {
  const room = size + before + after - dilation * (kernel - 1) - 1;
  return Math.floor((room + (ceilMode ? stride - 1 : 0)) / stride) + 1 >= 1;
}

function optionsOf(axes: readonly Axis[], rule: Rule) {
  return {
    kernelSize: axes.map(({ kernel }) => kernel),
    stride: axes.map(({ stride }) => stride),
    dilation: axes.map(({ dilation }) => dilation),
    padding: axes.map(({ padding }) => padding),
    ...rule,
  };
}

function naiveOf(axes: readonly Axis[], rule: Rule): NaivePool {
  const { kernelSize: kernel, stride, dilation, padding } = optionsOf(axes, rule);
  return { kernel, stride, dilation, padding, ceilMode: rule.ceilMode };
}

describe.each(RULES)("windows with $padRule padding, ceilMode $ceilMode", (rule) => {
  const axes = axesOf(rule);

  it(`are as many as naive loops make, or refused, in ${axes.length} configurations`, () => {
    const wrong = axes.filter((axis) => {
      const found = attempt(() => einsmith.maxPoolSpec([1, 1, axis.size], 1, optionsOf([axis], rule)).outputShape[2]);
      const average = attempt(() => einsmith.avgPoolSpec([1, 1, axis.size], 1, optionsOf([axis], rule)).outputShape[2]);
      const input = makeDense([1, 1, axis.size], () => 1);
      const wanted = isAccepted(axis, rule) ? naiveMaxPool(input, naiveOf([axis], rule)).shape[2] : "refused";
      return found !== wanted || average !== wanted;
    });
    expect(wrong.slice(0, 3)).toEqual([]);
    expect(axes.some((axis) => !isAccepted(axis, rule))).toBe(true);
  });
});

function attempt<T>(action: () => T): T | "refused" {
  try {
    return action();
  } catch (error) {
    if (error instanceof EinsumError) return "refused";
    throw error;
  }
}

const FIRST_SEED = seedFromEnvironment(12_000);
const COUNT = caseCountFromEnvironment(60);

const LAYER_RULES = RULES.map((rule) => ({ rule, axes: axesOf(rule).filter((axis) => isAccepted(axis, rule)) }));

/** What is wrong with the pools of a seed: a maximum, or a mean by one of its rules. */
function failureOf(seed: number): string | null {
  const random = seededRandom(seed);
  const spatial = 1 + (seed % 3);
  const { rule, axes: all } = random.pick(LAYER_RULES);
  const axes = Array.from({ length: spatial }, () => random.pick(all));
  const pool = naiveOf(axes, rule);
  const values = random.shuffle(upTo(2 * axes.reduce((product, { size }) => product * size, 1) - 1));
  const shape = [1, 2, ...axes.map(({ size }) => size)];
  let next = 0;
  const input = makeDense(shape, () => (values[next++] as number) - 7);
  const isMaximum = random.chance(0.5);
  const divisors = { countIncludePad: random.chance(0.5), divisorOverride: random.pick([undefined, undefined, 3]) };
  const options = { ...optionsOf(axes, rule), ...(isMaximum ? {} : divisors) };
  const name = `${isMaximum ? "max" : "avg"}Pool${spatial}d`;
  const wanted = isMaximum ? naiveMaxPool(input, pool) : naiveAvgPool(input, pool, divisors);
  const cotangent = makeDense(wanted.shape, () => random.integer(-4, 4));
  const gradient = isMaximum
    ? naiveMaxPoolGrad(input, pool, cotangent)
    : naiveAvgPoolGrad(input, pool, divisors, cotangent);

  const call = (einsmith as unknown as Readonly<Record<string, (...given: unknown[]) => NdArray>>)[name];
  const grad = isMaximum ? einsmith.maxPoolGrad : einsmith.avgPoolGrad;
  const entry = { layer: name, input: shape, ...options, gradients: ["input"] };
  const [read] = parseManifest(JSON.stringify({ kernels: [entry] }), "kernels.json").kernels;
  const layer = LAYERS.get(name)?.describe(shape, [], options);
  if (!layer || !read) throw new Error(`no layer ${name}`);
  const counts = isMaximum
    ? []
    : avgPoolGradient(input, spatial, options)
        .arrays.slice(1)
        .map(({ data }) => data);
  const forward = compileLayer(layer);
  const backward = compileLayerGradient(layer, "input");
  for (const compilation of [forward, backward]) verifyCompilation(compilation);
  const found: readonly (readonly [string, ArrayLike<number | bigint>, Dense])[] = [
    ["function", call?.(input, options).data ?? [], wanted],
    ["kernel", interpret(forward.kernel, [input.data, ...counts]), wanted],
    ["gradient", grad(input, spatial, cotangent, options).data, gradient],
    ["kernel of the gradient", interpret(backward.kernel, [input.data, ...counts, cotangent.data]), gradient],
  ];
  const title = `${name}([${shape.join()}], ${JSON.stringify(options)})`;
  if (String((read as { readonly layer?: unknown }).layer) !== String(layer)) return `${title}: another in a manifest`;
  for (const [what, data, { data: expected }] of found) {
    const at = expected.findIndex((value, element) => !isClose(Number(data[element]), value));
    if (data.length !== expected.length || at >= 0) return `${title}: ${what}, element ${at}: ${String(data[at])} for ${expected[at]}`; // prettier-ignore
  }
  return null;
}

function isClose(found: number, wanted: number): boolean {
  return Object.is(found, wanted) || Math.abs(found - wanted) <= 1e-12 * (1 + Math.abs(wanted));
}

describe("pools of every kind of window", () => {
  it(`have the values and gradients of naive loops, ${COUNT} of them from seed ${FIRST_SEED}`, () => {
    const failures = upTo(COUNT - 1).flatMap((at) => {
      const what = failureOf(FIRST_SEED + at);
      return what === null ? [] : [`EINSMITH_SEED=${FIRST_SEED + at} ${what}`];
    });
    expect(failures.slice(0, 3)).toEqual([]);
  }, 120_000);
});

describe("rounding up", () => {
  const six = { data: Float64Array.of(1, 2, 3, 4, 5, 6), shape: [1, 6] };

  it("counts no window that begins in the padding behind the input", () => {
    const options = { kernelSize: 2, stride: 2, padding: 2, padRule: "onnx", ceilMode: true } as const;
    expect(einsmith.maxPool1d(six, options).data).toEqual(Float64Array.of(-Infinity, 2, 4, 6));
    expect(einsmith.avgPool1d(six, options).data).toEqual(Float64Array.of(0, 1.5, 3.5, 5.5));
    const wide = { ...options, padding: [[0, 6]] } as const;
    expect(einsmith.maxPool1d(six, wide).data).toEqual(Float64Array.of(2, 4, 6));
    expect(einsmith.avgPool1d(six, { ...wide, countIncludePad: false }).data).toEqual(Float64Array.of(1.5, 3.5, 5.5));
    expect(einsmith.maxPool1d(six, { ...options, ceilMode: false }).data).toEqual(
      Float64Array.of(-Infinity, 2, 4, 6, -Infinity),
    );
  });

  it("makes one window of one that is longer than the padded input", () => {
    const four = { data: Float64Array.of(1, 2, 3, 4), shape: [1, 2, 2] };
    const options = { kernelSize: 3, stride: 2, ceilMode: true };
    expect(einsmith.maxPool2d(four, options)).toEqual({ data: Float64Array.of(4), shape: [1, 1, 1] });
    expect(einsmith.avgPool2d(four, options)).toEqual({ data: Float64Array.of(2.5), shape: [1, 1, 1] });
    expect(einsmith.maxPoolGrad(four, 2, { data: Float64Array.of(5), shape: [1, 1, 1] }, options).data).toEqual(
      Float64Array.of(0, 0, 0, 5),
    );
  });

  it("refuses a window that is longer by a whole stride", () => {
    const four = { data: Float64Array.of(1, 2, 3, 4), shape: [1, 2, 2] };
    const options = { kernelSize: 4, stride: 2, ceilMode: true };
    expect(messageOf(() => einsmith.maxPool2d(four, options))).toBe(
      "maxPool2d: the window along y spans 4 elements, but the padded input has 2 + 0 + 0 = 2 [layer-window]\n" +
        "  remedy: pad more, or make the window smaller",
    );
  });
});

describe("dilation of a mean", () => {
  const five = { data: Float64Array.of(1, 2, 3, 4, 5), shape: [1, 5] };

  it("counts the elements of a window, not what lies between them", () => {
    const options = { kernelSize: 2, stride: 1, dilation: 3, padding: 1 };
    expect(einsmith.avgPool1d(five, options).data).toEqual(Float64Array.of(1.5, 2.5, 3.5, 1.5));
    expect(einsmith.avgPool1d(five, { ...options, countIncludePad: false }).data).toEqual(
      Float64Array.of(3, 2.5, 3.5, 3),
    );
  });

  it("counts no element behind the padding", () => {
    const options = { kernelSize: 3, stride: 3, dilation: 2, padding: 1, ceilMode: true };
    // At -1, 1, 3, and at 2, 4, 6, of which 6 lies behind the padding.
    expect(einsmith.avgPool1d(five, options).data).toEqual(Float64Array.of(2, 4));
    const cotangent = { data: Float64Array.of(3, 2), shape: [1, 2] };
    expect(einsmith.avgPoolGrad(five, 1, cotangent, options).data).toEqual(Float64Array.of(0, 1, 1, 1, 1));
  });
});

describe("a pool without elements", () => {
  const empty = (...shape: number[]): NdArray => ({ data: new Float64Array(0), shape });
  const longest = 2 ** 53 - 1;

  it("has windows along an axis of any size", () => {
    expect(einsmith.maxPool1d(empty(0, 1, longest), { kernelSize: 2, padding: 1 }).shape).toEqual([0, 1, 2 ** 52]);
    expect(einsmith.maxPool2d(empty(0, 1, 4, 2 ** 40), { kernelSize: 3, stride: 1, padding: 1 }).shape).toEqual([
      0,
      1,
      4,
      2 ** 40,
    ]);
    expect(einsmith.avgPool1d(empty(0, 1, longest), { kernelSize: 3, stride: 1 }).shape).toEqual([0, 1, longest - 2]);
    expect(einsmith.avgPool1d(empty(0, 1, longest), { kernelSize: longest }).shape).toEqual([0, 1, 1]);
    expect(einsmith.avgPool1d(empty(0, 0, 2 ** 20), { kernelSize: 2, padding: 1 }).shape).toEqual([0, 0, 2 ** 19 + 1]);
  });

  it("is refused where the counts of its windows would be too many", () => {
    const padded = { kernelSize: 2, padding: 1 };
    for (const call of [
      () => einsmith.avgPool1d(empty(0, 1, 2 ** 31), { ...padded, countIncludePad: false }),
      () => einsmith.avgPoolSpec([0, 1, 2 ** 31], 1, { ...padded, countIncludePad: false }),
      () => compileLayer(einsmith.avgPoolSpec([0, 1, 2 ** 31], 1, { ...padded, countIncludePad: false })),
      () => einsmith.avgPool1d(empty(0, 1, 2 ** 31), { kernelSize: 2, ceilMode: true, padding: 1 }),
      () => einsmith.avgPoolGrad(empty(0, 1, 2 ** 31), 1, empty(0, 1, 2 ** 30 + 1), padded),
    ]) {
      expect(messageOf(call).split("\n")[0]).toBe(
        "too many windows along x: 1,073,741,825; the most is 67,108,864 [too-large]",
      );
    }
  });
});
