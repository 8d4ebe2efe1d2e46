/** `einsmith generate`: the modules of a manifest, written, or with `--check` compared with what is there. */
import { Writable } from "node:stream";
import { SingleBar } from "cli-progress";
import type { Command } from "commander";
import { folderNotFolder } from "../support/messages/files.ts";
import type { GenerateReport } from "../writer/generate.ts";
import { colorsOf, pathFrom, readInput, STANDARD, type Colors, type ExitCode, type Io, type Output } from "./io.ts";
import { quoteForShell } from "./kernel-options.ts";

interface GenerateArguments {
  readonly manifest: string;
  readonly out: string;
  readonly check?: boolean;
}

const DEFAULTS = { manifest: "templates/kernels.json", out: "generated" } as const;

const EXAMPLE = `
Example: write the modules, and in CI find out whether they are still up to date
  $ einsmith generate --manifest kernels.json --out src/kernels
  $ einsmith generate --manifest kernels.json --out src/kernels --check`;

/** Adds the command `generate`; `exitWith` takes its exit code where `--check` finds a difference. */
export function addGenerateCommand(program: Command, io: Io, exitWith: (code: ExitCode) => void): void {
  program
    .command("generate")
    .description("write the modules of a manifest")
    .option("-m, --manifest <file>", "the kernels to generate; - is the standard input", DEFAULTS.manifest)
    .option("-o, --out <folder>", "where their modules go", DEFAULTS.out)
    .option("--check", "write nothing; exit with 1 where a module differs from what would be written")
    .addHelpText("after", EXAMPLE)
    .action(async (given: GenerateArguments) => {
      const report = await generateWithProgress(given, io);
      const colors = colorsOf(io.stdout, io.env);
      if (!given.check) return void io.stdout.write(printSummary(report, given.out, colors));
      const differences = printDifferences(report, colors);
      if (differences.length === 0) {
        io.stdout.write(`${given.out} is up to date: ${countFiles(report.unchanged)}\n`);
        return;
      }
      io.stdout.write([...differences, `${given.out} is not up to date: run ${commandFor(given)}`, ""].join("\n"));
      exitWith(1);
    });
}

async function generateWithProgress({ manifest, out, check }: GenerateArguments, io: Io): Promise<GenerateReport> {
  // Loaded where it is needed: the writer brings the TypeScript compiler, which no other command waits for.
  const { generate, parseManifest } = await import("../writer/index.ts");
  if (out === STANDARD) throw folderNotFolder(out);
  const read =
    manifest === STANDARD
      ? parseManifest(new TextDecoder().decode(await readInput(io, manifest)), "the standard input")
      : pathFrom(io.cwd, manifest);
  // To stderr, so that stdout holds results alone; in a pipe there is none.
  const bar = io.stderr.isTerminal ? makeBar(io.stderr) : undefined;
  try {
    return await generate(read, {
      out: pathFrom(io.cwd, out),
      check: check ?? false,
      onProgress: (done, total, name) => {
        if (done === 1) bar?.start(total, 0, { name: "" });
        bar?.update(done, { name });
      },
    });
  } finally {
    bar?.stop();
  }
}

function printSummary(report: GenerateReport, out: string, colors: Colors): string {
  const { written, removed, unchanged } = report;
  const lines = [
    ...written.map((file) => `${colors.green("wrote")}    ${file}`),
    ...removed.map((file) => `${colors.yellow("removed")}  ${file}`),
    `${out}: ${countFiles(written)} written, ${removed.length} removed, ${unchanged.length} unchanged`,
  ];
  return `${lines.join("\n")}\n`;
}

function printDifferences({ missing, stale, orphaned }: GenerateReport, { red }: Colors): string[] {
  return [
    ...missing.map((file) => `${red("missing")}   ${file}`),
    ...stale.map((file) => `${red("stale")}     ${file}`),
    ...orphaned.map((file) => `${red("orphaned")}  ${file}`),
  ];
}

/** The command that removes the differences. */
function commandFor({ manifest, out }: GenerateArguments): string {
  const options = [
    ...(manifest === DEFAULTS.manifest ? [] : ["--manifest", manifest]),
    ...(out === DEFAULTS.out ? [] : ["--out", out]),
  ];
  return ["einsmith generate", ...options.map(quoteForShell)].join(" ");
}

function countFiles(files: readonly string[]): string {
  return `${files.length} ${files.length === 1 ? "file" : "files"}`;
}

/** A progress bar, which is removed in the end. It draws on a stream that says it is a terminal. */
function makeBar(output: Output): SingleBar {
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      output.write(String(chunk));
      done();
    },
  });
  return new SingleBar({
    format: "{bar} {value}/{total} {name}",
    stream: Object.assign(stream, { isTTY: true, columns: 80 }),
    barCompleteChar: "\u2588",
    barIncompleteChar: "\u2591",
    barsize: 30,
    clearOnComplete: true,
    hideCursor: true,
    linewrap: null,
  });
}
