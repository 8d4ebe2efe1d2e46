/**
 * Functions of a module: those that run one routine, and the exported one, which checks its arrays first.
 */
import { arrayNameOf } from "../ir/dtype.ts";
import { wrongLength } from "../loops/lengths.ts";
import type { Buffer, Kernel, Routine, Statement } from "../loops/kernel.ts";
import { buffersTouched } from "../loops/rewrite.ts";
import { bufferName, declareName, writeLine, type Block, type LayOut } from "./block.ts";
import { code, commaSeparated, literal, type Name } from "./code.ts";
import type { Dialect } from "./dialect.ts";
import type { Scope } from "./scope.ts";
import type { FunctionSource, ParameterSource } from "./source.ts";
import { emitStatements } from "./statement.ts";

/** What emitting for a reader, or for slices, adds; by default lines are not broken, and routines run one after the other. */
export interface Extras {
  readonly layOut?: LayOut;
  /** The indices of slices that a routine is to be called with. */
  slicesOf?(routine: Routine, kernel: Kernel): readonly string[];
  emitCalls?(kernel: Kernel, routines: readonly RoutineFunction[], block: Block): void;
  /** Makes lines safe to place inside a comment; without it there is none. */
  comment?(lines: readonly string[]): string[];
  /** Prints lines that are safe as a doc comment; without it there is none. */
  document?(lines: readonly string[]): string[];
  /** Estimates the bytecode of a function, and refuses what V8 would not optimise; without it, any is fine. */
  measure?(name: string, statements: readonly Statement[], lines: number): number;
}

/** What the functions of a module share. */
export interface Module extends Extras {
  readonly dialect: Dialect;
  readonly scope: Scope;
  readonly scratch: ReadonlyMap<Buffer, Name>;
}

/** A routine as a function of its own, and the buffers it is to be called with. */
export interface RoutineFunction {
  readonly name: Name;
  readonly arguments: readonly Buffer[];
  /** The indices of slices it is to be called with, behind the buffers. */
  readonly slices: readonly string[];
  readonly source: FunctionSource;
}

const WIDTH = 100;

/** Emits a routine as a function of the operands and the output it touches; scratch belongs to the module. */
export function emitRoutine(routine: Routine, name: Name, kernel: Kernel, module: Module): RoutineFunction {
  const touched = buffersTouched(routine.body);
  const buffers = [...kernel.operands, kernel.output].filter((buffer) => touched.has(buffer));
  const slices = module.slicesOf?.(routine, kernel) ?? [];
  const { block, parameters } = openFunction(buffers, module);
  for (const slice of slices) parameters.push({ name: declareName(block, slice).text, type: "number" });
  emitStatements(routine.body, block);
  return {
    name,
    arguments: buffers,
    slices,
    source: {
      name: name.text,
      documentation: routine.comment ? (module.comment?.([routine.comment]) ?? []) : [],
      parameters,
      returns: "void",
      body: block.lines.join("\n"),
      bytecode: module.measure?.(name.text, routine.body, 0) ?? 0,
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
): FunctionSource {
  const buffers = [...kernel.operands, kernel.output];
  const { block, parameters } = openFunction(buffers, module);
  for (const buffer of buffers) writeCheck(buffer, name, block);
  const inline = routines.length === 0 ? kernel.routines : [];
  for (const { body, comment } of inline) {
    if (comment) block.lines.push(...(module.comment?.([comment]) ?? []).map((line) => `// ${line}`));
    emitStatements(body, block);
  }
  (module.emitCalls ?? callInOrder)(kernel, routines, block);
  const out = block.buffers.get(kernel.output) as Name;
  block.lines.push(code`return ${out};`.text);
  const type = arrayNameOf(kernel.output.dtype);
  const initial = `new ${type}(${kernel.output.length})`;
  return {
    name: name.text,
    documentation: module.comment?.(documentation) ?? [],
    parameters: parameters.map((parameter) => (parameter.name === out.text ? { ...parameter, initial } : parameter)),
    returns: type,
    body: block.lines.join("\n"),
    bytecode:
      module.measure?.(
        name.text,
        inline.flatMap(({ body }) => body),
        buffers.length + routines.length,
      ) ?? 0,
  };
}

function callInOrder(_: Kernel, routines: readonly RoutineFunction[], block: Block): void {
  for (const { name, arguments: buffers } of routines) {
    writeLine(block, code`${name}(${commaSeparated(buffers.map((buffer) => bufferName(block, buffer)))});`);
  }
}

/** Prints a function, with its doc comment where there is a way to write one; the text ends without a line break. */
export function printFunction(
  source: FunctionSource,
  dialect: Dialect,
  exported: boolean,
  document?: Extras["document"],
): string {
  const head = `${exported ? "export " : ""}function ${source.name}(`;
  const tail = `${dialect.annotate(")", source.returns)} {`;
  const parameters = source.parameters.map(({ name, type, initial }) => {
    return dialect.annotate(name, type) + (initial === undefined ? "" : ` = ${initial}`);
  });
  const line = head + parameters.join(", ") + tail;
  const signature = line.length <= WIDTH ? [line] : [head, ...parameters.map((parameter) => `  ${parameter},`), tail];
  const body = source.body === "" ? [] : source.body.split("\n").map((text) => `  ${text}`);
  return [...(document?.(source.documentation) ?? []), ...signature, ...body, "}"].join("\n");
}

function openFunction(
  buffers: readonly Buffer[],
  { dialect, scope: outer, scratch, layOut = onOneLine }: Module,
): { readonly block: Block; readonly parameters: ParameterSource[] } {
  const scope = outer.nest();
  const names = new Map(scratch);
  const parameters = buffers.map((buffer) => {
    const name = scope.declare(buffer.name);
    names.set(buffer, name);
    return { name: name.text, type: arrayNameOf(buffer.dtype) };
  });
  return { block: { dialect, scope, names: new Map(), buffers: names, lines: [], indent: "", layOut }, parameters };
}

function onOneLine(text: string, indent: string): string[] {
  return [indent + text];
}

/** Refuses an array of the wrong length, on one line, in the words of the interpreter. */
function writeCheck(buffer: Buffer, kernel: Name, block: Block): void {
  if (buffer.length === 0 && buffer.role === "operand") return;
  const array = block.buffers.get(buffer) as Name;
  const message = literal(wrongLength(kernel.text, array.text, buffer));
  const wrong = buffer.role === "operand" ? code`<` : code`!==`;
  const check = code`if (${array}.length ${wrong} ${buffer.length}) throw new RangeError(${message} + ${array}.length);`;
  block.lines.push(check.text);
}
