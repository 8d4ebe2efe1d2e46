/**
 * Prints a kernel as a module for readers: doc comments, lines of bounded length, types where the dialect has them.
 */
import { docComment } from "./comment.ts";
import type { Dialect } from "./dialect.ts";
import { printInitial, printScratch } from "./kernel.ts";
import type { FunctionSource, KernelParts } from "./source.ts";

const WIDTH = 100;

/** Scratch, then the routines, then the exported function. */
export function printModule({ scratch, routines, main }: KernelParts, dialect: Dialect): string {
  const parts = [
    ...(scratch.length > 0 ? [scratch.map(printScratch).join("\n")] : []),
    ...routines.map((routine) => printFunction(routine, "", dialect)),
    printFunction(main, "export ", dialect),
  ];
  return parts.join("\n\n") + "\n";
}

/** The text ends without a line break. */
function printFunction(source: FunctionSource, exported: string, dialect: Dialect): string {
  const head = `${exported}function ${source.name}(`;
  const tail = `${dialect.annotate(")", source.returns)} {`;
  const parameters = source.parameters.map((parameter) => {
    return dialect.annotate(parameter.name, parameter.type) + printInitial(parameter);
  });
  const line = head + parameters.join(", ") + tail;
  const signature = line.length <= WIDTH ? [line] : [head, ...parameters.map((parameter) => `  ${parameter},`), tail];
  const body = source.body === "" ? [] : source.body.split("\n").map((text) => `  ${text}`);
  return [...docComment(source.documentation), ...signature, ...body, "}"].join("\n");
}
