/**
 * Emits a verified kernel as a module, for readers and for programs that import it: its scratch, a function a routine
 * where it has several, and the exported function, which checks what it is called with. V8 optimises small functions of
 * one hot loop each better than one long function.
 *
 * Invariant: the text is a function of the kernel, the target and the documentation: nothing else flows in, so it is the
 * same on every machine.
 */
import { factorsOf, sizeAffine, type Affine } from "../affine/affine.ts";
import { arrayNameOf } from "../ir/dtype.ts";
import { argumentsOf } from "../ir/symbols.ts";
import { estimateBytecode } from "../loops/bytecode.ts";
import type { Buffer, Kernel, Routine, Statement } from "../loops/kernel.ts";
import { choosesWithoutBranch } from "../loops/order-bits.ts";
import { addressesOf, buffersTouched, visitStatements } from "../loops/rewrite.ts";
import { UnsupportedError } from "../support/errors.ts";
import { bufferName, declareName, nameOf, nestBlock, writeLine, type Block } from "./block.ts";
import { code, commaSeparated, commentLines, literal, Name, Scope } from "./code.ts";
import { DIALECTS, printInitial, printModule, printScratch } from "./dialect.ts";
import { emitDefault, openMain } from "./opening.ts";
import type { Script } from "./script.ts";
import type { ConstantSource, FunctionSource, KernelParts, KernelSource, ParameterSource, Target } from "./source.ts";
import { emitSize, emitStatements } from "./statement.ts";
import { chosen, extremum } from "./term.ts";

export interface EmitOptions {
  readonly target: Target;
  /** Lines of the exported function's doc comment; they may hold any text. */
  readonly documentation: readonly string[];
}

/** What the functions of a module share. */
interface Module extends Pick<Block, "dialect" | "scope" | "scratch" | "extremum"> {
  readonly kernel: Kernel;
}

/** What a function takes: an array, or an integer of the kernel or an index of slices, by its name. */
type Taken = Buffer | string;

/** A routine as a function of its own. */
interface RoutineFunction {
  readonly name: Name;
  readonly takes: readonly Taken[];
  readonly source: FunctionSource;
}

/** Emits a kernel as an ES module; refuses one with a function too large for V8 to optimise. */
export function emitKernel(kernel: Kernel, { target, documentation }: EmitOptions): KernelSource {
  const dialect = DIALECTS[target];
  const scope = new Scope();
  const name = scope.declare(kernel.name);
  const scratch = new Map(kernel.scratch.map((buffer) => [buffer, scope.declare(buffer.name)]));
  const module = { kernel, dialect, scope, scratch, extremum: choosesWithoutBranch(kernel) ? chosen : extremum };
  const separate = kernel.routines.length > 1 || kernel.slices ? kernel.routines : [];
  const stepNames = separate.map((_, at) => scope.declare(`${name.text}Step${at + 1}`));
  const routines = separate.map((routine, at) => emitRoutine(routine, stepNames[at] as Name, module));
  const integers = argumentsOf(kernel.integers).map((integer) => integer.name);
  const parts: KernelParts = {
    name: name.text,
    integers,
    scratch: kernel.scratch.map((buffer) => emitScratch(buffer, scratch)),
    routines: [...(kernel.definitions ?? []), ...routines.map(({ source }) => source)],
    main: emitMain(name, integers, documentation, routines, module),
  };
  const text = printModule(parts, dialect);
  const source: KernelSource = { ...parts, target, text, toString: () => text };
  emitted.add(source);
  return source;
}

/** The sources that were emitted here, and so are sound. */
const emitted = /* @__PURE__ */ new WeakSet<object>();

/** Whether a value is a source that was emitted here, not a copy of one. */
export function isEmitted(value: unknown): value is KernelSource {
  return emitted.has(value as object);
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

function emitScratch(buffer: Buffer, names: ReadonlyMap<Buffer, Name>): ConstantSource {
  const { dtype, length, initial, part } = buffer;
  const name = (names.get(buffer) as Name).text;
  const type = arrayNameOf(dtype);
  if (typeof length !== "number") return { name, type, initial: `new ${type}(0)`, grows: true };
  if (part) {
    const cut = code`${names.get(part.of) as Name}.subarray(${part.from}, ${part.from + length})`;
    return { name, type, initial: cut.text };
  }
  const fill = initial === undefined ? "" : code`.fill(${literal(initial)})`.text;
  return { name, type, initial: `new ${type}(${length})${fill}` };
}

/** Emits a routine as a function of the operands and the output it touches; scratch belongs to the module. */
function emitRoutine(routine: Routine, name: Name, module: Module): RoutineFunction {
  const { operands, output } = module.kernel;
  const touched = buffersTouched(routine.body);
  const isTouched = (buffer: Buffer): boolean => touched.has(buffer);
  const takes = [...operands.filter(isTouched), ...integersUsed(routine, module.kernel), ...[output].filter(isTouched)];
  const block = openFunction(takes, module);
  emitStatements(routine.body, block);
  const source = {
    name: name.text,
    documentation: commentsOf(routine),
    parameters: takes.map((taken) => parameterOf(taken, block)),
    returns: "void",
    body: block.lines.join("\n"),
    bytecode: functionBytecode(name, routine.body, 0),
  };
  return { name, takes, source };
}

/** Emits the exported function: it calls the routines, or holds the statements of a kernel that has one routine. */
function emitMain(
  name: Name,
  integers: readonly string[],
  documentation: readonly string[],
  routines: readonly RoutineFunction[],
  module: Module,
): FunctionSource {
  const { kernel } = module;
  const { operands, output, scratch, checks } = kernel;
  const takes = [...operands, ...integers, output];
  const block = openFunction(takes, module);
  const out = bufferName(block, output);
  // A kernel may look at the bits of the arrays that it is called with: it takes these arrays.
  const parameters = takes.map((taken) => {
    const parameter = parameterOf(taken, block);
    if (typeof taken === "string") return parameter;
    const { dtype, bitsOf = dtype } = taken;
    const type = arrayNameOf(bitsOf);
    return { ...parameter, type, ...(taken === output && { initial: emitDefault(kernel, block).text }) };
  });
  openMain(kernel, name, block);
  for (const buffer of scratch) growScratch(buffer, block);
  const inline = routines.length === 0 ? kernel.routines : [];
  for (const routine of inline) {
    block.lines.push(...commentsOf(routine).map((line) => `// ${line}`));
    emitStatements(routine.body, block);
  }
  emitCalls(kernel, routines, block);
  block.lines.push(code`return ${out};`.text);
  const statements = inline.flatMap(({ body }) => body);
  const lines = operands.length + 1 + routines.length + kernel.integers.length + checks.length;
  return {
    name: name.text,
    documentation: commentLines(documentation),
    parameters,
    returns: arrayNameOf(output.bitsOf ?? output.dtype),
    body: block.lines.join("\n"),
    bytecode: functionBytecode(name, statements, lines),
  };
}

/** Opens a function, in which scratch is known. */
function openFunction(takes: readonly Taken[], { kernel: _, scope: outer, ...shared }: Module): Block {
  const scope = outer.nest();
  const block: Block = { ...shared, scope, names: new Map(), buffers: new Map(), lines: [], indent: "" };
  for (const taken of takes) if (typeof taken !== "string") block.buffers.set(taken, scope.declare(taken.name));
  for (const taken of takes) if (typeof taken === "string") declareName(block, taken);
  return block;
}

function parameterOf(taken: Taken, block: Block): ParameterSource {
  const type = typeof taken === "string" ? "number" : arrayNameOf(taken.dtype);
  return { name: nameOfTaken(taken, block).text, type };
}

function nameOfTaken(taken: Taken, block: Block): Name {
  return typeof taken === "string" ? nameOf(block, taken) : bufferName(block, taken);
}

/** Scratch whose length is left to run time is allocated anew where it is too short. */
function growScratch(buffer: Buffer, block: Block): void {
  if (typeof buffer.length === "number") return;
  const array = bufferName(block, buffer);
  const length = emitSize(buffer.length, block);
  const type = code`${new Name(arrayNameOf(buffer.dtype))}`;
  block.lines.push(code`if (${array}.length < ${length}) ${array} = new ${type}(${length});`.text);
}

/** Calls the routines in order; loops over the values of sliced indices around those that run once a slice. */
function emitCalls({ slices }: Kernel, routines: readonly RoutineFunction[], block: Block): void {
  const callAll = (from: number, to: number, inner: Block): void => {
    for (const { name, takes } of routines.slice(from, to)) {
      writeLine(inner, code`${name}(${commaSeparated(takes.map((taken) => nameOfTaken(taken, inner)))});`);
    }
  };
  if (!slices) return callAll(0, routines.length, block);
  callAll(0, slices.first, block);
  const blocks = [block];
  for (const { name, size } of slices.indices) {
    const outer = blocks.at(-1) ?? block;
    const inner = nestBlock(outer);
    const variable = declareName(inner, name);
    writeLine(outer, code`for (let ${variable} = 0; ${variable} < ${size}; ${variable}++) {`);
    blocks.push(inner);
  }
  callAll(slices.first, slices.end, blocks.pop() ?? block);
  for (const outer of blocks.reverse()) writeLine(outer, code`}`);
  callAll(slices.end, routines.length, block);
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

/** Safe to place inside a comment. */
function commentsOf({ comment }: Routine): string[] {
  return comment ? commentLines([comment]) : [];
}

/**
 * The budget of code size. V8 never optimises a function whose bytecode passes 60 KB: it stays in the interpreter,
 * about forty times slower. The schedule stays far below; here is the line that must not be crossed.
 */
const BUDGET = 50_000;
/** Of a function's frame: parameters, the return. */
const FRAME_BYTES = 10;
/** Of `if (a.length < 12) throw new RangeError("..." + a.length);`, or of a call of a routine. */
const LINE_BYTES = 35;

/**
 * Estimates a function of some statements and `lines` checks or calls. Refuses statements that V8 would not optimise:
 * a schedule unrolls less than that, so it takes a single step over hundreds of operands. Checks and calls alone run
 * once a call, however many they are.
 */
function functionBytecode(name: Name, statements: readonly Statement[], lines: number): number {
  const bytes = FRAME_BYTES + LINE_BYTES * lines + estimateBytecode(statements);
  if (bytes > BUDGET && statements.length > 0) {
    throw new UnsupportedError(
      `function ${name.text} would take about ${bytes} bytes of bytecode, more than the ${BUDGET} that V8 optimises: ` +
        "combine fewer operands in one step",
    );
  }
  return bytes;
}
