/**
 * Functions of a module: those that run one routine, and the exported one.
 */
import { factorsOf, sizeAffine, type Affine } from "../affine/affine.ts";
import { arrayNameOf } from "../ir/dtype.ts";
import type { Buffer, Kernel, Routine } from "../loops/kernel.ts";
import { addressesOf, buffersTouched, visitStatements } from "../loops/rewrite.ts";
import type { Integer } from "../ir/symbols.ts";
import { bufferName, declareName, nameOf, writeLine, type Block } from "./block.ts";
import { code, commaSeparated, Name, type Code } from "./code.ts";
import type { Dialect } from "./dialect.ts";
import { emitSize } from "./expression.ts";
import type { Scope } from "./scope.ts";
import type { FunctionSource, ParameterSource } from "./source.ts";
import { emitStatements } from "./statement.ts";

/** What a module has for its readers and for callers that it does not know. */
export interface ModuleExtras {
  readonly opening: Opening;
  /** Emits the calls of routines, which may run in slices. */
  emitCalls(kernel: Kernel, routines: readonly RoutineFunction[], block: Block): void;
  /** Lines of comment above a routine that the exported function holds. */
  comment(routine: Routine): string[];
  describeRoutine(routine: Routine, name: Name): Description;
  describeMain(
    kernel: Kernel,
    name: Name,
    documentation: readonly string[],
    routines: readonly RoutineFunction[],
  ): Description;
}

/** What readers are told of a function; who describes one refuses what V8 would not optimise. */
export type Description = Pick<FunctionSource, "documentation" | "bytecode">;

/** What the functions of a module share. */
export interface Module {
  readonly dialect: Dialect;
  readonly extras: ModuleExtras;
  readonly scope: Scope;
  readonly scratch: ReadonlyMap<Buffer, Name>;
  /** Of operands and output: where they stand among the parameters. */
  readonly places: ReadonlyMap<Buffer, number>;
}

/** What an exported function does before its routines run, for callers that it does not know. */
export interface Opening {
  /** The integers that it takes as arguments; it declares the others. */
  argumentsOf(kernel: Kernel): readonly Integer[];
  emit(kernel: Kernel, name: Name, block: Block): void;
  /** The array that it makes where it is given none: code over arguments. */
  initial(kernel: Kernel, block: Block): Code;
}

/** A routine as a function of its own, and the buffers it is to be called with. */
export interface RoutineFunction {
  readonly name: Name;
  readonly arguments: readonly Buffer[];
  /** The integers of the kernel, and the indices of slices, that it takes behind its operands. */
  readonly integers: readonly string[];
  readonly source: FunctionSource;
}

/** Emits a routine as a function of the operands and the output it touches; scratch belongs to the module. */
export function emitRoutine(routine: Routine, name: Name, kernel: Kernel, module: Module): RoutineFunction {
  const touched = buffersTouched(routine.body);
  const { places } = module;
  const placeOf = (buffer: Buffer): number => places.get(buffer) ?? -1;
  const buffers = [...touched]
    .filter((buffer) => places.has(buffer))
    .sort((one, other) => placeOf(one) - placeOf(other));
  const integers = integersUsed(routine, kernel);
  const { block, parameters } = openFunction(buffers, integers, module, touched);
  emitStatements(routine.body, block);
  return {
    name,
    arguments: buffers,
    integers,
    source: {
      name: name.text,
      parameters,
      returns: "void",
      body: block.lines.join("\n"),
      ...module.extras.describeRoutine(routine, name),
    },
  };
}

/** Emits the exported function: it calls the routines, or holds the statements of a kernel that has one routine. */
export function emitMain(
  kernel: Kernel,
  name: Name,
  documentation: readonly string[],
  routines: readonly RoutineFunction[],
  module: Module,
): { readonly source: FunctionSource; readonly integers: readonly string[] } {
  const { operands, output } = kernel;
  const buffers = [...operands, output];
  const { extras } = module;
  const integers = extras.opening.argumentsOf(kernel).map((integer) => integer.name);
  const { block, parameters } = openFunction(buffers, integers, module);
  const out = bufferName(block, output);
  extras.opening.emit(kernel, name, block);
  for (const buffer of kernel.scratch) growScratch(buffer, block);
  for (const routine of routines.length === 0 ? kernel.routines : []) {
    block.lines.push(...extras.comment(routine));
    emitStatements(routine.body, block);
  }
  extras.emitCalls(kernel, routines, block);
  block.lines.push(code`return ${out};`.text);
  const initial = extras.opening.initial(kernel, block).text;
  const source = {
    name: name.text,
    parameters: parameters.map((parameter) => (parameter.name === out.text ? { ...parameter, initial } : parameter)),
    returns: arrayNameOf(output.dtype),
    body: block.lines.join("\n"),
    ...extras.describeMain(kernel, name, documentation, routines),
  };
  return { source, integers };
}

/** Emits the call of a routine with operands, integers and, where it is written, the output. */
export function emitCall(routine: RoutineFunction, block: Block): void {
  const integers = routine.integers.map((name) => nameOf(block, name));
  const arrays = routine.arguments.map((buffer) => bufferName(block, buffer));
  const operands = routine.arguments.filter(({ role }) => role === "operand").length;
  const given = [...arrays.slice(0, operands), ...integers, ...arrays.slice(operands)];
  writeLine(block, code`${routine.name}(${commaSeparated(given)});`);
}

/** Opens a function of arrays and integers; an output stands behind the integers. It sees the scratch it touches. */
function openFunction(
  buffers: readonly Buffer[],
  integers: readonly string[],
  { dialect, scope: outer, scratch }: Module,
  touched: Iterable<Buffer> = scratch.keys(),
): { readonly block: Block; readonly parameters: ParameterSource[] } {
  const scope = outer.nest();
  const names = new Map<Buffer, Name>();
  for (const buffer of touched) {
    const name = scratch.get(buffer);
    if (name) names.set(buffer, name);
  }
  const arrays = buffers.map((buffer) => {
    const name = scope.declare(buffer.name);
    names.set(buffer, name);
    return { name: name.text, type: arrayNameOf(buffer.dtype) };
  });
  const block: Block = { dialect, scope, names: new Map(), buffers: names, lines: [], indent: "" };
  const sizes = integers.map((name) => ({ name: declareName(block, name).text, type: "number" }));
  const operands = buffers.filter(({ role }) => role === "operand").length;
  return { block, parameters: [...arrays.slice(0, operands), ...sizes, ...arrays.slice(operands)] };
}

/** Scratch whose length is left to run time is allocated anew where it is too short. */
function growScratch(buffer: Buffer, block: Block): void {
  if (typeof buffer.length === "number") return;
  const array = bufferName(block, buffer);
  const length = emitSize(buffer.length, block);
  const type = code`${new Name(arrayNameOf(buffer.dtype))}`;
  block.lines.push(code`if (${array}.length < ${length}) ${array} = new ${type}(${length});`.text);
}

/** The integers that a routine uses, in the order of the kernel, then the indices of the slices around it. */
function integersUsed(routine: Routine, { integers, routines, slices }: Kernel): string[] {
  const used = new Set<string>();
  const use = (expression: Affine): void => {
    for (const { variable } of expression.terms) for (const factor of factorsOf(variable)) used.add(factor);
  };
  visitStatements(routine.body, (statement) => {
    addressesOf(statement).forEach(use);
    if (statement.kind === "loop") [statement.from, statement.to].map(sizeAffine).forEach(use);
    if (statement.kind === "fill") use(sizeAffine(statement.buffer.length));
  });
  const at = routines.indexOf(routine);
  // A routine outside of the slices may name its own loops so.
  const around = slices && at >= slices.first && at < slices.end ? slices.indices : [];
  return [...integers, ...around].map(({ name }) => name).filter((name) => used.has(name));
}
