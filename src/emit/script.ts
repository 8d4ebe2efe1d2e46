/**
 * Kernels as scripts: JavaScript that is evaluated where it is made, and that nobody reads. `einsum`, the layers and the
 * gradients run these. Every operation stands in parentheses and every integer is wrapped where it is made; what modules
 * do for readers (see `kernel.ts`) is left to the engine.
 *
 * Invariant: the text computes what the interpreter does, bit for bit. Identifiers are counted and literals are numbers:
 * nothing that a user wrote is part of it.
 */
import { factorsOf, sizeAffine, type Size } from "../affine/affine.ts";
import {
  arrayNameOf,
  bytesOf,
  extremesOf,
  isBig,
  isFloat,
  valueTypeOf,
  type Dtype,
  type ValueType,
} from "../ir/dtype.ts";
import { reduceAsBinary } from "../loops/arithmetic.ts";
import type { BinaryOperator, Buffer, Expression, Kernel, Routine, Statement } from "../loops/kernel.ts";
import { buffersTouched } from "../loops/rewrite.ts";
import { InternalError, required, unreachable } from "../support/errors.ts";

/** What is evaluated: the text returns a function of the operands, the integers of these names, and the output. */
export interface Script {
  readonly text: string;
  readonly integers: readonly string[];
}

/** Writes a kernel, which must not run in slices. */
export function writeScript(kernel: Kernel): Script {
  const { operands, output, scratch, routines, definitions = [] } = kernel;
  if (kernel.slices) throw new InternalError("a script has no slices");
  const integers = kernel.integers.map(({ name }) => name);
  const arrays = [...operands, output];
  const named = new Map([...arrays, ...scratch].map((buffer, at) => [buffer, `b${at}`]));
  const writer = startWriter(named, new Set(definitions.map(({ name }) => name)));
  const { nameOf } = writer;
  const values = integers.map(writer.declare);
  const parameters = [...operands.map(nameOf), ...values, nameOf(output)].join();
  // What a kernel looks at the bits of, and scratch whose length is left to run time.
  const views = arrays.map(({ bitsOf, dtype }, at) => {
    return bitsOf ? `b${at}=new ${arrayNameOf(dtype)}(b${at}.buffer,b${at}.byteOffset,b${at}.length);` : "";
  });
  const growing = scratch.map((buffer) => {
    const [name, length] = [nameOf(buffer), writer.size(buffer.length)];
    const longer = `if(${name}.length<${length})${name}=new ${arrayNameOf(buffer.dtype)}(${length});`;
    return typeof buffer.length === "number" ? "" : longer;
  });
  const bodies = routines.map(({ body }: Routine) => writer.statements(body));
  // The engine optimises small functions of one hot loop each better than one long function.
  const isOne = bodies.length === 1;
  // Each is given what it touches alone: with many operands the text would grow by their square.
  const given = routines.map(({ body }) => {
    const touched = [...buffersTouched(body)].filter(({ role }) => role !== "scratch");
    return [...touched.map(nameOf), ...values].join();
  });
  const calls = isOne ? bodies : given.map((names, at) => `step${at}(${names});`);
  const text = [
    '"use strict";const max=(a,b)=>a>b?a:b,min=(a,b)=>a<b?a:b;',
    ...scratch.map((buffer) => `let ${nameOf(buffer)}=${newScratch(buffer, nameOf)};`),
    ...definitions.map(({ name, parameters: taken, body }) => {
      return `function ${name}(${taken.map((parameter) => parameter.name).join()}){${body}}`;
    }),
    ...(isOne ? [] : bodies.map((body, at) => `function step${at}(${given[at]}){${body}}`)),
    `return(${parameters})=>{${[...views, ...growing, ...calls].join("")}}`,
  ].join("\n");
  return { text, integers };
}

/** The array that scratch begins as. */
function newScratch({ dtype, length, initial, part }: Buffer, nameOf: (buffer: Buffer) => string): string {
  const type = arrayNameOf(dtype);
  if (part) return `${nameOf(part.of)}.subarray(${part.from},${part.from + Number(length)})`;
  const fill = initial === undefined ? "" : `.fill(${literal(initial)})`;
  return `new ${type}(${typeof length === "number" ? length : 0})${fill}`;
}

const COMPARISONS = { eq: "===", ne: "!==", lt: "<", le: "<=" } as const;

/** Writes the statements of routines, and knows what their names are called. */
function startWriter(buffers: ReadonlyMap<Buffer, string>, defined: ReadonlySet<string>) {
  const variables = new Map<string, string>();
  let count = 0;

  const nameOf = (buffer: Buffer): string => required(buffers.get(buffer), buffer.name);
  const read = (name: string): string => required(variables.get(name), name);
  /** A name has one meaning at a time: a new identifier takes the place of an old one. */
  const declare = (name: string): string => {
    const identifier = `v${count++}`;
    variables.set(name, identifier);
    return identifier;
  };

  /** A sum that begins with what is added: a product with a negative number would be -0 where it is 0. */
  const size = (given: Size): string => {
    const { terms, constant } = sizeAffine(given);
    const productsOf = (sign: number): string[] =>
      terms
        .filter(({ coefficient }) => Math.sign(coefficient) === sign)
        .map(({ variable, coefficient }) => [sign * coefficient, ...factorsOf(variable).map(read)].join("*"));
    const added = productsOf(1);
    if (constant !== 0 || added.length === 0) added.push(String(constant));
    return [added.join("+"), ...productsOf(-1)].join("-").replaceAll(/\b1\*/g, "");
  };

  const element = (buffer: Buffer, address: Size): string => `${nameOf(buffer)}[${size(address)}]`;

  const binary = (operator: BinaryOperator, type: ValueType, left: string, right: string): string => {
    switch (operator) {
      case "add":
        return wrap(type, `${left}+${right}`);
      case "sub":
        return wrap(type, `${left}-${right}`);
      case "mul":
        return wrap(type, type === "i32" || type === "u32" ? `Math.imul(${left},${right})` : `${left}*${right}`);
      case "div":
        return `(${left}/${right})`;
      case "max":
      case "min": {
        const chosen = operator === "max" ? "greaterOf" : "lesserOf";
        const called = defined.has(chosen) ? chosen : `${isBig(type) ? "" : "Math."}${operator}`;
        return `${called}(${left},${right})`;
      }
      case "and":
      case "or":
        return truth(type, `${isTrue(type, left)}${operator === "and" ? "&&" : "||"}${isTrue(type, right)}`);
      default:
        return unreachable(operator);
    }
  };

  const write = (expression: Expression): string => {
    switch (expression.kind) {
      case "constant":
        return constantOf(expression.type, expression.value);
      case "integer":
        return `(${size(expression.value)})`;
      case "variable":
        return read(expression.name);
      case "load":
        return element(expression.buffer, expression.address);
      case "binary":
        return binary(expression.operator, expression.type, write(expression.left), write(expression.right));
      case "call": {
        const [before, after] = expression.function.javascript;
        return `(${before}(${write(expression.value)})${after})`;
      }
      case "convert":
        return convert(expression.value.type, expression.dtype, write(expression.value));
      case "compare": {
        const { operator, type, left, right } = expression;
        return truth(type, `${write(left)}${COMPARISONS[operator]}${write(right)}`);
      }
      case "select": {
        const { condition, yes, no } = expression;
        return `(${isTrue(condition.type, write(condition))}?${write(yes)}:${write(no)})`;
      }
      default:
        return unreachable(expression);
    }
  };

  const statement = (given: Statement): string => {
    switch (given.kind) {
      case "loop": {
        const [from, to] = [size(given.from), size(given.to)];
        const name = declare(given.variable);
        return `for(let ${name}=${from};${name}<${to};${name}+=${given.step}){${statements(given.body)}}`;
      }
      case "block":
        return `{${statements(given.body)}}`;
      case "offset": {
        const value = size(given.value);
        const rest = given.whole === undefined ? "" : `-(${value})%${given.whole}`;
        return `const ${declare(given.name)}=${value}${rest};`;
      }
      case "value": {
        const value = write(given.value);
        return `const ${declare(given.name)}=${value};`;
      }
      case "accumulator": {
        const initial = write(given.initial);
        return `let ${declare(given.name)}=${initial};`;
      }
      case "assign":
        return `${read(given.name)}=${write(given.value)};`;
      case "accumulate": {
        const name = read(given.name);
        return `${name}=${binary(reduceAsBinary(given.operator), given.value.type, name, write(given.value))};`;
      }
      case "store":
        return `${element(given.buffer, given.address)}=${write(given.value)};`;
      case "update": {
        const target = element(given.buffer, given.address);
        const type = valueTypeOf(given.buffer.dtype);
        return `${target}=${binary(reduceAsBinary(given.operator), type, target, write(given.value))};`;
      }
      case "fill": {
        const { length } = given.buffer;
        // Scratch that grows may be longer than what is used of it.
        const part = typeof length === "number" || given.buffer.role !== "scratch" ? "" : `,0,${size(length)}`;
        return `${nameOf(given.buffer)}.fill(${literal(given.value)}${part});`;
      }
      default:
        return unreachable(given);
    }
  };
  const statements = (body: readonly Statement[]): string => body.map(statement).join("");
  return { nameOf, declare, size, statements };
}

/** Wraps the result of an operation to its type. */
function wrap(type: ValueType, text: string): string {
  switch (type) {
    case "f64":
      return `(${text})`;
    case "i32":
      return `(${text}|0)`;
    case "u32":
      return `((${text})>>>0)`;
    case "i64":
    case "u64":
      return `BigInt.as${type === "i64" ? "Int" : "Uint"}N(64,${text})`;
    default:
      return unreachable(type);
  }
}

/** Whether a value is anything but 0, NaN included. */
function isTrue(type: ValueType, text: string): string {
  return `${text}!==${constantOf(type, 0)}`;
}

function truth(type: ValueType, condition: string): string {
  return `(${condition}?${constantOf(type, 1)}:${constantOf(type, 0)})`;
}

function constantOf(type: ValueType, value: number | bigint): string {
  return literal(isBig(type) ? BigInt(value) : type === "f64" ? value : Number(value) + 0);
}

function literal(value: number | bigint): string {
  if (typeof value === "bigint") return `(${value}n)`;
  return `(${Object.is(value, -0) ? "-0" : value})`;
}

/** Converts to a dtype: what is there already stays as it is. */
function convert(from: ValueType, to: Dtype, text: string): string {
  if (isFloat(to)) return isBig(from) ? `Number(${text})` : text;
  const bits = 8 * bytesOf(to);
  const isSigned = extremesOf(to).lowest < 0;
  const whole = `BigInt.as${isSigned ? "Int" : "Uint"}N(${bits},${isBig(from) ? text : `BigInt(${text})`})`;
  if (isBig(to)) return whole;
  return isBig(from) ? `Number(${whole})` : `(${text}<<${32 - bits}${isSigned ? ">>" : ">>>"}${32 - bits})`;
}
