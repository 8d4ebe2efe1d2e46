/**
 * Runs the case files of this folder: each is executed first and compared second. The emitted JavaScript and the
 * interpreter must compute what the reference does; then the text of every stage must be what the file says.
 *
 * With EINSMITH_UPDATE=1 in the environment the stages are written anew instead of compared, still after the case was
 * executed. A new case needs its head and a line `==> name` for each stage it shows. Read the difference before you
 * commit it: these files are how generated code is reviewed.
 *
 * `javascript` is the text as the JIT evaluates it, `typescript` the module as the writer formats it.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { compile, type Compilation } from "../../src/index.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import { isFloat, type TypedArray } from "../../src/ir/dtype.ts";
import { bufferLength } from "../../src/ir/tensor.ts";
import { printKernel } from "../../src/loops/print-kernel.ts";
import { printNest } from "../../src/loops/describe-nests.ts";
import { formatModule } from "../../src/writer/packages.ts";
import { fill } from "../support/cases.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { interpret } from "../support/plain-kernel.ts";
import { seededRandom } from "../support/random.ts";
import { reference } from "../support/reference.ts";
import { parseCase, printCase, type CaseFile, type Stage } from "./case-file.ts";

const FOLDER = new URL("./", import.meta.url);
const FILES = readdirSync(FOLDER).filter((name) => name.endsWith(".txt"));
const UPDATE = process.env["EINSMITH_UPDATE"] === "1";

describe.each(FILES)("%s", (name) => {
  const file = new URL(name, FOLDER);
  const text = readFileSync(file, "utf8");
  const given = parseCase(text);
  const compilation = compile(given.spec, given.options);

  it(`computes: ${given.title}`, () => {
    execute(compilation);
  });

  it("reads as it is written down", async () => {
    const found = new Map<Stage, string>();
    for (const stage of given.stages.keys()) found.set(stage, await printStage(given, compilation, stage));
    const printed = printCase({ head: given.head, stages: found });
    if (UPDATE && printed !== text) {
      execute(compilation);
      writeFileSync(file, printed);
    } else {
      expect(printed).toBe(text);
    }
  });
});

/** Compares the interpreter and the emitted code, twice and into a used array, with the reference. */
function execute({ contraction, kernel, source }: Compilation): void {
  const arrays = operandsOf(contraction);
  const expected = reference(contraction, arrays);
  const run = evaluateSource(source);
  const out = run(...arrays);
  expect(out).toEqual(expected);
  expect(run(...arrays, out.slice().fill(out[0] as never))).toEqual(expected);
  expect(interpret(kernel, arrays)).toEqual(expected);
}

/** Small integers, so that sums are exact in every order; never below 0 where the dtype is not. */
function operandsOf({ reads }: Contraction): TypedArray[] {
  const random = seededRandom(1);
  return reads.map(({ tensor }) => {
    const lowest = isFloat(tensor.dtype) || tensor.dtype.startsWith("int") ? -9 : 0;
    return fill(
      tensor.dtype,
      Array.from({ length: bufferLength(tensor) }, () => random.integer(lowest, 9)),
    );
  });
}

async function printStage({ spec, options }: CaseFile, compilation: Compilation, stage: Stage): Promise<string> {
  switch (stage) {
    case "path":
      return compilation.path.toString();
    case "nests":
      return compilation.nests.map(printNest).join("\n\n");
    case "kernel":
      return printKernel(compilation.kernel);
    case "javascript":
      return compilation.source.text.trimEnd();
    case "typescript": {
      const { source } = compile(spec, { ...options, target: "typescript" });
      return (await formatModule(source.text, source.target)).trimEnd();
    }
  }
}
