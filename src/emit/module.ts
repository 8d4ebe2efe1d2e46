/**
 * Prints a kernel as a module for readers: doc comments, lines of bounded length, types where the dialect has them.
 */
import { docComment } from "./comment.ts";
import type { Dialect } from "./dialect.ts";
import { printInitial, printScratch } from "./kernel.ts";
import type { ConstantSource, FunctionSource, KernelParts } from "./source.ts";

const WIDTH = 100;

/** How a module exports: as ECMAScript says, or as Node did before. */
export type ModuleForm = "esm" | "commonjs";

/** Scratch, then the routines, then the exported function. */
export function printModule(
  { scratch, routines, main }: KernelParts,
  dialect: Dialect,
  form: ModuleForm = "esm",
): string {
  const commonJs = form === "commonjs";
  const parts = [
    ...(commonJs ? ['"use strict";'] : []),
    ...(scratch.length > 0 ? [scratch.map((constant) => printScratch(markPure(constant))).join("\n")] : []),
    ...routines.map((routine) => printFunction(routine, "", dialect)),
    printFunction(main, commonJs ? "" : "export ", dialect),
    ...(commonJs ? [`exports.${main.name} = ${main.name};`] : []),
  ];
  return parts.join("\n\n") + "\n";
}

/** Scratch that says of itself that a bundler may leave it out with the function that uses it: allocating has no effect. */
export function markPure(constant: ConstantSource): ConstantSource {
  return { ...constant, initial: `/* @__PURE__ */ ${constant.initial}` };
}

/** The text ends without a line break. */
function printFunction(source: FunctionSource, exported: string, dialect: Dialect): string {
  const head = `${exported}function ${source.name}(`;
  const declare = (parameters: readonly string[], tail: string): readonly string[] => {
    const line = head + parameters.join(", ") + tail;
    return line.length <= WIDTH ? [line] : [head, ...parameters.map((parameter) => `  ${parameter},`), tail];
  };
  const signatures = dialect.signaturesOf(source).flatMap(({ parameters, returns }) =>
    declare(
      parameters.map(({ name, type, optional }) => dialect.annotate(optional ? `${name}?` : name, type)),
      `${dialect.annotate(")", returns)};`,
    ),
  );
  const signature = declare(
    source.parameters.map((parameter) => dialect.annotate(parameter.name, parameter.type) + printInitial(parameter)),
    `${dialect.annotate(")", source.returns)} {`,
  );
  const body = source.body === "" ? [] : source.body.split("\n").map((text) => `  ${text}`);
  return [...docComment(source.documentation), ...signatures, ...signature, ...body, "}"].join("\n");
}
