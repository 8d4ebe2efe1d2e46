/**
 * Emits a verified kernel: its scratch, a function a routine where it has several, and the exported function. V8
 * optimises small functions of one hot loop each better than one long function.
 *
 * Invariant: the text is a function of the kernel and the manner it is written in: nothing else flows in, so it is the
 * same on every machine.
 */
import { arrayNameOf } from "../ir/dtype.ts";
import type { Buffer, Kernel } from "../loops/kernel.ts";
import { code, literal, type Name } from "./code.ts";
import type { Dialect } from "./dialect.ts";
import { emitMain, emitRoutine, type Module, type ModuleExtras } from "./function.ts";
import { Scope } from "./scope.ts";
import type { Script } from "./script.ts";
import type { ConstantSource, KernelParts, ParameterSource } from "./source.ts";

/** How a kernel is written. */
export interface Writing {
  readonly dialect: Dialect;
  readonly extras: ModuleExtras;
  /** Lines of the exported function's doc comment; they may hold any text. */
  readonly documentation: readonly string[];
}

/** Emits a kernel; refuses one with a function too large for V8 to optimise. */
export function emitSource(kernel: Kernel, { dialect, extras, documentation }: Writing): KernelParts {
  const scope = new Scope();
  const name = scope.declare(kernel.name);
  const scratchNames = new Map(kernel.scratch.map((buffer) => [buffer, scope.declare(buffer.name)]));
  const separate = kernel.routines.length > 1 || kernel.slices ? kernel.routines : [];
  const stepNames = separate.map((_, at) => scope.declare(`${name.text}Step${at + 1}`));
  const places = new Map([...kernel.operands, kernel.output].map((buffer, place) => [buffer, place]));
  const module: Module = { dialect, extras, scope, scratch: scratchNames, places };
  const routines = separate.map((routine, at) => emitRoutine(routine, stepNames[at] as Name, kernel, module));
  const main = emitMain(kernel, name, documentation, routines, module);
  return {
    name: name.text,
    integers: main.integers,
    scratch: kernel.scratch.map((buffer) => emitScratch(buffer, scratchNames)),
    routines: [...(kernel.definitions ?? []), ...routines.map(({ source }) => source)],
    main: main.source,
  };
}

function emitScratch(buffer: Buffer, names: ReadonlyMap<Buffer, Name>): ConstantSource {
  const { dtype, length, initial, part } = buffer;
  const name = names.get(buffer) as Name;
  const type = arrayNameOf(dtype);
  if (typeof length !== "number") return { name: name.text, type, initial: `new ${type}(0)`, grows: true };
  if (part) {
    const cut = code`${names.get(part.of) as Name}.subarray(${part.from}, ${part.from + length})`;
    return { name: name.text, type, initial: cut.text };
  }
  const fill = initial === undefined ? "" : code`.fill(${literal(initial)})`.text;
  return { name: name.text, type, initial: `new ${type}(${length})${fill}` };
}

/** The same code, as a script that returns the exported function. */
export function scriptOf({ name, integers, scratch, routines, main }: KernelParts): Script {
  const functions = [...routines, main].map(({ name: called, parameters, body }) => {
    const given = parameters.map((parameter) => parameter.name + printInitial(parameter));
    return `function ${called}(${given.join(", ")}) {\n${body}\n}`;
  });
  const text = ['"use strict";', ...scratch.map(printScratch), ...functions, `return ${name};`].join("\n");
  return { text, integers };
}

/** The declaration of scratch. */
export function printScratch({ name, initial, grows }: ConstantSource): string {
  return `${grows ? "let" : "const"} ${name} = ${initial};`;
}

/** What follows a parameter that has a default. */
export function printInitial({ initial }: ParameterSource): string {
  return initial === undefined ? "" : ` = ${initial}`;
}
