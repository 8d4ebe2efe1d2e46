/**
 * A block of emitted code while it is written: its lines, laid out for readers, the scope its names come from, and what
 * kernel names and buffers are called in it.
 */
import type { Buffer } from "../loops/kernel.ts";
import { required } from "../support/errors.ts";
import { code, type Code, type Name, type Scope } from "./code.ts";
import type { Dialect } from "./dialect.ts";
import type { extremum } from "./term.ts";

export interface Block {
  readonly dialect: Dialect;
  readonly scope: Scope;
  /** A kernel's name is declared before use and once along nested scopes, so the last declaration is the one meant. */
  readonly names: Map<string, Name>;
  /** The arrays that a function is called with; scratch belongs to the module. */
  readonly buffers: Map<Buffer, Name>;
  readonly scratch: ReadonlyMap<Buffer, Name>;
  /** Emits the greatest or least of some values. */
  readonly extremum: typeof extremum;
  readonly lines: string[];
  readonly indent: string;
}

/** A block inside another, such as a loop's body; its lines follow those written so far. */
export function nestBlock(block: Block): Block {
  return { ...block, scope: block.scope.nest(), indent: block.indent + "  " };
}

/** Appends a statement, broken over lines where it is long. */
export function writeLine(block: Block, text: Code): void {
  block.lines.push(...layOut(text.text, block.indent));
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
  return required(block.buffers.get(buffer) ?? block.scratch.get(buffer), `buffer ${buffer.name}`);
}

/** Binds code to a fresh name of its own, before the statement that is being written. */
export function bind(block: Block, preferred: string, value: Code): Name {
  const name = block.scope.declare(preferred);
  writeLine(block, code`const ${name} = ${value};`);
  return name;
}

const WIDTH = 100;
const CONTINUATION = "  ";

/**
 * Breaks a long statement at operators and commas, as a hand would: at the loosest operator that still fits, the operator
 * last on its line, what follows indented by two.
 *
 *     out[outAt + 1] += a0 * b0 + a1 * b1 + a2 * b2
 * -->
 *     out[outAt + 1] += a0 * b0 + a1 * b1 +
 *       a2 * b2
 *
 * Invariant: a line comes in with every binary operator between two spaces and without string literals, as
 * `statement.ts` writes it; it goes out with line breaks in the place of some of these spaces.
 */
export function layOut(text: string, indent: string): string[] {
  const lines: string[] = [];
  let rest = text;
  for (;;) {
    const lead = lines.length === 0 ? indent : indent + CONTINUATION;
    const room = WIDTH - lead.length;
    const at = rest.length <= room ? -1 : breakBefore(rest, room);
    if (at < 0) return [...lines, lead + rest];
    lines.push(lead + rest.slice(0, at));
    rest = rest.slice(at + 1);
  }
}

/** The space to break at: of those that fit, the last among the loosest; if none fits, the first there is; else -1. */
function breakBefore(text: string, room: number): number {
  let best = -1;
  let loosest = Infinity;
  let depth = 0;
  for (let at = 0; at < text.length && (at <= room || best < 0); at++) {
    const character = text[at] as string;
    depth += DEPTHS.get(character) ?? 0;
    if (character !== " " || at === 0) continue;
    const word = text.slice(text.lastIndexOf(" ", at - 1) + 1, at);
    const looseness = word.endsWith(",") ? 0 : LOOSENESS.get(word);
    if (looseness === undefined) continue;
    const rank = depth + looseness;
    if (rank > loosest) continue;
    best = at;
    loosest = rank;
  }
  return best;
}

/** How much deeper a line gets at a character: an address is broken only where nothing else can be. */
const DEPTHS: ReadonlyMap<string, number> = new Map([
  ["(", 10],
  [")", -10],
  ["[", 1000],
  ["]", -1000],
]);

/** How tightly an operator binds that may end a line. An assignment comes late: its right side alone on a line reads worse than a sum in two. */
const LOOSENESS: ReadonlyMap<string, number> = new Map([
  ["?", 0],
  [":", 0],
  ["||", 1],
  ["&&", 2],
  ["!==", 4],
  [">", 4],
  ["<", 4],
  ["+", 5],
  ["-", 5],
  ["*", 6],
  ["/", 6],
  ["=", 500],
  ["+=", 500],
  ["*=", 500],
]);
