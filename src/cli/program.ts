/**
 * The program: its commands and what they share. `run` is the whole of it; it never throws and never exits.
 */
import { Command } from "commander";
// Every optimizer goes by its name here.
import "../entries/path.ts";
import { printable } from "../support/messages/files.ts";
import { addCompileCommand } from "./compile.ts";
import { addExplainCommand } from "./explain.ts";
import { reportFailure, type ExitCode } from "./failure.ts";
import { addGenerateCommand } from "./generate.ts";
import { colorsOf, hasColors, type Io } from "./io.ts";
import { addPathCommand } from "./path.ts";
import { addRunCommand } from "./run.ts";
import { readVersion } from "../writer/packages.ts";

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
