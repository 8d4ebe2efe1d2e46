/**
 * Gradients of random layers, with strides, dilations, padding, groups, biases, clamps, ceiled and divided pools: those of
 * the functions on arrays against central differences, and those of kernels against those of the functions.
 *
 * A failure prints the seed: EINSMITH_SEED=123 runs that one alone; EINSMITH_CASES sets how many are run.
 */
import { describe, expect, it } from "vitest";
import * as layers from "../../src/index.ts";
import { compileLayerGradient, type LayerSpec, type NdArray } from "../../src/index.ts";
import { LAYERS } from "../../src/layers/describe-layer.ts";
import { avgPoolGradient } from "../../src/layers/pooling.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { randomLayer, type RandomLayer } from "../support/random-layers.ts";
import { caseCountFromEnvironment, seedFromEnvironment, seededRandom, type Random } from "../support/random.ts";

const FIRST_SEED = seedFromEnvironment(40_000);
const COUNT = caseCountFromEnvironment(250);
const STEP = 1e-5;

interface Doubles extends NdArray {
  readonly data: Float64Array;
}

/** A layer, what it takes, in its order, and its gradients by that. */
interface Case {
  readonly layer: LayerSpec;
  readonly arrays: readonly Doubles[];
  readonly gradients: (cotangent: Doubles) => readonly (NdArray | undefined)[];
}

function caseOf({ name, operands, options }: RandomLayer): Case {
  const [input, weight] = operands as unknown as [Doubles, Doubles?];
  const [given, more] = options as [Record<string, never>, unknown];
  const spatial = Number(/\d/.exec(name)?.[0] ?? 0);
  const bias = given["bias"] as Doubles | undefined;
  const flags = name === "pad" ? { pads: given, value: more } : { ...given, ...(bias && { bias: true }) };
  const layer = LAYERS.get(name)?.describe(input.shape, weight?.shape ?? [], flags) as LayerSpec;
  if (weight) {
    const gradient = name.startsWith("convTranspose") ? layers.convTransposeGrad : layers.convGrad;
    return {
      layer,
      arrays: [input, weight, ...(bias ? [bias] : [])],
      gradients: (cotangent) => {
        const found = gradient(input, weight, cotangent, given);
        return [found.input, found.weight, ...(bias ? [found.bias] : [])];
      },
    };
  }
  const by = (gradient: (cotangent: Doubles) => NdArray | undefined): Case => ({
    layer,
    arrays: [input],
    gradients: (cotangent) => [gradient(cotangent)],
  });
  if (name.startsWith("maxPool"))
    return by((cotangent) => layers.maxPoolGrad(input, spatial, cotangent, given as never));
  if (name.startsWith("avgPool")) {
    const { arrays } = avgPoolGradient(input, spatial, given as never);
    const found = by((cotangent) => layers.avgPoolGrad(input, spatial, cotangent, given as never));
    return { ...found, arrays: [input, ...(arrays.slice(1) as Doubles[])] };
  }
  if (name === "pad") return by((cotangent) => layers.padGrad(input, given as never, cotangent));
  return by((cotangent) => layers.layerGradients(layer, [input], cotangent)[0]);
}

/** Puts doubles in the place of what an array holds, none twice and none where a clamp has its corner. */
function spread(random: Random, { data }: Doubles): void {
  const steps = random.shuffle(Array.from(data.keys()));
  data.set(steps.map((step) => (16 * (step + 0.37)) / data.length - 8));
}

function failureOf(seed: number): string | null {
  const made = randomLayer(seed);
  const random = seededRandom(seed + 1);
  const { layer, arrays, gradients } = caseOf(made);
  const result = made.found();
  const names = [...(layer.options.operands ?? []), ...(layer.epilogue?.further ?? []).map(({ name }) => name)];
  // The counts that an average divides by are constants.
  const own = arrays.filter((_, at) => !names[at]?.startsWith("count"));
  for (const array of own) spread(random, array);
  // What is padded with may be no number.
  const cotangent: Doubles = {
    data: Float64Array.from(result.data as Float64Array, (value) =>
      Number.isFinite(value) ? random.integer(-3, 3) : 0,
    ),
    shape: result.shape,
  };
  const loss = (): number => {
    const { data } = made.found();
    return cotangent.data.reduce((sum, weight, at) => sum + (weight && weight * Number(data[at])), 0);
  };
  const found = gradients(cotangent);
  for (const [number, { data, shape }] of own.entries()) {
    const gradient = found[number] as Doubles;
    const by = `${made.title} by ${names[number]}`;
    if (gradient.shape.join() !== shape.join()) return `${by}: shape [${gradient.shape.join()}]`;
    for (let tries = 0; tries < 4 && data.length > 0; tries++) {
      const at = random.integer(0, data.length - 1);
      const before = data[at] as number;
      data[at] = before + STEP;
      const above = loss();
      data[at] = before - STEP;
      const difference = (above - loss()) / (2 * STEP);
      data[at] = before;
      const value = gradient.data[at] as number;
      const scale = 1 + Math.abs(difference) + Math.abs(above);
      if (!(Math.abs(value - difference) <= 1e-6 * scale)) return `${by}, element ${at}: ${value} for ${difference}`;
    }
    const run = evaluateSource(compileLayerGradient(layer, names[number] as string).source);
    const kernel = run(...arrays.map((array) => array.data), cotangent.data) as Float64Array;
    const wrong = kernel.findIndex((value, at) => {
      const wanted = gradient.data[at] as number;
      return !(Math.abs(value - wanted) <= 1e-12 * (1 + Math.abs(wanted)));
    });
    if (wrong >= 0) return `${by}, kernel, element ${wrong}: ${kernel[wrong]}, not ${gradient.data[wrong]}`;
  }
  return null;
}

describe(`the gradients of ${COUNT} random layers from seed ${FIRST_SEED}`, () => {
  it("agree with finite differences, as functions and as kernels", () => {
    const failures = Array.from({ length: COUNT }, (_, at) => FIRST_SEED + at).flatMap((seed) => {
      const what = failureOf(seed);
      return what === null ? [] : [`EINSMITH_SEED=${seed} ${what}`];
    });
    expect(failures.slice(0, 3)).toEqual([]);
  }, 180_000);
});
