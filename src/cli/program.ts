/**
 * The program: its commands and what they share. `run` is the whole of it; it never throws and never exits.
 */
import { Command, CommanderError } from "commander";
import "../entries/path.ts";
import { InternalError, isRefusal } from "../support/errors.ts";
import { printable } from "../support/messages/files.ts";
import { readVersion } from "../writer/packages.ts";
import { addCompileCommand } from "./compile.ts";
import { addExplainCommand } from "./explain.ts";
import { addGenerateCommand } from "./generate.ts";
import { colorsOf, hasColors, type Colors, type ExitCode, type Io } from "./io.ts";
import { addPathCommand } from "./path.ts";
import { addRunCommand } from "./run.ts";

const NOTES = `
A spec that begins with '-' goes behind '--': einsmith path --shape "" -- '->'
Exit codes: 0 done, 1 a mistake in what was given or a difference found by --check, 2 wrong usage, 3 a bug in einsmith.`;

/** Runs the program on its arguments, those behind the program's name, and returns the exit code. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let exitCode: ExitCode = 0;
  const program = makeProgram(io, (code) => (exitCode = code));
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    return reportFailure(error, io);
  }
  return exitCode;
}

function makeProgram(io: Io, exitWith: (code: ExitCode) => void): Command {
  const program = new Command("einsmith")
    .description("Compiles einsum specs to readable JavaScript and TypeScript kernels.")
    .version(readVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", NOTES)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      outputError: (text, write) => write(paintUsage(text, io)),
      getOutHasColors: () => hasColors(io.stdout, io.env),
      getErrHasColors: () => hasColors(io.stderr, io.env),
      getOutHelpWidth: () => 110,
      getErrHelpWidth: () => 110,
    })
    .configureHelp({ styleTitle: (title) => colorsOf(io.stdout, io.env).bold(title) });
  addCompileCommand(program, io);
  addExplainCommand(program, io);
  addGenerateCommand(program, io, exitWith);
  addRunCommand(program, io);
  addPathCommand(program, io);
  return program;
}

/** A spec that begins with '-' is taken for an option. */
function hintOf(text: string): string[] {
  const [, spec] = /^error: unknown option '(-.*)'/su.exec(text) ?? [];
  if (spec === undefined || !/^-\s*>|^-.*->/su.test(spec)) return [];
  return [`A spec that begins with '-' goes behind '--' and all options: -- '${printable(spec)}'`];
}

/** The arguments in a message are the user's, and may hold anything. */
function paintUsage(text: string, io: Io): string {
  const colors = colorsOf(io.stderr, io.env);
  const lines = [...text.trimEnd().split("\n").map(printable), ...hintOf(text)].join("\n");
  return `${lines.replace(/^error:/, (label) => colors.red(colors.bold(label)))}\n`;
}

/**
 * Prints what was thrown and returns the exit code. Of wrong usage, the parser of arguments has told already. A user's
 * mistake shows no stack; a bug of ours shows one, because a report needs it.
 */
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
