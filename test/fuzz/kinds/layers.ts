/**
 * Layers against naive loops: on arrays of any strides and of two dtypes, as compiled modules, into an `out`; pools and
 * `pad` with elements that are not finite; gradients of what is linear against differences, which are exact.
 */
import * as library from "../../../src/index.ts";
import { compileLayer, type LayerSpec, type NdArray } from "../../../src/index.ts";
import { LAYERS } from "../../../src/layers/describe-layer.ts";
import { evaluateSource } from "../../support/evaluate.ts";
import type { Dense } from "../../support/naive-layers.ts";
import { randomLayer, type RandomLayer } from "../../support/random-layers.ts";
import type { Random } from "../../support/random.ts";
import { attempt, type Entry, type Failure, type Kind, type Report } from "../kind.ts";
import { rowMajor } from "../draft.ts";
import { countOf, forEachPoint } from "../naive.ts";
import { differenceOf, type Numbers } from "../numbers.ts";
import { printValue } from "../print.ts";

export const layers: Kind = { name: "layer", weight: 3, run: runLayer };

type Call = (...given: readonly unknown[]) => NdArray;

/** One way to compute a layer. */
interface Attempt {
  readonly row: string;
  readonly call: string;
  readonly run: () => string | number;
}

async function runLayer(random: Random): Promise<Report> {
  const made = randomLayer(random.integer(0, 2 ** 31 - 1));
  const isLinear = !made.name.startsWith("maxPool") && !JSON.stringify(made.options).includes("activation");
  if (!/conv/.test(made.name) && random.chance(0.25)) spoil(random, made);
  const attempts = [callLayer(random, made)];
  if (random.chance(0.3)) attempts.push(compiledLayer(random, made));
  if (random.chance(0.25) && isLinear) attempts.push(linearGradient(random, made));
  if (random.chance(0.25) && made.name.startsWith("maxPool")) attempts.push(maxPoolGradient(made));
  const entries: Entry[] = [];
  const failures: Failure[] = [];
  for (const { row, call, run } of attempts) {
    const outcome = await attempt(run);
    entries.push({ row: `${made.name.replace(/\dd$/, "")} ${row}`, outcome });
    if (outcome.kind === "fails") failures.push({ row, what: outcome.what, program: call });
  }
  return { entries, failures };
}

/** Puts elements that are not finite into the operand of a pool. */
function spoil(random: Random, { operands: [input] }: RandomLayer): void {
  for (const at of input?.data.keys() ?? []) {
    if (random.chance(0.1)) (input as Dense).data[at] = random.pick([NaN, Infinity, -Infinity, -0]);
  }
}

function toDtype(values: ArrayLike<number>, isSingle: boolean): Numbers {
  return isSingle ? Float32Array.from(values) : Float64Array.from(values);
}

/** The same array in another order of memory, with gaps. */
function strided(random: Random, { data, shape }: Dense, isSingle: boolean): NdArray {
  if (random.chance(0.5)) return { data: toDtype(data, isSingle), shape };
  const strides = shape.map(() => 1);
  let stride = random.integer(1, 2);
  for (const axis of random.shuffle([...shape.keys()])) {
    strides[axis] = stride;
    stride *= Math.max(1, shape[axis] as number);
  }
  const offset = random.integer(0, 2);
  const values = new Array<number>(offset + stride).fill(9);
  const dense = rowMajor(shape);
  for (let at = 0; at < data.length; at++) {
    const address = shape.reduce((sum, size, axis) => {
      return sum + (Math.floor(at / (dense[axis] as number)) % size) * (strides[axis] as number);
    }, offset);
    values[address] = data[at] as number;
  }
  return { data: toDtype(values, isSingle), shape, strides, offset };
}

/** The options of a layer, whose arrays are of a dtype. */
function optionsIn(made: RandomLayer, isSingle: boolean): unknown[] {
  return made.options.map((option) => {
    const bias = (option as { readonly bias?: Dense } | null)?.bias;
    return bias ? { ...(option as object), bias: { ...bias, data: toDtype(bias.data, isSingle) } } : option;
  });
}

function callLayer(random: Random, made: RandomLayer): Attempt {
  const isSingle = random.chance(0.4);
  const operands = made.operands.map((operand) => strided(random, operand, isSingle));
  const options = optionsIn(made, isSingle);
  const call = (library as unknown as Readonly<Record<string, Call>>)[made.name] as Call;
  return {
    row: "call",
    call: `${made.name}(${[...operands, ...options].map(printValue).join(", ")})`,
    run: () => {
      const expected = made.expected();
      const wanted = toDtype(expected.data, isSingle);
      const found = call(...operands, ...options);
      if (found.shape.join() !== expected.shape.join()) {
        return `shape [${found.shape.join()}], expected [${expected.shape.join()}]`;
      }
      return differenceOf(found.data as Numbers, wanted) ?? 1;
    },
  };
}

/** The layer as the compiler sees it, for arrays of the shapes at hand. */
function describe(made: RandomLayer): { readonly layer: LayerSpec; readonly arrays: readonly Dense[] } | null {
  const [input, weight] = made.operands;
  const [given, more] = made.options as [Record<string, unknown>, unknown];
  const bias = given["bias"] as Dense | undefined;
  const flags = made.name === "pad" ? { pads: given, value: more } : { ...given, ...(bias && { bias: true }) };
  const layer = LAYERS.get(made.name)?.describe(input?.shape ?? [], weight?.shape ?? [], flags);
  const arrays = [...made.operands, ...(bias ? [bias] : [])];
  const count = (layer?.options.operands?.length ?? 0) + (layer?.epilogue?.further?.length ?? 0);
  // Tables of divisors are operands too: those are tested through the functions.
  return layer && count === arrays.length ? { layer, arrays } : null;
}

function compiledLayer(random: Random, made: RandomLayer): Attempt {
  const isSingle = random.chance(0.4);
  return {
    row: "module text",
    call: `compileLayer of ${made.title}, ${isSingle ? "float32" : "float64"}`,
    run: () => {
      const described = describe(made);
      if (!described) return 0;
      const { source } = compileLayer(described.layer, { dtype: isSingle ? "float32" : "float64" });
      const arrays = described.arrays.map(({ data }) => toDtype(data, isSingle));
      const run = evaluateSource(source);
      const wanted = toDtype(made.expected().data, isSingle);
      const first = run(...arrays);
      const found = differenceOf(first as Numbers, wanted);
      if (found !== null) return found;
      return differenceOf(run(...arrays, first.fill(7 as never)) as Numbers, wanted) ?? 2;
    },
  };
}

/** A linear layer changes by the gradient where an element grows by 1, whatever the cotangent. */
function linearGradient(random: Random, made: RandomLayer): Attempt {
  const picks = [random.integer(0, 999_983), random.integer(0, 999_983)];
  const spatial = Number(/\d/.exec(made.name)?.[0] ?? 0);
  return {
    row: "gradient",
    call: `the gradients of ${made.title}`,
    run: () => {
      const finite = made.operands.every(({ data }) => data.every(Number.isFinite));
      const before = made.expected();
      if (!finite || before.data.length === 0) return 0;
      const cotangent = { data: before.data.map((_, at) => ((at * 7) % 5) - 2), shape: before.shape };
      const [input, weight] = made.operands as readonly NdArray[];
      const found = gradientsOf(made, spatial, input as NdArray, weight, cotangent);
      const isAverage = made.name.startsWith("avgPool");
      for (const [operand, { data }] of made.operands.entries()) {
        for (const pick of picks) {
          if (data.length === 0) continue;
          const at = pick % data.length;
          const value = data[at] as number;
          data[at] = value + 1;
          const after = made.expected().data;
          data[at] = value;
          // The mean of a window of padding alone is no number, whatever the input is; nor may padding be one.
          const wanted = after.reduce((sum, changed, place) => {
            const was = before.data[place] as number;
            return sum + (!Number.isFinite(was) ? 0 : (cotangent.data[place] as number) * (changed - was));
          }, 0);
          const got = Number(found[operand]?.data[at]);
          if (!(Math.abs(got - wanted) <= (isAverage ? 1e-9 * (1 + Math.abs(wanted)) : 0))) {
            return `by operand ${operand}, element ${at}: ${got}, expected ${wanted}`;
          }
        }
      }
      return picks.length;
    },
  };
}

function gradientsOf(
  made: RandomLayer,
  spatial: number,
  input: NdArray,
  weight: NdArray | undefined,
  cotangent: NdArray,
): readonly (NdArray | undefined)[] {
  const { name } = made;
  const [options] = made.options as [never];
  if (weight) {
    const gradient = name.startsWith("convTranspose") ? library.convTransposeGrad : library.convGrad;
    const found = gradient(input, weight, cotangent, options);
    return [found.input, found.weight];
  }
  if (name.startsWith("avgPool")) return [library.avgPoolGrad(input, spatial, cotangent, options)];
  if (name === "pad") return [library.padGrad(input, options, cotangent)];
  const layer = LAYERS.get(name)?.describe(input.shape, [], options) as LayerSpec;
  return library.layerGradients(layer, [input], cotangent);
}

interface PoolOptions {
  readonly kernelSize: readonly number[];
  readonly stride: readonly number[];
  readonly dilation: readonly number[];
  readonly padding: readonly (readonly [number, number])[];
}

/** The gradient of a maximum goes to the first of its window, row-major; a NaN is the maximum. */
function maxPoolGradient(made: RandomLayer): Attempt {
  return {
    row: "gradient",
    call: `the gradient of ${made.title}`,
    run: () => {
      const [input] = made.operands as readonly [Dense];
      const [options] = made.options as [PoolOptions];
      const { shape } = made.expected();
      const cotangent = {
        data: Float64Array.from({ length: countOf(shape) }, (_, at) => ((at * 7) % 5) - 2),
        shape,
      };
      const wanted = new Float64Array(input.data.length);
      const [from, to] = [rowMajor(input.shape), rowMajor(shape)];
      forEachPoint(shape, (place) => {
        const [batch = 0, channel = 0, ...at] = place;
        let [best, most] = [-1, NaN];
        forEachPoint(options.kernelSize, (k) => {
          const spot = at.map((own, axis) => {
            const start = own * (options.stride[axis] as number) - (options.padding[axis]?.[0] ?? 0);
            return start + (k[axis] as number) * (options.dilation[axis] as number);
          });
          const whole = [batch, channel, ...spot];
          if (!whole.every((own, axis) => own >= 0 && own < (input.shape[axis] as number))) return;
          const address = whole.reduce((sum, own, axis) => sum + own * (from[axis] as number), 0);
          const value = input.data[address] as number;
          if (best < 0 || value > most || (Number.isNaN(value) && !Number.isNaN(most))) [best, most] = [address, value];
        });
        if (best < 0) return;
        const incoming = cotangent.data[
          place.reduce((sum, own, axis) => sum + own * (to[axis] as number), 0)
        ] as number;
        wanted[best] = (wanted[best] as number) + incoming;
      });
      const found = library.maxPoolGrad(input, shape.length - 2, cotangent, options);
      return differenceOf(found.data as Numbers, wanted) ?? 1;
    },
  };
}
