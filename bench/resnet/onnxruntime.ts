/** The network as one ONNX model, in ONNX Runtime for the web: WebAssembly, one thread, all of its graph optimisations. */
import { encodeGraph, type GraphNode, type OnnxConstant } from "../contenders/onnx-model.ts";
import { loadRuntime } from "../contenders/onnxruntime.ts";
import type { Contestant } from "./contestant.ts";
import type { Constant, Layer } from "./layers.ts";

const PICTURE = [1, 3, 224, 224];

export const onnxruntimeNetwork: Contestant = {
  name: "onnxruntime-web",
  open: async (layers, picture) => {
    const runtime = await loadRuntime();
    const constants: OnnxConstant[] = [];
    const nodes = layers.flatMap((layer, at) => nodesOf(layer, at, constants));
    const last = `layer${layers.length - 1}`;
    const model = encodeGraph(
      nodes,
      "float32",
      new Map([["picture", PICTURE]]),
      constants,
      new Map([[last, [1, 1000]]]),
    );
    const session = await runtime.InferenceSession.create(model, {
      executionProviders: ["wasm"],
      logSeverityLevel: 3,
    });
    return async () => {
      const outputs = await session.run({ picture: new runtime.Tensor("float32", picture, PICTURE) });
      return outputs[last]?.data ?? [];
    };
  },
};

/** The nodes of a layer, of which the last writes `layer<at>`; what they read that is constant joins the constants. */
function nodesOf(layer: Layer, at: number, constants: OnnxConstant[]): readonly GraphNode[] {
  const { kind, input, residual, weight, bias, window, stride, padding, scale, relu } = layer;
  const constant = (what: string, { data, shape }: Constant): string => {
    constants.push({ name: `${what}${at}`, shape, data });
    return `${what}${at}`;
  };
  const x = nameOf(input);
  const windowed = { strides: [stride, stride], pads: [padding, padding, padding, padding] };
  const out = `layer${at}`;
  if (kind === "maxPool2d") {
    const attributes = { ...windowed, kernel_shape: [window, window] };
    return [{ operator: "MaxPool", inputs: [x], output: out, attributes }];
  }
  if (kind === "globalAvgPool") {
    return [
      { operator: "GlobalAveragePool", inputs: [x], output: `planes${at}`, attributes: {} },
      { operator: "Flatten", inputs: [`planes${at}`], output: out, attributes: {} },
    ];
  }
  if (!weight || !bias) throw new Error(`a ${kind} without weights`);
  const inputs = [x, constant("weight", weight), constant("bias", bias)];
  if (kind === "linear") return [{ operator: "Gemm", inputs, output: out, attributes: { transB: 1 } }];
  const chain: [operator: string, ...others: string[]][] = [["Conv", ...inputs.slice(1)]];
  if (residual !== undefined) chain.push(["Add", nameOf(residual)]);
  if (scale !== 1) chain.push(["Mul", constant("scale", { shape: [], data: Float32Array.of(scale) })]);
  if (relu) chain.push(["Relu"]);
  return chain.map(([operator, ...others], position) => ({
    operator,
    inputs: [position === 0 ? x : `part${at}_${position - 1}`, ...others],
    output: position === chain.length - 1 ? out : `part${at}_${position}`,
    attributes: operator === "Conv" ? windowed : {},
  }));
}

function nameOf(layer: number): string {
  return layer < 0 ? "picture" : `layer${layer}`;
}
