/**
 * The nests of several contractions as those of one kernel: what one of them computes, and another reads, is scratch.
 *
 * Invariant: a name stands for one buffer, whatever contractions it occurs in; scratch of their own keeps apart.
 */
import { bufferLength, type TensorType } from "../ir/tensor.ts";
import type { BuiltNests } from "./build-nests.ts";
import type { Buffer } from "./kernel.ts";
import type { BufferAccess, LoopNest, NestStatement } from "./nest.ts";

/**
 * Joins nests that run one contraction after the other; the last one's output is the kernel's. Its operands are these, of
 * which some may be read by none.
 */
export function joinNests(parts: readonly BuiltNests[], operands: readonly TensorType[]): Omit<BuiltNests, "allocate"> {
  const byName = new Map<string, Buffer>();
  const scratch: Buffer[] = [];
  const taken = new Set(parts.flatMap((part) => [...part.operands, part.output].map(({ name }) => name)));
  const nests = parts.flatMap((part, number): LoopNest[] => {
    const renamed = new Map<Buffer, Buffer>();
    for (const buffer of part.operands) renamed.set(buffer, known(buffer, byName));
    const isLast = number === parts.length - 1;
    const output = isLast ? part.output : known({ ...part.output, role: "scratch" }, byName);
    if (isLast) byName.set(output.name, output);
    else scratch.push(output);
    renamed.set(part.output, output);
    for (const buffer of part.scratch) {
      const own = { ...buffer, name: freeName(buffer.name, taken) };
      scratch.push(own);
      renamed.set(buffer, own);
    }
    return part.nests.map((nest) => renameNest(nest, renamed));
  });
  const last = parts.at(-1) as BuiltNests;
  return {
    nests,
    integers: [],
    checks: [],
    scratch,
    operands: operands.map((tensor) => byName.get(tensor.name) ?? unreadBuffer(tensor)),
    output: last.output,
  };
}

function unreadBuffer(tensor: TensorType): Buffer {
  return { name: tensor.name, role: "operand", dtype: tensor.dtype, length: bufferLength(tensor) };
}

function known(buffer: Buffer, byName: Map<string, Buffer>): Buffer {
  const before = byName.get(buffer.name) ?? buffer;
  byName.set(buffer.name, before);
  return before;
}

function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let count = 2; taken.has(free); count++) free = `${name}${count}`;
  taken.add(free);
  return free;
}

function renameNest(nest: LoopNest, renamed: ReadonlyMap<Buffer, Buffer>): LoopNest {
  const rename = (access: BufferAccess): BufferAccess => ({
    ...access,
    buffer: renamed.get(access.buffer) ?? access.buffer,
  });
  const renameIn = <S extends NestStatement>(statement: S): S => ({
    ...statement,
    target: rename(statement.target),
    operands: statement.operands.map(rename),
    beside: statement.beside.map(rename),
  });
  const { rows, states, others } = nest;
  return {
    ...renameIn(nest),
    ...(rows && { rows: renamed.get(rows) ?? rows }),
    ...(states && { states: states.map((buffer) => renamed.get(buffer) ?? buffer) }),
    ...(others && { others: others.map(renameIn) }),
  };
}
