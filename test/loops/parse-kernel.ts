/**
 * Reads kernels as `printKernel` writes them, so that tests of passes show a kernel before and after in the notation
 * of the grammar in `src/loops/kernel.ts`, and nothing else.
 *
 * Invariant: `printKernel(parseKernel(text)) = text` for kernels without comments; what does not read is an error.
 */
import { constantAffine, addAffine, variableAffine, type Affine } from "../../src/affine/affine.ts";
import { DTYPE_NAMES, isBig, valueTypeOf, type Dtype, type ValueType } from "../../src/ir/dtype.ts";
import type { ReduceOperator } from "../../src/ir/contraction.ts";
import type { ComparisonOperator } from "../../src/ir/elementwise.ts";
import { COMPARISONS } from "../../src/ir/print-elementwise.ts";
import type { BinaryOperator, Buffer, Expression, Kernel, Statement } from "../../src/loops/kernel.ts";

/** Reads a kernel of one routine. */
export function parseKernel(text: string): Kernel {
  const [head = "", ...lines] = text.split("\n");
  const gap = lines.indexOf("");
  const buffers = lines.slice(0, gap).map(parseBuffer);
  const [output] = buffers.filter(({ role }) => role === "output");
  if (!output) throw new Error(`no output in: ${text}`);
  const reader: Reader = {
    lines: lines.slice(gap + 1),
    at: 0,
    buffers: new Map(buffers.map((buffer) => [buffer.name, buffer])),
    types: new Map(),
  };
  return {
    name: head.replace(/^kernel /, ""),
    integers: [],
    checks: [],
    operands: buffers.filter(({ role }) => role === "operand"),
    output,
    scratch: buffers.filter(({ role }) => role === "scratch"),
    routines: [{ comment: "", body: parseBody(reader, 2) }],
  };
}

interface Reader {
  readonly lines: readonly string[];
  at: number;
  readonly buffers: ReadonlyMap<string, Buffer>;
  /** Of values and accumulators; a name that is declared again in another scope keeps its type. */
  readonly types: Map<string, ValueType>;
}

function parseBuffer(line: string): Buffer {
  const [, role, name = "", dtype, length, initial] =
    /^ {2}(operand|output|scratch) (\S+): (\S+), (\d+)(?:, starts as (\S+))?$/.exec(line) ?? fail(line);
  const start = initial === undefined ? {} : { initial: parseNumber(initial, valueTypeOf(dtype as Dtype)) };
  return { role: role as Buffer["role"], name, dtype: dtype as Dtype, length: Number(length), ...start };
}

function parseBody(reader: Reader, indent: number): Statement[] {
  const body: Statement[] = [];
  for (let line = reader.lines[reader.at]; line !== undefined; line = reader.lines[reader.at]) {
    if (line.length - line.trimStart().length < indent) break;
    reader.at++;
    body.push(parseStatement(line.trim(), reader, indent));
  }
  return body;
}

function parseStatement(line: string, reader: Reader, indent: number): Statement {
  const loop = /^for (\S+) = (\d+) to (\d+)(?: step (\d+))?(?: unroll (\d+))?$/.exec(line);
  if (loop) {
    const [, variable = "", from, to, step = "1", unroll = "1"] = loop;
    const [first, end, by, wide] = [from, to, step, unroll].map(Number) as [number, number, number, number];
    return {
      kind: "loop",
      variable,
      from: first,
      to: end,
      step: by,
      unroll: wide,
      body: parseBody(reader, indent + 2),
    };
  }
  if (line === "block") return { kind: "block", body: parseBody(reader, indent + 2) };
  const [, offset, offsetValue = ""] = /^offset (\S+) = (.*)$/.exec(line) ?? [];
  if (offset) return { kind: "offset", name: offset, value: parseAffine(offsetValue) };
  const [, filled, constant = ""] = /^fill (\S+) = (.*)$/.exec(line) ?? [];
  if (filled) {
    const buffer = bufferOf(reader, filled);
    return { kind: "fill", buffer, value: parseNumber(constant, valueTypeOf(buffer.dtype)) };
  }
  const [, keyword, name = "", type = "f64", text = ""] =
    /^(value|accumulator) ([^\s:]+)(?:: (\w+))? = (.*)$/.exec(line) ?? [];
  if (keyword) {
    const expression = parseExpression(text, reader, type as ValueType);
    reader.types.set(name, type as ValueType);
    if (keyword === "value") return { kind: "value", name, value: expression };
    return { kind: "accumulator", name, initial: expression };
  }
  return parseWrite(line, reader);
}

function parseWrite(line: string, reader: Reader): Statement {
  const [, target = "", inside, operator, text = ""] = /^([^\s[]+)(?:\[(.*?)\])? (\w*)= (.*)$/.exec(line) ?? fail(line);
  if (inside === undefined) {
    const value = parseExpression(text, reader, typeOf(reader, target));
    return { kind: "accumulate", name: target, operator: operator as ReduceOperator, value };
  }
  const buffer = bufferOf(reader, target);
  const address = parseAffine(inside);
  const value = parseExpression(text, reader, valueTypeOf(buffer.dtype));
  if (operator === "") return { kind: "store", buffer, address, value };
  return { kind: "update", buffer, address, operator: operator as ReduceOperator, value };
}

/** `4*i - j + 3`. */
function parseAffine(text: string): Affine {
  const terms = text.replaceAll(" - ", " + -").split(" + ");
  return terms.reduce<Affine>((sum, term) => {
    const [, sign, coefficient, variable] = /^(-?)(?:(\d+)(?:\*|$))?(\S*)$/.exec(term) ?? fail(text);
    const factor = Number(`${sign}${coefficient ?? 1}`);
    return addAffine(sum, variable ? variableAffine(variable, factor) : constantAffine(factor));
  }, constantAffine(0));
}

const INFIX: readonly (readonly (readonly [string, BinaryOperator])[])[] = [
  [["or", "or"]],
  [["and", "and"]],
  [
    ["+", "add"],
    ["-", "sub"],
  ],
  [
    ["*", "mul"],
    ["/", "div"],
  ],
];

const SIGNS: ReadonlyMap<string, ComparisonOperator> = new Map(
  Object.entries(COMPARISONS).map(([operator, sign]) => [sign, operator as ComparisonOperator]),
);

/** Reads an expression of a type; constants have the type of what stands around them, an `i32` in a conversion. */
function parseExpression(text: string, reader: Reader, type: ValueType): Expression {
  const tokens = text.match(/[^\s(),[\]]+\[[^\]]*\]|-?\d[\w.+]*|[^\s(),]+|[(),]/g) ?? [];
  let at = 0;
  const whole = binary(0, type);
  if (at !== tokens.length) fail(text);
  return whole;

  function binary(precedence: number, expected: ValueType): Expression {
    const operators = INFIX[precedence];
    if (!operators) return primary(expected);
    let left = binary(precedence + 1, expected);
    for (;;) {
      const operator = operators.find(([sign]) => sign === tokens[at])?.[1];
      if (!operator) return left;
      at++;
      left = { kind: "binary", type: expected, operator, left, right: binary(precedence + 1, expected) };
    }
  }

  function primary(expected: ValueType): Expression {
    const token = tokens[at++] ?? fail(text);
    if (token === "(") return closed(bracketed(expected));
    const [, buffer, address = ""] = /^(.+)\[(.*)\]$/.exec(token) ?? [];
    if (buffer) {
      const read = bufferOf(reader, buffer);
      return { kind: "load", type: valueTypeOf(read.dtype), buffer: read, address: parseAffine(address) };
    }
    if (tokens[at] === "(") return call(token, expected);
    if (/^(-?\d|-?Infinity$|NaN$)/.test(token))
      return { kind: "constant", type: expected, value: parseNumber(token, expected) };
    return { kind: "variable", type: typeOf(reader, token), name: token };
  }

  /** What stands in parentheses: a comparison and a choice always do. */
  function bracketed(expected: ValueType): Expression {
    const first = binary(0, expected);
    const operator = SIGNS.get(tokens[at] ?? "");
    if (operator) {
      at++;
      return { kind: "compare", type: expected, operator, left: first, right: binary(0, expected) };
    }
    if (tokens[at] !== "?") return first;
    at++;
    const yes = binary(0, expected);
    if (tokens[at++] !== ":") fail(text);
    return { kind: "select", type: expected, condition: first, yes, no: binary(0, expected) };
  }

  function call(name: string, expected: ValueType): Expression {
    at++;
    const dtype = DTYPE_NAMES.find((known) => known === name);
    if (dtype) return closed({ kind: "convert", type: valueTypeOf(dtype), dtype, value: binary(0, "i32") });
    const left = binary(0, expected);
    if (tokens[at++] !== ",") fail(text);
    return closed({
      kind: "binary",
      type: expected,
      operator: name as BinaryOperator,
      left,
      right: binary(0, expected),
    });
  }

  function closed(expression: Expression): Expression {
    return tokens[at++] === ")" ? expression : fail(text);
  }
}

function parseNumber(text: string, type: ValueType): number | bigint {
  return isBig(type === "i64" ? "int64" : type === "u64" ? "uint64" : "float64") ? BigInt(text) : Number(text);
}

function bufferOf({ buffers }: Reader, name: string): Buffer {
  return buffers.get(name) ?? fail(name);
}

function typeOf({ types }: Reader, name: string): ValueType {
  return types.get(name) ?? fail(name);
}

function fail(text: string): never {
  throw new Error(`does not read: ${text}`);
}
