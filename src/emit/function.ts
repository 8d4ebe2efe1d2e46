/**
 * Functions of a module: those that run one routine, and the exported one, which checks its arrays first.
 */
import { arrayNameOf } from "../ir/dtype.ts";
import { wrongLength } from "../loops/lengths.ts";
import type { Buffer, Kernel, Routine, Statement } from "../loops/kernel.ts";
import { buffersWritten, expressionOf, visitExpression, visitStatements } from "../loops/rewrite.ts";
import { argumentsOf, type Integer } from "../ir/symbols.ts";
import { bufferName, declareName, nameOf, type Block } from "./block.ts";
import { functionBytecode } from "./bytecode.ts";
import { code, commaSeparated, literal, Name } from "./code.ts";
import { commentLines, docComment } from "./comment.ts";
import type { Dialect } from "./dialect.ts";
import { emitSize } from "./expression.ts";
import { emitDefault, emitIntegers, integersUsed } from "./integers.ts";
import type { Scope } from "./scope.ts";
import type { FunctionSource, ParameterSource } from "./source.ts";
import { emitStatements } from "./statement.ts";

/** What the functions of a module share. */
export interface Module {
  readonly dialect: Dialect;
  readonly scope: Scope;
  readonly scratch: ReadonlyMap<Buffer, Name>;
}

/** A routine as a function of its own, and the buffers it is to be called with. */
export interface RoutineFunction {
  readonly name: Name;
  readonly arguments: readonly Buffer[];
  /** Those of the kernel's integers that it takes behind them. */
  readonly integers: readonly Integer[];
  readonly source: FunctionSource;
}

const WIDTH = 100;

/** Emits a routine as a function of the operands and the output it touches; scratch belongs to the module. */
export function emitRoutine(routine: Routine, name: Name, kernel: Kernel, module: Module): RoutineFunction {
  const touched = touchedBuffers(routine.body);
  const buffers = [...kernel.operands, kernel.output].filter((buffer) => touched.has(buffer));
  const integers = integersUsed(routine.body, kernel.integers);
  const { block, parameters } = openFunction(buffers, integers, module);
  emitStatements(routine.body, block);
  return {
    name,
    arguments: buffers,
    integers,
    source: {
      name: name.text,
      documentation: routine.comment ? commentLines([routine.comment]) : [],
      parameters,
      returns: "void",
      body: block.lines.join("\n"),
      bytecode: functionBytecode(name.text, routine.body, 0),
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
  const { operands, output } = kernel;
  const buffers = [...operands, output];
  const { block, parameters } = openFunction(buffers, argumentsOf(kernel.integers), module);
  emitIntegers(kernel, name, block);
  const told = new Set(
    kernel.integers.map((integer) => (integer.kind === "parameter" ? integer.length?.operand : null)),
  );
  // A length that a size was read from is right as it is.
  buffers.forEach((buffer, at) => told.has(at) || writeCheck(buffer, name, block));
  for (const buffer of kernel.scratch) growScratch(buffer, block);
  const inline = routines.length === 0 ? kernel.routines : [];
  for (const { body, comment } of inline) {
    if (comment) block.lines.push(...commentLines([comment]).map((line) => `// ${line}`));
    emitStatements(body, block);
  }
  for (const routine of routines) {
    const arrays = routine.arguments.map((buffer) => bufferName(block, buffer));
    const sizes = routine.integers.map((integer) => nameOf(block, integer.name));
    const written = routine.arguments.filter(({ role }) => role === "output").length;
    const names = [...arrays.slice(0, arrays.length - written), ...sizes, ...arrays.slice(arrays.length - written)];
    block.lines.push(code`${routine.name}(${commaSeparated(names)});`.text);
  }
  const out = bufferName(block, output);
  block.lines.push(code`return ${out};`.text);
  const type = arrayNameOf(output.dtype);
  const initial = `new ${type}(${emitDefault(output.length, kernel, block).text})`;
  return {
    name: name.text,
    documentation: commentLines(documentation),
    parameters: parameters.map((parameter) => (parameter.name === out.text ? { ...parameter, initial } : parameter)),
    returns: type,
    body: block.lines.join("\n"),
    bytecode: functionBytecode(
      name.text,
      inline.flatMap(({ body }) => body),
      buffers.length + routines.length + kernel.integers.length + kernel.checks.length,
    ),
  };
}

/** Prints a function with its doc comment; the text ends without a line break. */
export function printFunction(source: FunctionSource, dialect: Dialect, exported: boolean): string {
  const head = `${exported ? "export " : ""}function ${source.name}(`;
  const tail = `${dialect.annotate(")", source.returns)} {`;
  const parameters = source.parameters.map(({ name, type, initial }) => {
    return dialect.annotate(name, type) + (initial === undefined ? "" : ` = ${initial}`);
  });
  const line = head + parameters.join(", ") + tail;
  const signature = line.length <= WIDTH ? [line] : [head, ...parameters.map((parameter) => `  ${parameter},`), tail];
  const body = source.body === "" ? [] : source.body.split("\n").map((text) => `  ${text}`);
  return [...docComment(source.documentation), ...signature, ...body, "}"].join("\n");
}

/** Opens a function of arrays and integers; an output stands behind the integers. */
function openFunction(
  buffers: readonly Buffer[],
  integers: readonly Integer[],
  { dialect, scope: outer, scratch }: Module,
): { readonly block: Block; readonly parameters: ParameterSource[] } {
  const scope = outer.nest();
  const names = new Map(scratch);
  const arrays = buffers.map((buffer) => {
    const name = scope.declare(buffer.name);
    names.set(buffer, name);
    return { name: name.text, type: arrayNameOf(buffer.dtype) };
  });
  const block: Block = { dialect, scope, names: new Map(), buffers: names, lines: [], indent: "" };
  const sizes = integers.map(({ name }) => ({ name: declareName(block, name).text, type: "number" }));
  const operands = buffers.filter(({ role }) => role === "operand").length;
  return { block, parameters: [...arrays.slice(0, operands), ...sizes, ...arrays.slice(operands)] };
}

/** Refuses an array of the wrong length, on one line, in the words of the interpreter. */
function writeCheck(buffer: Buffer, kernel: Name, block: Block): void {
  const { role, length } = buffer;
  if (length === 0 && role === "operand") return;
  const array = bufferName(block, buffer);
  const wanted = emitSize(length, block);
  const wrong = role === "operand" ? code`<` : code`!==`;
  // A length that is known is part of the words; any other one stands between them.
  const [before, after] = wrongLength(kernel.text, array.text, role, typeof length === "number" ? length : "\n").split(
    "\n",
  ) as [string, string?];
  const message = after === undefined ? literal(before) : code`${literal(before)} + (${wanted}) + ${literal(after)}`;
  const check = code`if (${array}.length ${wrong} ${wanted}) throw new RangeError(${message} + ${array}.length);`;
  block.lines.push(check.text);
}

/** Scratch whose length is left to run time is allocated anew where it is too short. */
function growScratch(buffer: Buffer, block: Block): void {
  if (typeof buffer.length === "number") return;
  const array = bufferName(block, buffer);
  const length = emitSize(buffer.length, block);
  const type = code`${new Name(arrayNameOf(buffer.dtype))}`;
  block.lines.push(code`if (${array}.length < ${length}) ${array} = new ${type}(${length});`.text);
}

/** The buffers that statements read or write. */
function touchedBuffers(statements: readonly Statement[]): Set<Buffer> {
  const touched = buffersWritten(statements);
  visitStatements(statements, (statement) => {
    const expression = expressionOf(statement);
    if (!expression) return;
    visitExpression(expression, (part) => {
      if (part.kind === "load") touched.add(part.buffer);
    });
  });
  return touched;
}
