/**
 * ONNX models, as the bytes of their protocol buffer: the few fields of onnx.proto3 that a runtime asks for.
 */
import type { Dtype } from "../workload.ts";

export interface OnnxNode {
  /** The operator: "Einsum", "Conv". */
  readonly operator: string;
  readonly attributes: Readonly<Record<string, string | number | readonly number[]>>;
}

/** A node among others: it reads values by their names, and writes one. */
export interface GraphNode extends OnnxNode {
  readonly inputs: readonly string[];
  readonly output: string;
}

/** A value that the model holds. */
export interface OnnxConstant {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/** A model of one node, whose inputs are called `a`, `b`, ... and whose output is `out`. */
export function encodeModel(
  node: OnnxNode,
  dtype: Dtype,
  shapes: readonly (readonly number[])[],
  outputShape: readonly number[],
): Uint8Array {
  const inputs = new Map(shapes.map((shape, operand) => [inputName(operand), shape]));
  const nodes = [{ ...node, inputs: [...inputs.keys()], output: "out" }];
  return encodeGraph(nodes, dtype, inputs, [], new Map([["out", outputShape]]));
}

/** A model of several nodes, in an order in which they can run. */
export function encodeGraph(
  nodes: readonly GraphNode[],
  dtype: Dtype,
  inputs: Shapes,
  constants: readonly OnnxConstant[],
  outputs: Shapes,
): Uint8Array {
  const infos = (field: number, values: Shapes): number[] =>
    [...values].flatMap(([name, shape]) => bytes(field, valueInfo(name, dtype, shape)));
  const graph = [
    Uint8Array.from([...nodes.flatMap((node) => bytes(1, encodeNode(node))), ...text(2, "graph")]),
    ...constants.flatMap(encodeConstant),
    Uint8Array.from([...infos(11, inputs), ...infos(12, outputs)]),
  ];
  const IR_VERSION = 8;
  const OPERATOR_SET = 17;
  const head = [...integer(1, IR_VERSION), ...bytes(8, [...text(1, ""), ...integer(2, OPERATOR_SET)])];
  return concatenate([Uint8Array.from([...head, ...lengthPrefix(7, lengthOf(graph))]), ...graph]);
}

function encodeNode({ operator, inputs, output, attributes }: GraphNode): number[] {
  return [
    ...inputs.flatMap((name) => text(1, name)),
    ...text(2, output),
    ...text(4, operator),
    ...Object.entries(attributes).flatMap(([name, value]) => bytes(5, attribute(name, value))),
  ];
}

/** A constant's fields and its data, which are too many for a list of numbers. */
function encodeConstant({ name, shape, data }: OnnxConstant): Uint8Array[] {
  const FLOAT = 1;
  const fields = [...shape.flatMap((size) => integer(1, size)), ...integer(2, FLOAT), ...text(8, name)];
  const head = Uint8Array.from([...fields, ...lengthPrefix(9, data.byteLength)]);
  const prefix = Uint8Array.from(lengthPrefix(5, head.length + data.byteLength));
  return [prefix, head, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)];
}

function lengthOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((sum, { length }) => sum + length, 0);
}

function concatenate(chunks: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(lengthOf(chunks));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

export function inputName(operand: number): string {
  return "abcdefgh".charAt(operand);
}

function attribute(name: string, value: string | number | readonly number[]): number[] {
  if (typeof value === "string") return [...text(1, name), ...text(4, value), ...integer(20, 3)];
  if (typeof value === "number") return [...text(1, name), ...integer(3, value), ...integer(20, 2)];
  return [...text(1, name), ...value.flatMap((item) => integer(8, item)), ...integer(20, 7)];
}

function valueInfo(name: string, dtype: Dtype, shape: readonly number[]): number[] {
  const dimensions = shape.flatMap((size) => bytes(1, integer(1, size)));
  const tensor = [...integer(1, dtype === "float32" ? 1 : 11), ...bytes(2, dimensions)];
  return [...text(1, name), ...bytes(2, bytes(1, tensor))];
}

/** A field's number and wire type, then its value: the encoding of protocol buffers. */
function integer(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

function bytes(field: number, content: readonly number[]): number[] {
  return [...lengthPrefix(field, content.length), ...content];
}

function lengthPrefix(field: number, length: number): number[] {
  return [...varint((field << 3) | 2), ...varint(length)];
}

function text(field: number, value: string): number[] {
  return bytes(field, [...new TextEncoder().encode(value)]);
}

function varint(value: number): number[] {
  const digits: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) digits.push((value & 127) | 128);
  return [...digits, value];
}
