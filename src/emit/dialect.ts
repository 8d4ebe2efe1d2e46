/**
 * Prints kernels as modules for readers, in the languages of one emitter: doc comments, lines of bounded length, types
 * where the dialect has them. Dialects differ by annotations and nothing else: whoever strips the types of the TypeScript
 * has the JavaScript.
 */
import { code, docComment, type Code } from "./code.ts";
import type { ConstantSource, FunctionSource, KernelParts, ParameterSource, Signature, Target } from "./source.ts";

export interface Dialect {
  /** Puts its type behind a parameter or a parameter list: `a: Float64Array`. */
  annotate(text: string, type: string): string;
  /** The signatures that stand above a function: none where its own declaration says everything. */
  signaturesOf(source: FunctionSource): readonly Signature[];
  /** Marks an element of an array as present. */
  element(access: Code): Code;
}

/** The languages of modules. */
export const DIALECTS: Readonly<Record<Target, Dialect>> = {
  javascript: { annotate: (text) => text, signaturesOf: () => [], element: (access) => access },
  // It type-checks under every strictness option: with `noUncheckedIndexedAccess` an element may be undefined for all the
  // compiler knows, so each carries a `!`.
  typescript: { annotate: (text, type) => `${text}: ${type}`, signaturesOf, element: (access) => code`${access}!` },
};

/**
 * The signatures of a function that returns its last parameter, which it allocates where it is given none. From 5.7 on,
 * TypeScript tells arrays in memory of their own from arrays in shared memory, `Float32Array<ArrayBuffer>` from
 * `Float32Array`, and the platform asks for the former: a `Blob`, a texture, a file. What a kernel allocates is of this
 * kind, and what it is given stays of the kind that it is.
 */
export function signaturesOf({ parameters, returns }: FunctionSource): readonly Signature[] {
  const out = parameters.at(-1);
  if (out?.initial === undefined) return [];
  const others = parameters.slice(0, -1).map(({ name, type }) => ({ name, type, optional: false }));
  return ["<ArrayBuffer>", ""].map((memory) => ({
    parameters: [...others, { name: out.name, type: out.type + memory, optional: true }],
    returns: returns + memory,
  }));
}

/** The signature that a function's own declaration gives it. */
export function plainSignature({ parameters, returns }: FunctionSource): Signature {
  const given = parameters.map(({ name, type, initial }) => ({ name, type, optional: initial !== undefined }));
  return { parameters: given, returns };
}

/** How a module exports: as ECMAScript says, or as Node did before. */
export type ModuleForm = "esm" | "commonjs";

const WIDTH = 100;

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

/** The declaration of scratch. */
export function printScratch({ name, initial, grows }: ConstantSource): string {
  return `${grows ? "let" : "const"} ${name} = ${initial};`;
}

/** What follows a parameter that has a default. */
export function printInitial({ initial }: ParameterSource): string {
  return initial === undefined ? "" : ` = ${initial}`;
}
