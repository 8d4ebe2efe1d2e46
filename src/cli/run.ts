/** `einsmith run`: evaluates a spec on arrays in .npy files. */
import type { Command } from "commander";
import { dtypeOfArray, type Dtype, type TypedArray } from "../ir/dtype.ts";
import { elementCount, rowMajorStrides } from "../ir/tensor.ts";
import { einsum } from "../jit/einsum.ts";
import { required } from "../support/errors.ts";
import { shownPath } from "../support/messages/files.ts";
import { speaking } from "../support/words.ts";
import { deliver, readInput, type Io } from "./io.ts";
import { addSpec, commandLineWords, compileOptionsOf, type Given } from "./kernel-options.ts";
import { mayBeNpy, readNpy, writeNpy, type NpyArray } from "./npy.ts";

interface RunArguments extends Given {
  readonly out?: string;
}

const EXAMPLE = `
Example: a matrix product, printed and written
  $ einsmith run 'ij,jk->ik' a.npy b.npy
  $ einsmith run 'ij,jk->ik' a.npy b.npy --out c.npy`;

/** Adds the command `run`. */
export function addRunCommand(program: Command, io: Io): void {
  const command = program.command("run").description("evaluate a spec on arrays in .npy files");
  addSpec(command, "meaning", "result")
    .argument("<files...>", "one .npy file for each operand; - is the standard input")
    .option(
      "-o, --out <file>",
      "write the result there, as .npy, instead of printing it; - writes to the standard output",
    )
    .addHelpText("after", EXAMPLE)
    .action(async (spec: string, files: readonly string[], given: RunArguments) => {
      const operands: NpyArray[] = [];
      for (const file of files) operands.push(readNpy(await readInput(io, file, mayBeNpy), shownPath(file)));
      const result = speaking(commandLineWords(".npy file"), () => einsum(spec, operands, compileOptionsOf(given)));
      const dtype = required(dtypeOfArray(result.data), "the dtype of the result");
      const type = printArrayType(dtype, result.shape);
      if (given.out !== undefined) return deliver(io, given.out, writeNpy(result), type);
      io.stdout.write(`${type}\n${printArray(result.data, result.shape)}\n`);
    });
}

/** Arrays of up to so many elements are printed whole. */
const WHOLE = 1000;
/** NumPy's arrays have no more axes; what has more is printed as one list. */
const MOST_AXES = 64;

/**
 * Prints the elements of an array, given in row-major order, for people, nested as they would be typed:
 *
 *     [[19, 22],
 *      [43, 50]]
 *
 * Whatever the shape, at most some 1,300 elements are printed; `...` stands for the others.
 */
function printArray(data: TypedArray, shape: readonly number[]): string {
  return printElements(data, shape.length <= MOST_AXES ? shape : [data.length]);
}

/** `float64 [2, 3]`, and short whatever the shape. */
function printArrayType(dtype: Dtype, shape: readonly number[]): string {
  return `${dtype} ${shape.length <= MOST_AXES ? `[${shape.join(", ")}]` : `of ${shape.length} axes`}`;
}

function printElements(data: TypedArray, shape: readonly number[]): string {
  const strides = rowMajorStrides(shape);
  // An axis of no element takes no more room than one of a single element.
  const whole = elementCount(shape.map((size) => Math.max(1, size))) <= WHOLE;
  const print = (axis: number, address: number): string => {
    if (axis === shape.length) return String(data[address]);
    const [size, stride] = [shape[axis] as number, strides[axis] as number];
    const items = shownPositions(size, shape.length - axis, whole).map((at) =>
      at === null ? "..." : print(axis + 1, address + at * stride),
    );
    const between = axis === shape.length - 1 ? ", " : `,\n${" ".repeat(axis + 1)}`;
    return `[${items.join(between)}]`;
  };
  return print(0, 0);
}

/** Positions along an axis that has so many axes, itself included, to its right; null stands for what is left out. */
function shownPositions(size: number, axes: number, whole: boolean): (number | null)[] {
  const [head, tail] = axes > 4 ? [1, 0] : [3, 3];
  if (whole || size <= head + tail) return Array.from({ length: size }, (_, at) => at);
  const last = Array.from({ length: tail }, (_, at) => size - tail + at);
  return [...Array.from({ length: head }, (_, at) => at), null, ...last];
}
