/**
 * Runs a kernel without generating code: the oracle that every pass and every target is compared with, and what runs
 * where a page's policy forbids `new Function`.
 *
 * Each statement and expression becomes a closure once; names become slots of a frame, so that running looks nothing
 * up. Invariant: a closure does what the comments in `kernel.ts` say of its node, and nothing else.
 */
import type { Affine } from "../affine/affine.ts";
import { arrayOf, type TypedArray } from "../ir/dtype.ts";
import { InternalError, required, unreachable } from "../support/errors.ts";
import { binaryFunction, convertFunction, isTrue, reduceAsBinary, truthValue, type Value } from "./arithmetic.ts";
import { fitsLength, wrongLength } from "./lengths.ts";
import type { Buffer, Expression, Kernel, LoopStatement, ReduceOperator, Statement } from "./kernel.ts";

/** Writes the result for its operands into `out`; refuses arrays that are too short. */
export type InterpretedKernel = (operands: readonly TypedArray[], out: TypedArray) => void;

/**
 * Prepares a verified kernel for running. Its scratch is allocated here, once, and keeps its contents between calls;
 * `out` must not share memory with an operand.
 */
export function interpretKernel(kernel: Kernel): InterpretedKernel {
  const { operands, output, scratch } = kernel;
  const allocated: TypedArray[] = [];
  for (const buffer of scratch) {
    const { part, length } = buffer;
    const whole = part && allocated[scratch.indexOf(part.of)];
    allocated.push(whole ? whole.subarray(part.from, part.from + length) : allocateScratch(buffer));
  }
  const own = allocated.map(asElements);
  const slots = new Map([...operands, output, ...scratch].map((buffer, slot) => [buffer, slot]));
  const names: Names = { integers: new Map(), values: new Map(), buffers: slots, counts: { integers: 0, values: 0 } };
  const { indices, first, end } = kernel.slices ?? { indices: [], first: 0, end: 0 };
  const sliceSlots = indices.map(({ name }) => declareInteger(name, names));
  const routines = kernel.routines.map(({ body }) => prepareAll(body, { ...names, integers: new Map(names.integers) }));
  const slices = indices.reduceRight(
    (run, { size }, at) => repeat(sliceSlots[at] as number, { from: 0, to: size, step: 1 }, run),
    inOrder(routines.slice(first, end)),
  );
  const run = inOrder([...routines.slice(0, first), slices, ...routines.slice(end)]);
  return (given, out) => {
    const callers = [...operands, output].map((buffer, slot) => {
      const array = required(slot < operands.length ? given[slot] : out, `operand ${slot} of ${kernel.name}`);
      requireLength(kernel, buffer, array);
      return asElements(array);
    });
    const { integers, values } = names.counts;
    run({
      arrays: [...callers, ...own],
      integers: new Array<number>(integers).fill(0),
      values: new Array<Value>(values).fill(0),
    });
  };
}

/** A typed array of any dtype; a verified kernel stores numbers in some and BigInts in others. */
interface Elements {
  [address: number]: Value;
  fill(value: Value): unknown;
}

/** What running routines read and write. */
interface Frame {
  readonly arrays: readonly Elements[];
  /** Loop variables and offsets. */
  readonly integers: number[];
  /** Values and accumulators. */
  readonly values: Value[];
}

/** The slots of the names in scope. A name of an earlier, closed scope is replaced when it is declared again. */
interface Names {
  readonly integers: Map<string, number>;
  readonly values: Map<string, number>;
  readonly buffers: ReadonlyMap<Buffer, number>;
  readonly counts: { integers: number; values: number };
}

type Run = (frame: Frame) => void;
type Compute = (frame: Frame) => Value;
type Locate = (frame: Frame) => number;

function prepareAll(statements: readonly Statement[], names: Names): Run {
  return inOrder(statements.map((statement) => prepare(statement, names)));
}

function inOrder(runs: readonly Run[]): Run {
  return (frame) => {
    for (const run of runs) run(frame);
  };
}

function prepare(statement: Statement, names: Names): Run {
  switch (statement.kind) {
    case "loop":
      return prepareLoop(statement, names);
    case "block":
      return prepareAll(statement.body, names);
    case "offset": {
      const value = prepareAddress(statement.value, names);
      const slot = declareInteger(statement.name, names);
      return (frame) => void (frame.integers[slot] = value(frame));
    }
    case "value":
    case "accumulator": {
      const value = prepareExpression(statement.kind === "value" ? statement.value : statement.initial, names);
      const slot = declareValue(statement.name, names);
      return (frame) => void (frame.values[slot] = value(frame));
    }
    case "accumulate": {
      const value = prepareReduction(statement.operator, statement.value, names);
      const slot = required(names.values.get(statement.name), `accumulator ${statement.name}`);
      return (frame) => void (frame.values[slot] = value(frame.values[slot] as Value, frame));
    }
    case "store": {
      const value = prepareExpression(statement.value, names);
      const address = prepareAddress(statement.address, names);
      const slot = bufferSlot(statement.buffer, names);
      return (frame) => void ((frame.arrays[slot] as Elements)[address(frame)] = value(frame));
    }
    case "update": {
      const value = prepareReduction(statement.operator, statement.value, names);
      const address = prepareAddress(statement.address, names);
      const slot = bufferSlot(statement.buffer, names);
      return (frame) => {
        const array = frame.arrays[slot] as Elements;
        const at = address(frame);
        array[at] = value(array[at] as Value, frame);
      };
    }
    case "fill": {
      const slot = bufferSlot(statement.buffer, names);
      return (frame) => void (frame.arrays[slot] as Elements).fill(statement.value);
    }
    default:
      return unreachable(statement);
  }
}

function prepareLoop(loop: LoopStatement, names: Names): Run {
  const slot = declareInteger(loop.variable, names);
  return repeat(slot, loop, prepareAll(loop.body, names));
}

function repeat(slot: number, { from, to, step }: Pick<LoopStatement, "from" | "to" | "step">, run: Run): Run {
  return (frame) => {
    for (let value = from; value < to; value += step) {
      frame.integers[slot] = value;
      run(frame);
    }
  };
}

/** Reduces the value of an expression into one that was there before. */
function prepareReduction(
  operator: ReduceOperator,
  expression: Expression,
  names: Names,
): (before: Value, frame: Frame) => Value {
  const reduce = binaryFunction(reduceAsBinary(operator), expression.type);
  const value = prepareExpression(expression, names);
  return (before, frame) => reduce(before, value(frame));
}

function prepareExpression(expression: Expression, names: Names): Compute {
  switch (expression.kind) {
    case "constant": {
      const { value, type } = expression;
      // An integer has no negative zero.
      const constant = value === 0 && type !== "f64" ? 0 : value;
      return () => constant;
    }
    case "variable": {
      const slot = required(names.values.get(expression.name), `value ${expression.name}`);
      return (frame) => frame.values[slot] as Value;
    }
    case "load": {
      const address = prepareAddress(expression.address, names);
      const slot = bufferSlot(expression.buffer, names);
      return (frame) => (frame.arrays[slot] as Elements)[address(frame)] as Value;
    }
    case "binary": {
      const compute = binaryFunction(expression.operator, expression.type);
      const left = prepareExpression(expression.left, names);
      const right = prepareExpression(expression.right, names);
      return (frame) => compute(left(frame), right(frame));
    }
    case "convert": {
      const convert = convertFunction(expression.value.type, expression.dtype);
      const value = prepareExpression(expression.value, names);
      return (frame) => convert(value(frame));
    }
    case "truth": {
      const { type } = expression;
      const value = prepareExpression(expression.value, names);
      return (frame) => truthValue(isTrue(value(frame)), type);
    }
    default:
      return unreachable(expression);
  }
}

function prepareAddress({ terms, constant }: Affine, names: Names): Locate {
  const parts = terms.map(({ variable, coefficient }) => {
    return { slot: required(names.integers.get(variable), `integer ${variable}`), coefficient };
  });
  return (frame) => {
    let address = constant;
    for (const { slot, coefficient } of parts) address += coefficient * (frame.integers[slot] as number);
    return address;
  };
}

function declareInteger(name: string, names: Names): number {
  const slot = names.counts.integers++;
  names.integers.set(name, slot);
  return slot;
}

function declareValue(name: string, names: Names): number {
  const slot = names.counts.values++;
  names.values.set(name, slot);
  return slot;
}

function bufferSlot(buffer: Buffer, names: Names): number {
  const slot = names.buffers.get(buffer);
  if (slot === undefined) throw new InternalError(`buffer ${buffer.name} is none of the kernel's`);
  return slot;
}

function allocateScratch({ dtype, length, initial }: Buffer): TypedArray {
  const array = new (arrayOf(dtype))(length);
  if (initial !== undefined) asElements(array).fill(initial);
  return array;
}

function requireLength(kernel: Kernel, buffer: Buffer, array: TypedArray): void {
  if (!fitsLength(buffer, array.length))
    throw new RangeError(wrongLength(kernel.name, buffer.name, buffer) + array.length);
}

function asElements(array: TypedArray): Elements {
  return array as unknown as Elements;
}
