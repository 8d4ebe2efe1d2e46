/**
 * Runs a kernel without generating code: the oracle that every pass and every target is compared with, and what runs
 * where a page's policy forbids `new Function`.
 *
 * Each statement and expression becomes a closure once; names become slots of a frame, so that running looks nothing
 * up. Invariant: a closure does what the comments in `kernel.ts` say of its node, and nothing else.
 */
import { factorsOf, sizeAffine, type Affine } from "../affine/affine.ts";
import { evaluateSymbolic } from "../ir/symbols.ts";
import { arrayOf, type TypedArray } from "../ir/dtype.ts";
import { required, unreachable } from "../support/errors.ts";
import {
  binaryFunction,
  comparisonOf,
  convertFunction,
  isTrue,
  reduceAsBinary,
  truthValue,
  type Value,
} from "./arithmetic.ts";
import type { ReduceOperator } from "../ir/contraction.ts";
import type { Buffer, Expression, Kernel, LoopStatement, Statement } from "./kernel.ts";

/** Writes the result for its operands, and the values of the kernel's integers, into `out`. */
export type InterpretedKernel = (
  operands: readonly TypedArray[],
  out: TypedArray,
  integers?: ReadonlyMap<string, number>,
) => void;

/**
 * Prepares a verified kernel for running; the arrays it is called with must be long enough. Its scratch is allocated here, once, and keeps its contents between calls;
 * `out` must not share memory with an operand.
 */
export function interpretKernel(kernel: Kernel): InterpretedKernel {
  const { operands, output, scratch } = kernel;
  const own = new Map<Buffer, TypedArray>();
  for (const buffer of scratch) {
    if (typeof buffer.length === "number") own.set(buffer, allocateScratch(buffer, buffer.length, own));
  }
  const slots = new Map([...operands, output, ...scratch].map((buffer, slot) => [buffer, slot]));
  const names: Names = { integers: new Map(), values: new Map(), buffers: slots, counts: { integers: 0, values: 0 } };
  for (const { name } of kernel.integers) declareInteger(name, names);
  const { indices, first, end } = kernel.slices ?? { indices: [], first: 0, end: 0 };
  const sliceSlots = indices.map(({ name }) => declareInteger(name, names));
  const routines = kernel.routines.map(({ body }) => prepareAll(body, { ...names, integers: new Map(names.integers) }));
  const slices = indices.reduceRight(
    (run, { size }, at) => repeat(sliceSlots[at] as number, [() => 0, () => size], 1, run),
    inOrder(routines.slice(first, end)),
  );
  const viewBits = (array: TypedArray, at: number): TypedArray => {
    const { bitsOf, dtype } = operands[at] ?? output;
    return bitsOf ? new (arrayOf(dtype))(array.buffer, array.byteOffset, array.length) : array;
  };
  const run = inOrder([...routines.slice(0, first), slices, ...routines.slice(end)]);
  return (given, out, known = new Map()) => {
    const grown = scratch.map((buffer) => {
      return own.get(buffer) ?? allocateScratch(buffer, evaluateSymbolic(sizeAffine(buffer.length), known), own);
    });
    const sizes = kernel.integers.map(({ name }) => required(known.get(name), name));
    const { integers, values } = names.counts;
    run({
      arrays: [...[...given, out].map(viewBits), ...grown].map(asElements),
      integers: [...sizes, ...new Array<number>(integers - sizes.length).fill(0)],
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
      const { whole = 1 } = statement;
      return (frame) => {
        const found = value(frame);
        frame.integers[slot] = found - (found % whole);
      };
    }
    case "value":
    case "accumulator": {
      const value = prepareExpression(statement.kind === "value" ? statement.value : statement.initial, names);
      const slot = declareValue(statement.name, names);
      return (frame) => void (frame.values[slot] = value(frame));
    }
    case "assign": {
      const value = prepareExpression(statement.value, names);
      const slot = required(names.values.get(statement.name), `accumulator ${statement.name}`);
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

function prepareLoop({ variable, from, to, step, body }: LoopStatement, names: Names): Run {
  const bounds = [from, to].map((bound) => prepareAddress(sizeAffine(bound), names)) as [Locate, Locate];
  const slot = declareInteger(variable, names);
  return repeat(slot, bounds, step, prepareAll(body, names));
}

function repeat(slot: number, [first, end]: readonly [Locate, Locate], step: number, run: Run): Run {
  return (frame) => {
    const last = end(frame);
    for (let value = first(frame); value < last; value += step) {
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
    case "integer":
      return prepareAddress(expression.value, names);
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
    case "call":
    case "convert": {
      const compute =
        expression.kind === "call"
          ? (expression.function.compute as (value: Value) => Value)
          : convertFunction(expression.value.type, expression.dtype);
      const value = prepareExpression(expression.value, names);
      return (frame) => compute(value(frame));
    }
    case "compare": {
      const { type } = expression;
      const compares = comparisonOf(expression.operator);
      const left = prepareExpression(expression.left, names);
      const right = prepareExpression(expression.right, names);
      return (frame) => truthValue(compares(left(frame), right(frame)), type);
    }
    case "select": {
      const condition = prepareExpression(expression.condition, names);
      const yes = prepareExpression(expression.yes, names);
      const no = prepareExpression(expression.no, names);
      return (frame) => (isTrue(condition(frame)) ? yes(frame) : no(frame));
    }
    default:
      return unreachable(expression);
  }
}

function prepareAddress({ terms, constant }: Affine, names: Names): Locate {
  const parts = terms.map(({ variable, coefficient }) => {
    const slots = factorsOf(variable).map((factor) => required(names.integers.get(factor), `integer ${factor}`));
    return { slots, coefficient };
  });
  return (frame) => {
    let address = constant;
    for (const { slots, coefficient } of parts) {
      let product = coefficient;
      for (const slot of slots) product *= frame.integers[slot] as number;
      address += product;
    }
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
  return required(names.buffers.get(buffer), `buffer ${buffer.name} of the kernel`);
}

function allocateScratch(
  { dtype, initial, part }: Buffer,
  length: number,
  earlier: ReadonlyMap<Buffer, TypedArray>,
): TypedArray {
  if (part) return required(earlier.get(part.of), "the whole of a part").subarray(part.from, part.from + length);
  const array = new (arrayOf(dtype))(length);
  if (initial !== undefined) asElements(array).fill(initial);
  return array;
}

function asElements(array: TypedArray): Elements {
  return array as unknown as Elements;
}
