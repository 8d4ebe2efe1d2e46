/**
 * ONNX models of one node, as the bytes of their protocol buffer: the few fields of onnx.proto3 that a runtime asks for.
 */
import type { Dtype } from "../workload.ts";

export interface OnnxNode {
  /** The operator: "Einsum", "Conv". */
  readonly operator: string;
  readonly attributes: Readonly<Record<string, string | number | readonly number[]>>;
}

/** A model whose inputs are called `a`, `b`, ... and whose output is `out`. */
export function encodeModel(
  { operator, attributes }: OnnxNode,
  dtype: Dtype,
  shapes: readonly (readonly number[])[],
  outputShape: readonly number[],
): Uint8Array {
  const names = shapes.map((_, operand) => inputName(operand));
  const node = [
    ...names.flatMap((name) => text(1, name)),
    ...text(2, "out"),
    ...text(4, operator),
    ...Object.entries(attributes).flatMap(([name, value]) => bytes(5, attribute(name, value))),
  ];
  const graph = [
    ...bytes(1, node),
    ...text(2, "graph"),
    ...names.flatMap((name, operand) => bytes(11, valueInfo(name, dtype, shapes[operand] ?? []))),
    ...bytes(12, valueInfo("out", dtype, outputShape)),
  ];
  const IR_VERSION = 8;
  const OPERATOR_SET = 17;
  return Uint8Array.from([
    ...integer(1, IR_VERSION),
    ...bytes(8, [...text(1, ""), ...integer(2, OPERATOR_SET)]),
    ...bytes(7, graph),
  ]);
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
  return [...varint((field << 3) | 2), ...varint(content.length), ...content];
}

function text(field: number, value: string): number[] {
  return bytes(field, [...new TextEncoder().encode(value)]);
}

function varint(value: number): number[] {
  const digits: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) digits.push((value & 127) | 128);
  return [...digits, value];
}
