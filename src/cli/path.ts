/** `einsmith path`: the order in which operands meet and what it costs. */
import type { Command } from "commander";
import { contractionPath } from "../path/contraction-path.ts";
import type { PathInfo } from "../path/report.ts";
import { drawTreeAsSvg } from "../path/tree-svg.ts";
import { drawTree } from "../path/tree.ts";
import { speaking } from "../support/words.ts";
import { deliver, STANDARD, type Io } from "./io.ts";
import { addSpec, choiceOption, commandLineWords, compileOptionsOf, type Given } from "./kernel-options.ts";

interface PathArguments extends Given {
  readonly json?: boolean;
  readonly tree?: "svg" | "text";
  readonly out?: string;
}

type Shapes = Parameters<typeof contractionPath>[1];

const EXAMPLE = `
Example: the order of a chain of three products
  $ einsmith path 'ij,jk,kl,lm->im' --shape 10,40 --shape 40,2 --shape 2,70 --shape 70,9
Example: the same as a picture
  $ einsmith path 'ij,jk,kl,lm->im' --shape 10,40 --shape 40,2 --shape 2,70 --shape 70,9 --tree svg -o chain.svg`;

/** Adds the command `path`. */
export function addPathCommand(program: Command, io: Io): void {
  const command = program.command("path").description("print the contraction path of a spec and what it costs");
  addSpec(command, "shapes", "meaning", "search")
    .option("--json", "print the path as JSON")
    .addOption(choiceOption("--tree <form>", "draw the contraction tree", ["svg", "text"]).conflicts("json"))
    .option("-o, --out <file>", "write it there, whole or not at all; - prints it")
    .addHelpText("after", EXAMPLE)
    .action(async (spec: string, given: PathArguments) => {
      const { shapes, ...options } = compileOptionsOf(given);
      const info = speaking(commandLineWords("--shape"), () => contractionPath(spec, shapes as Shapes, options));
      const text = showPath(info, given);
      await deliver(io, given.out ?? STANDARD, text, `${text.length} characters`);
    });
}

function showPath(info: PathInfo, { json, tree }: PathArguments): string {
  if (tree === "svg") return drawTreeAsSvg(info);
  if (tree === "text") return `${drawTree(info)}\n`;
  return `${json ? JSON.stringify(info, undefined, 2) : info.toString()}\n`;
}
