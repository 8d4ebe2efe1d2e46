/** `einsmith run`: evaluates a spec on arrays in .npy files. */
import type { Command } from "commander";
import { dtypeOfArray } from "../ir/dtype.ts";
import { einsum } from "../jit/einsum.ts";
import { shownPath } from "../support/messages/files.ts";
import { deliver, readInput } from "./files.ts";
import type { Io } from "./io.ts";
import { addSpec, compileOptionsOf, type Given } from "./kernel-options.ts";
import { mayBeNpy, readNpy, writeNpy, type NpyArray } from "./npy.ts";
import { printArray, printArrayType } from "./print-array.ts";
import { commandLineWords } from "./words.ts";
import { required } from "../support/errors.ts";
import { speaking } from "../support/words.ts";

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
