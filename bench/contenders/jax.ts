/**
 * jax-js on its WebAssembly device, its functions compiled by its own `jit`. It is written for Node 22: on Node 20 it
 * asks for `navigator`, for the methods of iterators and for the name `Float16Array`, which are then supplied here.
 */
import { operandsOf, type Floats, type Operation, type Workload } from "../workload.ts";
import { loadPackage, type Contender, type Variant } from "./contender.ts";
import { rewrite } from "./rewritings.ts";

/** Arrays are counted: what is passed to a function is consumed, `ref` keeps it. */
interface JaxArray {
  readonly ref: JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  blockUntilReady(): Promise<JaxArray>;
  data(): Promise<Floats>;
  dispose(): void;
}

type Compute = (...operands: JaxArray[]) => JaxArray;
type Pairs = readonly (readonly [number, number])[];

/** What is used of the library. */
interface Jax {
  init(): Promise<readonly string[]>;
  defaultDevice(device: string): void;
  jit(compute: Compute): Compute;
  readonly numpy: {
    array(data: Floats, options: { dtype: string }): JaxArray;
    einsum(spec: string, ...operands: JaxArray[]): JaxArray;
    matmul(a: JaxArray, b: JaxArray): JaxArray;
    transpose(a: JaxArray): JaxArray;
    swapaxes(a: JaxArray, first: number, second: number): JaxArray;
    outer(a: JaxArray, b: JaxArray): JaxArray;
    sum(a: JaxArray): JaxArray;
    max(a: JaxArray): JaxArray;
    mean(a: JaxArray): JaxArray;
    multiply(a: JaxArray, b: JaxArray): JaxArray;
    full(shape: readonly number[], value: number): JaxArray;
    concatenate(parts: readonly JaxArray[], axis: number): JaxArray;
  };
  readonly lax: {
    convGeneralDilated(
      input: JaxArray,
      weights: JaxArray,
      strides: readonly number[],
      padding: Pairs,
      options: { rhsDilation: readonly number[]; featureGroupCount: number },
    ): JaxArray;
    reduceWindow(
      operand: JaxArray,
      reduce: (window: JaxArray) => JaxArray,
      sizes: readonly number[],
      strides: readonly number[],
    ): JaxArray;
  };
}

export const jax: Contender = {
  name: "jax-js",
  kind: "wasm",
  packages: ["@jax-js/jax"],
  remark: "wasm device, jitted; on Node 20 with the navigator and iterator methods that it expects",
  prepare: async (workload) => {
    supplyNode22();
    const library = await loadPackage<Jax>("@jax-js/jax");
    const devices = await library.init();
    if (!devices.includes("wasm")) throw new Error(`jax-js has no wasm device, only ${devices.join(", ")}`);
    library.defaultDevice("wasm");
    return computationsOf(library, workload).map(({ label, asGiven, compute }) =>
      variantOf(library, workload, label, asGiven, compute),
    );
  },
};

interface Computation {
  readonly label: string;
  readonly asGiven: boolean;
  readonly compute: Compute;
}

function computationsOf(library: Jax, { operation, spec, shapes }: Workload): Computation[] {
  if (operation.kind === "convolution") return [convolution(library, operation, shapes)];
  if (operation.kind === "pool") return [pool(library, operation, shapes)];
  const { numpy: np } = library;
  const einsum: Computation = {
    label: "einsum",
    asGiven: true,
    compute: (...operands) => np.einsum(spec, ...operands),
  };
  const byHand = rewrite<JaxArray>(spec, shapes, {
    matmul: np.matmul,
    batched: np.matmul,
    transpose: (a) => np.swapaxes(a, -1, -2),
    outer: np.outer,
    sum: (a) => np.sum(a),
    multiply: np.multiply,
    reshape: (a, shape) => a.reshape(shape),
  });
  if (!byHand) return [einsum];
  return [einsum, { label: byHand.label, asGiven: false, compute: (...operands) => byHand.compute(operands) }];
}

type Convolution = Extract<Operation, { kind: "convolution" }>;
type Pool = Extract<Operation, { kind: "pool" }>;

function convolution({ lax }: Jax, { window, depthwise }: Convolution, shapes: Workload["shapes"]): Computation {
  const [[, channels = 1, ...extents] = [], weights = []] = shapes;
  const each = <T>(value: T): T[] => extents.map(() => value);
  const padding = each([window.padding, window.padding] as const);
  const options = { rhsDilation: each(window.dilation), featureGroupCount: depthwise ? channels : 1 };
  const kernelShape = depthwise ? [channels, 1, ...weights.slice(1)] : weights;
  const compute: Compute = (x, w) =>
    lax.convGeneralDilated(x, w.reshape(kernelShape), each(window.stride), padding, options);
  return { label: "conv", asGiven: true, compute };
}

/** Its windows have no padding, and it pads with zeros alone: borders are joined to the input, in the same function. */
function pool({ numpy: np, lax }: Jax, { window, reduce }: Pool, [shape = []]: Workload["shapes"]): Computation {
  const { size, stride, padding } = window;
  const border = (sides: readonly number[]): JaxArray => np.full(sides, -Infinity);
  const padded = (x: JaxArray): JaxArray => {
    if (padding === 0) return x;
    const [batch = 0, channels = 0, height = 0, width = 0] = shape;
    const row = [batch, channels, padding, width];
    const column = [batch, channels, height + 2 * padding, padding];
    return np.concatenate([border(column), np.concatenate([border(row), x, border(row)], 2), border(column)], 3);
  };
  const reduceOne = reduce === "max" ? np.max : np.mean;
  const compute: Compute = (x) =>
    lax.reduceWindow(padded(x), (view) => reduceOne(view), [size, size], [stride, stride]);
  return { label: "reduceWindow", asGiven: true, compute };
}

function variantOf(library: Jax, workload: Workload, label: string, asGiven: boolean, compute: Compute): Variant {
  const { dtype, shapes } = workload;
  const arrays = operandsOf(workload).map((data, operand) =>
    library.numpy.array(data, { dtype }).reshape(shapes[operand] ?? []),
  );
  const jitted = library.jit(compute);
  const call = (): JaxArray => jitted(...arrays.map((array) => array.ref));
  return {
    label,
    asGiven,
    run: async () => {
      const result = call();
      await result.blockUntilReady();
      result.dispose();
    },
    result: () => call().data(),
  };
}

/** What Node 22 has and the library expects, where it is missing. */
function supplyNode22(): void {
  const global = globalThis as { navigator?: object; Float16Array?: object };
  global.navigator ??= {};
  // It only asks whether an array is one.
  global.Float16Array ??= class Float16Array {};
  const iterator = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as Record<string, unknown>;
  const lists = Array.prototype as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (const method of ["every", "filter", "find", "flatMap", "forEach", "map", "reduce", "some"]) {
    iterator[method] ??= function (this: Iterable<unknown>, ...given: unknown[]) {
      const result = lists[method]?.apply([...this], given);
      return Array.isArray(result) ? result.values() : result;
    };
  }
  iterator.toArray ??= function (this: Iterable<unknown>) {
    return [...this];
  };
}
