/**
 * The files that commands read and write.
 *
 * Invariant: a file is written whole or not at all, and what the system refuses becomes an `EinsumError`.
 */
import { randomBytes } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileUnreadable, fileUnwritable, printable, reasonOf } from "../support/messages/files.ts";
import { unlessMissing } from "../writer/files.ts";
import { pathFrom, type Io } from "./io.ts";

/** The path that stands for what comes in, or for what goes out. A file of this name is `./-`. */
export const STANDARD = "-";

/**
 * Reads a file of the user's, or all that comes in. `goesOn` sees what was read so far and may say that the rest does
 * not matter: a device may never end.
 */
export async function readInput(
  io: Io,
  path: string,
  goesOn: (start: Uint8Array) => boolean = () => true,
): Promise<Uint8Array> {
  try {
    if (path !== STANDARD && (await stat(pathFrom(io.cwd, path))).isFile())
      return await readFile(pathFrom(io.cwd, path));
    const chunks: Uint8Array[] = [];
    for await (const chunk of path === STANDARD ? (io.stdin?.() ?? []) : createReadStream(pathFrom(io.cwd, path))) {
      chunks.push(chunk as Uint8Array);
      if (!goesOn(chunks[0] as Uint8Array)) break;
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw fileUnreadable(path, reasonOf(error));
  }
}

/** Writes a file whole: beside its place first, then there in one move. A link is followed, a device written to. */
export async function writeOutput(cwd: string, path: string, content: string | Uint8Array): Promise<void> {
  try {
    await writeWhole(pathFrom(cwd, path), content);
  } catch (error) {
    throw fileUnwritable(path, reasonOf(error));
  }
}

/** Writes to a file and says what it holds, or to the standard output, which then holds the content alone. */
export async function deliver(io: Io, path: string, content: string | Uint8Array, what: string): Promise<void> {
  if (path === STANDARD) return void io.stdout.write(content);
  await writeOutput(io.cwd, path, content);
  io.stdout.write(`${printable(path)}: ${what}\n`);
}

async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const place = await placeOf(path);
  // A device, a pipe and a folder must not be moved away; writing to the last fails as it should.
  if (place && !place.plain) return writeFile(place.path, content);
  const target = place?.path ?? path;
  const staged = join(dirname(target), `.${basename(target).slice(0, 100)}-${randomBytes(6).toString("hex")}.tmp`);
  try {
    await writeFile(staged, content, { flag: "wx", ...(place && { mode: place.mode }) });
    await rename(staged, target);
  } finally {
    await rm(staged, { force: true });
  }
}

/** What stands at a path already, links followed; undefined where nothing does. */
async function placeOf(path: string): Promise<{ path: string; plain: boolean; mode: number } | undefined> {
  const stats = await unlessMissing(stat(path));
  return stats && { path: await realpath(path), plain: stats.isFile(), mode: stats.mode & 0o777 };
}
