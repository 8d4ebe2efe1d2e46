/** `einsmith explain`: every stage between a spec and the source of its kernel. */
import { Option, type Command } from "commander";
import { PASSES } from "../loops/pipeline.ts";
import { printKernel } from "../loops/print-kernel.ts";
import { required } from "../support/errors.ts";
import { choiceOption, readChoice } from "./arguments.ts";
import { compileKernel } from "./compile.ts";
import { STAGES } from "./explain-stages.ts";
import { colorsOf, type Colors, type Io } from "./io.ts";
import { addSpec, type Given } from "./kernel-options.ts";

const STAGE_NAMES = Object.keys(STAGES);

interface ExplainArguments extends Given {
  readonly stage?: readonly string[];
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
  const after = choiceOption("--after <pass>", "print the kernel as it is after a pass", passNames());
  addSpec(command, "shapes", "meaning", "search", "result", "code")
    .addOption(
      new Option("--stage <stage>", `print one stage alone (repeatable): ${STAGE_NAMES.join(", ")}`).argParser(
        (text: string, stages: readonly string[] = []) => [...stages, readChoice(text, STAGE_NAMES)],
      ),
    )
    .addOption(after.conflicts("stage"))
    .addHelpText("after", EXAMPLE)
    .action(async (spec: string, given: ExplainArguments) => {
      io.stdout.write(`${await explain(spec, given, colorsOf(io.stdout, io.env))}\n`);
    });
}

/** A single stage has no heading, so that its text can be used as it is; several stand in the order of the pipeline. */
async function explain(spec: string, given: ExplainArguments, colors: Colors): Promise<string> {
  const { stage, after } = given;
  if (after !== undefined) return kernelAfter(spec, given, after);
  const compilation = compileKernel(spec, given);
  const asked = Object.entries(STAGES).filter(([name]) => stage === undefined || stage.includes(name));
  const sections: string[] = [];
  for (const [name, print] of asked) {
    const heading = asked.length === 1 ? "" : `${colors.bold(colors.cyan(`==> ${name}`))}\n`;
    sections.push(heading + (await print(compilation)));
  }
  return sections.join("\n\n");
}

/** Of a pass that runs more than once, the last run counts. */
function kernelAfter(spec: string, given: Given, pass: string): string {
  let printed: string | undefined;
  compileKernel(spec, given, {
    onPass: (name, kernel) => {
      if (name === pass) printed = printKernel(kernel);
    },
  });
  return required(printed, `the kernel after ${pass}`);
}

function passNames(): string[] {
  return [...new Set(["lower", ...PASSES.map(({ name }) => name)])];
}
