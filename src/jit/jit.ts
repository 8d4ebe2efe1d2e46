/**
 * `jit`: a spec compiled as a function over flat typed arrays, for fixed shapes, or for sizes that it is called with.
 */
import { sizeAffine } from "../affine/affine.ts";
import { type Compilation, compile, COMPILE_OPTIONS, type CompileOptions } from "../compile.ts";
import { emitKernel, scriptOf } from "../emit/kernel.ts";
import { arrayNameOf, isArrayOf, lengthOf as lengthOfArray, type TypedArray } from "../ir/dtype.ts";
import { argumentsOf, evaluateSymbolic, type Parameter, readIntegers } from "../ir/symbols.ts";
import type { Buffer, Kernel } from "../loops/kernel.ts";
import { fitsLength } from "../loops/lengths.ts";
import { published } from "../support/errors.ts";
import * as messages from "../support/messages/arrays.ts";
import * as symbolMessages from "../support/messages/bind.ts";
import { readOptions } from "../support/read.ts";
import { evaluateKernel, type RunKernel, wantsEvaluation } from "./evaluate.ts";
import { allocate, meets } from "./memory.ts";

/**
 * A compiled kernel. Call it with one typed array per operand, the sizes that were left to run time and that no array
 * tells, in the order of `compilation.kernel.integers`, and, if you like, an array for the result.
 */
export interface JitKernel {
  /**
   * Computes into `out`, or into a new array where it is absent, and returns it, row-major. `out` may share memory with an
   * operand. Refuses arrays of another dtype, operands too short, an `out` of another length than the result, and sizes
   * that do not fit each other. Sizes that an array tells may be passed all the same: then all of them are.
   */
  (...given: (TypedArray | number)[]): TypedArray;
  readonly compilation: Compilation;
  /** The emitted module's text, in the language of `options.target`. */
  readonly source: string;
  /** What runs it: a function made of its source, or the interpreter, 30 to 250 times slower. */
  readonly backend: "javascript" | "interpreter";
  /** Why the interpreter runs it; absent where it does not. */
  readonly reason?: string;
}

/**
 * Compiles a spec for operands of given shapes, dtypes and strides, of which some sizes may be names, and evaluates the
 * kernel; where evaluation is forbidden, or not wanted, the kernel is interpreted. Each call compiles anew: keep the result. Refuses what `compile` refuses.
 */
export const jit = /* @__PURE__ */ published(function jit(spec: string, given: CompileOptions): JitKernel {
  const options = readOptions(given, COMPILE_OPTIONS);
  const compilation = compile(spec, options);
  const wanted = wantsEvaluation(options.evaluate);
  const { kernel, source } = compilation;
  const script =
    source.target === "javascript" ? source : emitKernel(kernel, { target: "javascript", documentation: [] });
  const { run, ...backend } = evaluateKernel(kernel, scriptOf(script), wanted);
  return Object.assign(published(callable(kernel, run)), { compilation, source: source.text, ...backend });
});

/** A kernel as a function that checks what it is called with. */
function callable(kernel: Kernel, run: RunKernel): (...given: (TypedArray | number)[]) => TypedArray {
  const { operands, integers } = kernel;
  if (integers.length > 0) return (...given) => callWithSizes(kernel, run, given);
  // A call of a small kernel takes less time than telling sizes from arrays: where there are no sizes, it does not.
  return (...given) => {
    const arrays = given.length === operands.length || given.length === operands.length + 1;
    if (!arrays || given.some(isNumber)) return callWithSizes(kernel, run, given);
    const out = given[operands.length];
    if (given.length > operands.length) given.pop();
    return callWith(kernel, run, given as TypedArray[], out as TypedArray | undefined, []);
  };
}

/** Tells the sizes among what a kernel was called with from the arrays. */
function callWithSizes(kernel: Kernel, run: RunKernel, given: readonly (TypedArray | number)[]): TypedArray {
  const { operands } = kernel;
  const inputs = given.slice(0, operands.length) as TypedArray[];
  const rest = given.slice(operands.length);
  const sizes = rest.filter((value) => typeof value === "number");
  const [out, ...more] = rest.slice(sizes.length) as (TypedArray | undefined)[];
  if (inputs.length < operands.length || more.length > 0 || rest.findLastIndex(isNumber) >= sizes.length) {
    throw messages.arrayCount(kernel.name, operands.length, given.length - sizes.length);
  }
  return callWith(kernel, run, inputs, out, sizes);
}

/** Checks arrays and sizes, and runs a kernel on them. */
function callWith(
  kernel: Kernel,
  run: RunKernel,
  inputs: readonly TypedArray[],
  out: TypedArray | undefined,
  sizes: readonly number[],
): TypedArray {
  const { operands, output, integers } = kernel;
  operands.forEach((buffer, operand) => checkDtype(inputs[operand], buffer));
  const known = integers.length > 0 || sizes.length > 0 ? readSizes(kernel, inputs, sizes) : FIXED;
  operands.forEach((buffer, operand) => checkLength(inputs[operand] as TypedArray, buffer, lengthOf(buffer, known)));
  const length = lengthOf(output, known);
  if (out !== undefined) {
    checkDtype(out, output);
    checkLength(out, output, length);
    if (!inputs.some((input) => meets(input, out))) {
      run(inputs, out, known);
      return out;
    }
  }
  const result = allocate(output.bitsOf ?? output.dtype, length);
  run(inputs, result, known);
  if (out === undefined) return result;
  for (let at = 0; at < result.length; at++) out[at] = result[at] as never;
  return out;
}

/** What a kernel is called with beside arrays, by name. */
type KnownSizes = ReadonlyMap<string, number>;

const FIXED: KnownSizes = new Map();

/** Reads sizes from the arrays and from those given: the ones that no array tells, or all of them. */
function readSizes(kernel: Kernel, inputs: readonly TypedArray[], given: readonly number[]): KnownSizes {
  const parameters = kernel.integers.filter((integer): integer is Parameter => integer.kind === "parameter");
  const wanted = argumentsOf(kernel.integers);
  const all = given.length === parameters.length;
  if (!all && given.length !== wanted.length) {
    throw symbolMessages.sizeCount(kernel.name, wanted.map(printName), given.length);
  }
  const values = all ? given.filter((_, at) => !parameters[at]?.length) : given;
  // Whatever arrays say of themselves.
  const lengths = inputs.map((array) => ({ length: lengthOfArray(array) }));
  const known = readIntegers(kernel, lengths, values, symbolMessages.kernelSize);
  parameters.forEach(({ name, length }, at) => {
    if (!all || !length || known.get(name) === given[at]) return;
    const told = `${kernel.name}: ${printName({ name })} is ${given[at]}, but the length of ${length.name} says ${known.get(name)}`;
    throw symbolMessages.kernelSize(told);
  });
  return known;
}

function lengthOf({ length }: Buffer, known: KnownSizes): number {
  return typeof length === "number" ? length : evaluateSymbolic(sizeAffine(length), known);
}

function printName({ name }: Pick<Parameter, "name">): string {
  return name.slice(1);
}

function isNumber(value: unknown): boolean {
  return typeof value === "number";
}

function checkDtype(array: unknown, { name, dtype, bitsOf = dtype }: Buffer): void {
  if (!isArrayOf(array, bitsOf)) throw messages.arrayDtype(name, arrayNameOf(bitsOf), array);
}

/** What an array says of itself, if anything: a class of the caller's may answer otherwise, or throw. */
function saidLength(array: TypedArray): number {
  try {
    return array.length;
  } catch {
    return NaN;
  }
}

function checkLength(array: TypedArray, { name, role }: Buffer, length: number): void {
  const found = lengthOfArray(array);
  // Kernels that are written ask the array itself.
  const said = saidLength(array);
  if (said !== found) throw messages.arrayLies(name, said, found);
  if (!fitsLength(role, length, found)) throw messages.arrayLength(name, role, length, found);
}
