/**
 * ONNX Runtime for the web, on its WebAssembly provider and one thread: a model of one node a workload. A session copies
 * its inputs into WebAssembly memory and its output out of it at every call; there is no other way to call it.
 */
import { countOf, operandsOf, type Floats, type Workload } from "../workload.ts";
import { loadPackage, type Contender, type Variant } from "./contender.ts";
import { encodeModel, inputName, type OnnxNode } from "./onnx-model.ts";

interface OnnxTensor {
  readonly data: Floats;
  readonly dims: readonly number[];
}

/** What is used of the library. */
interface Runtime {
  readonly env: { readonly wasm: { numThreads: number }; logLevel: string };
  readonly Tensor: new (dtype: string, data: Floats, shape: readonly number[]) => OnnxTensor;
  readonly InferenceSession: {
    create(model: Uint8Array, options: { executionProviders: string[]; logSeverityLevel: number }): Promise<Session>;
  };
}

interface Session {
  run(inputs: Record<string, OnnxTensor>): Promise<Record<string, OnnxTensor>>;
  release(): Promise<void>;
}

export const onnxruntime: Contender = {
  name: "onnxruntime-web",
  kind: "wasm",
  packages: ["onnxruntime-web"],
  remark: "wasm, one thread; copies in and out included, which every call does",
  prepare: async (workload) => {
    const runtime = await loadRuntime();
    const nodes = [nodeOf(workload), rewritten(workload)].filter((node) => node !== undefined);
    return Promise.all(nodes.map((node, at) => variantOf(runtime, workload, node, at === 0)));
  },
};

export async function loadRuntime(): Promise<Runtime> {
  const runtime = await loadPackage<Runtime>("onnxruntime-web");
  runtime.env.wasm.numThreads = 1;
  runtime.env.logLevel = "error";
  return runtime;
}

function nodeOf({ operation, spec, shapes }: Workload): OnnxNode {
  if (operation.kind === "einsum") return { operator: "Einsum", attributes: { equation: spec } };
  const [input = []] = shapes;
  const { size, stride, padding, dilation } = operation.window;
  const axes = input.slice(2);
  const attributes = {
    kernel_shape: axes.map(() => size),
    strides: axes.map(() => stride),
    pads: [...axes, ...axes].map(() => padding),
  };
  if (operation.kind === "pool")
    return { operator: operation.reduce === "max" ? "MaxPool" : "AveragePool", attributes };
  const group = operation.depthwise ? (input[1] ?? 1) : 1;
  return { operator: "Conv", attributes: { ...attributes, dilations: axes.map(() => dilation), group } };
}

/** The shapes as ONNX wants them: the weights of a depthwise convolution have one input channel. */
function inputShapesOf({ operation, shapes }: Workload): readonly (readonly number[])[] {
  const [input = [], weights = []] = shapes;
  if (operation.kind !== "convolution" || !operation.depthwise) return shapes;
  return [input, [weights[0] ?? 0, 1, ...weights.slice(1)]];
}

/** The operators of ONNX that are an einsum by another name. */
function rewritten({ spec }: Workload): OnnxNode | undefined {
  switch (spec) {
    case "ij,jk->ik":
    case "bij,bjk->bik":
    case "ij,j->i":
      return { operator: "MatMul", attributes: {} };
    case "ij->ji":
      return { operator: "Transpose", attributes: {} };
    case "ijk->":
      return { operator: "ReduceSum", attributes: { keepdims: 0 } };
    default:
      return undefined;
  }
}

async function variantOf(runtime: Runtime, workload: Workload, node: OnnxNode, asGiven: boolean): Promise<Variant> {
  const { dtype, outputShape } = workload;
  const shapes = inputShapesOf(workload);
  const arrays = operandsOf(workload);
  const open = (): Promise<Session> => {
    const model = encodeModel(node, dtype, shapes, outputShape);
    return runtime.InferenceSession.create(model, { executionProviders: ["wasm"], logSeverityLevel: 3 });
  };
  const inputsOf = (): Record<string, OnnxTensor> => {
    const tensors = arrays.map((data, operand) => new runtime.Tensor(dtype, data, shapes[operand] ?? []));
    return Object.fromEntries(tensors.map((tensor, operand) => [inputName(operand), tensor]));
  };
  const [session, inputs] = [await open(), inputsOf()];
  return {
    label: node.operator,
    asGiven,
    run: () => session.run(inputs),
    firstUse: async () => {
      const fresh = await open();
      await fresh.run(inputsOf());
      await fresh.release();
    },
    result: async () => {
      const { out } = await session.run(inputs);
      if (!out || countOf(out.dims) !== countOf(outputShape)) throw new Error(`a result of shape ${out?.dims.join()}`);
      return out.data;
    },
  };
}
