/**
 * TensorFlow.js on its CPU and WebAssembly backends, the latter with SIMD and one thread. Its convolutions and pools
 * take channels last, so images are converted beforehand, and its results afterwards, outside of what is timed; nothing
 * is copied out of its memory, either.
 */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { countOf, countPoints, operandsOf, type Floats, type Operation, type Workload } from "../workload.ts";
import { loadPackage, type Contender, type Variant } from "./contender.ts";
import { fromChannelsLast, toChannelsLast, weightsToChannelsLast } from "./channels-last.ts";
import { rewrite, type Operations } from "./rewritings.ts";

export interface Tensor {
  readonly shape: readonly number[];
  dataSync(): Float32Array;
  dispose(): void;
}

type Pairs = readonly (readonly [number, number])[];

/** What is used of the library. */
interface Tfjs {
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  tidy<T>(run: () => T): T;
  tensor(data: Floats, shape: readonly number[]): Tensor;
  einsum(spec: string, ...operands: Tensor[]): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  mul(a: Tensor, b: Tensor): Tensor;
  outerProduct(a: Tensor, b: Tensor): Tensor;
  transpose(a: Tensor): Tensor;
  sum(a: Tensor): Tensor;
  reshape(a: Tensor, shape: readonly number[]): Tensor;
  conv1d(x: Tensor, w: Tensor, stride: number, pad: number | "valid", format: "NWC", dilation: number): Tensor;
  conv2d(x: Tensor, w: Tensor, stride: number, pad: number | Pairs, format: "NHWC", dilation: number): Tensor;
  depthwiseConv2d(x: Tensor, w: Tensor, stride: number, pad: number, format: "NHWC", dilation: number): Tensor;
  maxPool(x: Tensor, size: number, stride: number, pad: number): Tensor;
  avgPool(x: Tensor, size: number, stride: number, pad: number): Tensor;
}

interface WasmBackend {
  setThreadsCount(count: number): void;
  setWasmPaths(folder: string): void;
}

export const tfjsCpu: Contender = {
  name: "tfjs cpu",
  kind: "javascript",
  packages: ["@tensorflow/tfjs-backend-cpu", "@tensorflow/tfjs-core"],
  remark:
    "images and weights channels last, converted beforehand; its einsum, which holds all products at once, is left out " +
    "where they are more than eight million",
  prepare: (workload) => prepareOn("cpu", workload),
};

export const tfjsWasm: Contender = {
  name: "tfjs wasm",
  kind: "wasm",
  packages: ["@tensorflow/tfjs-backend-wasm", "@tensorflow/tfjs-core"],
  remark: "one thread; no einsum; images and weights channels last, converted beforehand; nothing copied out",
  prepare: (workload) => prepareOn("wasm", workload),
};

async function prepareOn(backend: "cpu" | "wasm", workload: Workload): Promise<Variant[]> {
  if (workload.dtype !== "float32") return [];
  const tf = await loadTfjs<Tfjs>(backend);
  const { operation } = workload;
  return operation.kind === "einsum" ? einsums(tf, backend, workload) : [windows(tf, workload, operation)];
}

/** The library on one of its backends, as far as the caller uses it. */
export async function loadTfjs<T>(backend: "cpu" | "wasm"): Promise<T> {
  const tf = await loadPackage<T & Pick<Tfjs, "setBackend" | "ready">>("@tensorflow/tfjs-core");
  const name = `@tensorflow/tfjs-backend-${backend}`;
  const loaded = await loadPackage<WasmBackend>(name);
  if (backend === "wasm") {
    loaded.setThreadsCount(1);
    const folder = dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
    loaded.setWasmPaths(`${folder}/wasm-out/`);
  }
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no backend ${backend}`);
  await tf.ready();
  return tf;
}

function einsums(tf: Tfjs, backend: "cpu" | "wasm", workload: Workload): Variant[] {
  const { spec, shapes } = workload;
  const tensors = operandsOf(workload).map((data, operand) => tf.tensor(data, shapes[operand] ?? []));
  const operations: Operations<Tensor> = {
    matmul: (a, b) => tf.matMul(a, b),
    batched: (a, b) => tf.matMul(a, b),
    transpose: (a) => tf.transpose(a),
    sum: (a) => tf.sum(a),
    multiply: (a, b) => tf.mul(a, b),
    outer: (a, b) => tf.outerProduct(a, b),
    reshape: (a, shape) => tf.reshape(a, shape),
  };
  // Its product takes the second matrix transposed, without moving it.
  const attention = { label: "matmul", compute: ([q, k]: readonly Tensor[]) => tf.matMul(q!, k!, false, true) };
  const byHand = spec === "bhqd,bhkd->bhqk" ? attention : rewrite(spec, shapes, operations);
  const variants: Variant[] = [];
  // Its einsum takes two operands at most, and no index twice in one; its WebAssembly backend has none.
  if (backend === "cpu" && countPoints(workload) <= MOST_PRODUCTS && tensors.length <= 2 && spec !== "ii->") {
    variants.push(variantOf(tf, "einsum", true, () => tf.einsum(spec, ...tensors)));
  }
  if (byHand) variants.push(variantOf(tf, byHand.label, false, () => byHand.compute(tensors)));
  return variants;
}

/** Its einsum holds all products before it adds any up: a product of matrices of 512 takes ten seconds, and gigabytes. */
const MOST_PRODUCTS = 2 ** 23;

type Windows = Exclude<Operation, { kind: "einsum" }>;

function windows(tf: Tfjs, workload: Workload, operation: Windows): Variant {
  const [input, weights] = operandsOf(workload);
  const [shape = [], weightsShape = []] = workload.shapes;
  const { size, stride, padding, dilation } = operation.window;
  const x = tf.tensor(toChannelsLast(input!, shape), [shape[0]!, ...shape.slice(2), shape[1]!]);
  const back = (y: ArrayLike<number>): ArrayLike<number> => fromChannelsLast(y, workload.outputShape);
  if (operation.kind === "pool") {
    const pool = operation.reduce === "max" ? tf.maxPool : tf.avgPool;
    return variantOf(tf, "pool", true, () => pool(x, size, stride, padding), back);
  }
  const { data, shape: filterShape } = weightsToChannelsLast(weights!, weightsShape, operation.depthwise);
  const w = tf.tensor(data, filterShape);
  if (operation.depthwise) {
    return variantOf(tf, "conv", true, () => tf.depthwiseConv2d(x, w, stride, padding, "NHWC", dilation), back);
  }
  if (shape.length === 3) {
    return variantOf(tf, "conv", true, () => tf.conv1d(x, w, stride, padding || "valid", "NWC", dilation), back);
  }
  return variantOf(tf, "conv", true, () => tf.conv2d(x, w, stride, padding, "NHWC", dilation), back);
}

function variantOf(
  tf: Tfjs,
  label: string,
  asGiven: boolean,
  compute: () => Tensor,
  arrange: (data: ArrayLike<number>) => ArrayLike<number> = (data) => data,
): Variant {
  return {
    label,
    asGiven,
    run: () => tf.tidy(compute).dispose(),
    result: () => {
      const tensor = tf.tidy(compute);
      const data = tensor.dataSync();
      if (data.length !== countOf(tensor.shape)) throw new Error("tfjs: shape and data differ");
      tensor.dispose();
      return arrange(data);
    },
  };
}
