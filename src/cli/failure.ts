/**
 * How a command fails: what it prints and with which code it exits. A user's mistake shows no stack; a bug of ours
 * shows one, because a report needs it.
 */
import { CommanderError } from "commander";
import { InternalError, isRefusal } from "../support/errors.ts";
import { colorsOf, type Colors, type Io } from "./io.ts";

/** 0: done. 1: a mistake in what was given, or a difference that `--check` found. 2: wrong usage. 3: a bug of ours. */
export type ExitCode = 0 | 1 | 2 | 3;

/** Prints what was thrown and returns the exit code. Of wrong usage, the parser of arguments has told already. */
export function reportFailure(error: unknown, io: Io): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const colors = colorsOf(io.stderr, io.env);
  if (isRefusal(error)) {
    io.stderr.write(`${paintMessage(error.message, colors)}\n`);
    return 1;
  }
  const known =
    error instanceof InternalError ? error.message : `${String(error)} (this is a bug in einsmith, please report it)`;
  io.stderr.write(`${paintMessage(known, colors)}\n${colors.dim(stackOf(error))}`);
  return 3;
}

/** Colours the parts of a message that `support/errors` laid out: the carets and the remedy. */
function paintMessage(message: string, colors: Colors): string {
  const [summary = "", ...lines] = message.split("\n");
  const painted = lines.map((line) =>
    line
      .replace(/^(\s*)(\^+)/, (_, space: string, carets: string) => space + colors.red(carets))
      .replace(/^ {2}remedy:/, (label) => colors.green(label)),
  );
  return [`${colors.red(colors.bold("error:"))} ${summary}`, ...painted].join("\n");
}

function stackOf(error: unknown): string {
  const frames = error instanceof Error ? (error.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line)) : [];
  return frames.map((line) => `${line}\n`).join("");
}
