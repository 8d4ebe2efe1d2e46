/**
 * A block of emitted code while it is written: its lines, the scope its names come from, and what kernel names and
 * buffers are called in it.
 */
import type { Buffer } from "../loops/kernel.ts";
import { required } from "../support/errors.ts";
import { code, type Code, type Name } from "./code.ts";
import type { Dialect } from "./dialect.ts";
import type { Scope } from "./scope.ts";

export interface Block {
  readonly dialect: Dialect;
  readonly scope: Scope;
  /** A kernel's name is declared before use and once along nested scopes, so the last declaration is the one meant. */
  readonly names: Map<string, Name>;
  readonly buffers: Map<Buffer, Name>;
  readonly lines: string[];
  readonly indent: string;
}

/** A block inside another, such as a loop's body; its lines follow those written so far. */
export function nestBlock(block: Block): Block {
  return { ...block, scope: block.scope.nest(), indent: block.indent + "  " };
}

/** Appends a statement, broken over lines where it is long. */
export function writeLine(block: Block, text: Code): void {
  block.lines.push(...block.dialect.layOut(text.text, block.indent));
}

/** Declares the identifier of a name of the kernel. */
export function declareName(block: Block, name: string): Name {
  // Integers of the kernel begin with a mark that sets them apart from the names of indices.
  const declared = block.scope.declare(name.replace("$", ""));
  block.names.set(name, declared);
  return declared;
}

/** The identifier of a name of the kernel. */
export function nameOf(block: Block, name: string): Name {
  return required(block.names.get(name), `declaration of ${name}`);
}

/** The identifier of an array. */
export function bufferName(block: Block, buffer: Buffer): Name {
  return required(block.buffers.get(buffer), `buffer ${buffer.name}`);
}

/** Binds code to a fresh name of its own, before the statement that is being written. */
export function bind(block: Block, preferred: string, value: Code): Name {
  const name = block.scope.declare(preferred);
  writeLine(block, code`const ${name} = ${value};`);
  return name;
}
