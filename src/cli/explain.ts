/** `einsmith explain`: every stage between a spec and the source of its kernel. */
import { Option, type Command } from "commander";
import type { GradientCompilation } from "../compile-gradient.ts";
import type { Compilation } from "../compile.ts";
import type { Gradient } from "../grad/differentiate.ts";
import { bytesOf } from "../ir/dtype.ts";
import { printAddresses, printContraction, printFormula, printIndices, printTable } from "../ir/print.ts";
import { elementCount, type TensorType } from "../ir/tensor.ts";
import { allocatedScratch } from "../loops/lengths.ts";
import { PASSES } from "../loops/pipeline.ts";
import { printKernel } from "../loops/print-kernel.ts";
import { printChoice, printNest } from "../loops/describe-nests.ts";
import type { Term } from "../spec/ast.ts";
import { printAxis, printSpec } from "../spec/print.ts";
import { EinsumError, required } from "../support/errors.ts";
import { printable } from "../support/messages/files.ts";
import { formatModule } from "../writer/packages.ts";
import { compileKernel } from "./compile.ts";
import { colorsOf, type Colors, type Io } from "./io.ts";
import { addSpec, choiceOption, readChoice, type Given } from "./kernel-options.ts";

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
  const passes = [...new Set(["lower", ...PASSES.map(({ name }) => name)])];
  const after = choiceOption("--after <pass>", "print the kernel as it is after a pass", passes);
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

// The stages, one function each; nothing ends in a line break.

/** The spec as it was parsed: its canonical text and, axis by axis, every term. */
function explainSpec({ spec }: Compilation): string {
  const row = (name: string, term: Term): string[] => [
    name,
    ...(term.axes.length > 0 ? term.axes.map((axis) => printAxis(axis, spec.notation)) : ["a scalar"]),
  ];
  const terms = spec.operands.map((term, operand) => row(`operand ${operand}`, term));
  const output = spec.output ? row("output", spec.output) : ["output", "implicit: ellipsis, then indices seen once"];
  return `${printSpec(spec)}  (${spec.notation} notation)\n\n${printTable([...terms, output])}`;
}

/** Every index with its size, and in which round which place in the spec told it. */
function explainSizes({ spec, contraction, inferred }: Compilation): string {
  const rows = contraction.indices.map(({ name, size }) => {
    const source = inferred.sources.get(name);
    if (source === null) return [name, String(size), "0", "given by an option"];
    if (!source) return [name, String(size), "", "a broadcast axis"];
    const { what, span } = source.place;
    const round = String(inferred.rounds.get(name) ?? 1);
    return [name, String(size), round, `${what}, ${printable(spec.text.slice(span.start, span.end))}`];
  });
  return rows.length > 0 ? printTable([["index", "size", "round", "from"], ...rows]) : "  no index";
}

/** The formula, the roles and strides of indices, and the address that each access reads or writes. */
export function explainContraction(compilation: Compilation): string {
  const { contraction } = compilation;
  return [
    ...(isGradient(compilation) ? [explainGradient(compilation.gradient)] : []),
    printContraction(contraction),
    printIndices(contraction),
    printTable([["tensor", "address"], ...printAddresses(contraction)]),
  ].join("\n\n");
}

function isGradient(compilation: Compilation): compilation is Compilation & GradientCompilation {
  return "gradient" in compilation;
}

/** What computes a gradient: what comes first, and the parts that write it; or why it accumulates. */
function explainGradient({ before, parts, accumulates }: Gradient): string {
  const lines = [...before.map(({ contraction }) => contraction), ...parts].map((part) => `  ${printFormula(part)}`);
  const how = accumulates ? `accumulates, as ${accumulates}` : "writes each element once, in these contractions";
  return [`the gradient ${how}:`, ...lines].join("\n");
}

/** The scheduled loop nests, in the order in which they run; for each its cost, and the schedules that came next. */
export function explainNests({ nests }: Compilation): string {
  return nests.map((nest) => [printNest(nest), printChoice(nest)].filter(Boolean).join("\n")).join("\n\n");
}

/** The emitted module: formatted where prettier is installed, as it was emitted where not, as reading it takes no writer. */
async function explainSource({ source }: Compilation): Promise<string> {
  try {
    return (await formatModule(source.text, source.target)).trimEnd();
  } catch (error) {
    if (!(error instanceof EinsumError && error.code === "package-missing")) throw error;
    return source.text.trimEnd();
  }
}

/** What the kernel costs: operations, memory traffic where every tensor of a step is read or written once, code. */
async function explainTotals(compilation: Compilation): Promise<string> {
  const { path, steps, kernel, source } = compilation;
  const read = steps.flatMap(({ contraction }) => contraction.reads.map(({ tensor }) => bytesOfTensor(tensor)));
  const written = steps.map(({ contraction }) => bytesOfTensor(contraction.output.tensor));
  const scratch = allocatedScratch(kernel).map(({ dtype, length }) => bytesOf(dtype) * Number(length));
  const functions = [...source.routines, source.main];
  const characters = (await explainSource(compilation)).length;
  return printTable([
    ["flops", count(path.flops)],
    ["bytes read", count(sum(read))],
    ["bytes written", count(sum(written))],
    ["bytes of scratch", count(sum(scratch))],
    [
      "code size",
      `${count(characters)} characters, ${functions.length === 1 ? "1 function" : `${functions.length} functions`}`,
    ],
    ["bytecode", `about ${count(sum(functions.map(({ bytecode }) => bytecode)))} bytes`],
  ]);
}

/** What prints each stage, in the order of the pipeline. */
const STAGES: Readonly<Record<string, (compilation: Compilation) => string | Promise<string>>> = {
  spec: explainSpec,
  sizes: explainSizes,
  contraction: explainContraction,
  path: (compilation) => (isGradient(compilation) ? compilation.paths : [compilation.path]).map(String).join("\n\n"),
  nests: explainNests,
  kernel: ({ kernel }) => printKernel(kernel),
  source: explainSource,
  totals: explainTotals,
};

const STAGE_NAMES = Object.keys(STAGES);

function bytesOfTensor({ shape, dtype }: TensorType): number {
  return elementCount(shape) * bytesOf(dtype);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** `1,234,567`. */
function count(value: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: 0 });
}
