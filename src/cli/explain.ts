/** `einsmith explain`: every stage between a spec and the source of its kernel. */
import { Option, type Command } from "commander";
import type { Compilation, CompileOptions } from "../compile.ts";
import { PASSES } from "../loops/pipeline.ts";
import { printKernel } from "../loops/print-kernel.ts";
import { required, unreachable } from "../support/errors.ts";
import { choiceOption, readChoice } from "./arguments.ts";
import * as stages from "./explain-stages.ts";
import { colorsOf, type Colors, type Io } from "./io.ts";
import {
  addCodeOptions,
  addMeaningOptions,
  addSearchOptions,
  addResultOptions,
  addShapeOption,
  addSpecArgument,
  compileKernel,
  compileOptionsOf,
  type KernelArguments,
} from "./kernel-options.ts";

type Stage = "spec" | "sizes" | "contraction" | "path" | "nests" | "kernel" | "source" | "totals";

/** In the order of the pipeline. */
const STAGES: readonly Stage[] = ["spec", "sizes", "contraction", "path", "nests", "kernel", "source", "totals"];

interface ExplainArguments extends KernelArguments {
  readonly stage?: readonly Stage[];
  readonly after?: string;
}

const EXAMPLE = `
Example: all stages of a strided convolution; its strides alone; its kernel before anything is unrolled
  $ einsmith explain 'bi(2*x+k),oik->box' --shape 2,3,33 --shape 8,3,3
  $ einsmith explain 'bi(2*x+k),oik->box' --shape 2,3,33 --shape 8,3,3 --stage contraction
  $ einsmith explain 'bi(2*x+k),oik->box' --shape 2,3,33 --shape 8,3,3 --after lower`;

/** Adds the command `explain`. */
export function addExplainCommand(program: Command, io: Io): void {
  const command = program.command("explain").description("print every stage between a spec and its source");
  addSpecArgument(command);
  addShapeOption(command);
  addMeaningOptions(command);
  addSearchOptions(command);
  addResultOptions(command);
  const after = choiceOption("--after <pass>", "print the kernel as it is after a pass", passNames());
  addCodeOptions(command)
    .addOption(
      new Option("--stage <stage>", `print one stage alone (repeatable): ${STAGES.join(", ")}`).argParser(
        (text: string, stages: readonly Stage[] = []) => [...stages, readChoice(text, STAGES)],
      ),
    )
    .addOption(after.conflicts("stage"))
    .addHelpText("after", EXAMPLE)
    .action(async (spec: string, given: ExplainArguments) => {
      io.stdout.write(`${await explain(spec, given, colorsOf(io.stdout, io.env))}\n`);
    });
}

/** A single stage has no heading, so that its text can be used as it is; several stand in the order of the pipeline. */
async function explain(spec: string, { stage, after, ...given }: ExplainArguments, colors: Colors): Promise<string> {
  const options = compileOptionsOf(given);
  if (after !== undefined) return kernelAfter(spec, given, options, after);
  const compilation = compileKernel(spec, given, options);
  const asked = STAGES.filter((each) => stage === undefined || stage.includes(each));
  const [only] = asked;
  if (only && asked.length === 1) return explainStage(only, compilation);
  const sections: string[] = [];
  for (const each of asked) {
    sections.push(`${colors.bold(colors.cyan(`==> ${each}`))}\n${await explainStage(each, compilation)}`);
  }
  return sections.join("\n\n");
}

async function explainStage(stage: Stage, compilation: Compilation): Promise<string> {
  switch (stage) {
    case "spec":
      return stages.explainSpec(compilation.spec);
    case "sizes":
      return stages.explainSizes(compilation);
    case "contraction":
      return stages.explainContraction(compilation);
    case "path":
      return stages.explainPath(compilation);
    case "nests":
      return stages.explainNests(compilation);
    case "kernel":
      return stages.explainKernel(compilation);
    case "source":
      return stages.explainSource(compilation);
    case "totals":
      return stages.explainTotals(compilation);
    default:
      return unreachable(stage);
  }
}

/** Of a pass that runs more than once, the last run counts. */
function kernelAfter(
  spec: string,
  given: Pick<KernelArguments, "grad">,
  options: CompileOptions,
  pass: string,
): string {
  let printed: string | undefined;
  compileKernel(spec, given, {
    ...options,
    onPass: (name, kernel) => {
      if (name === pass) printed = printKernel(kernel);
    },
  });
  return required(printed, `the kernel after ${pass}`);
}

function passNames(): string[] {
  return [...new Set(["lower", ...PASSES.map(({ name }) => name)])];
}
