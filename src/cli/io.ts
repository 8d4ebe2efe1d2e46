/**
 * What a command sees of the world: two outputs, a folder, an environment, and the files it reads and writes. Commands
 * touch `process` nowhere, so that a test can run them in its own.
 *
 * Invariant: a file is written whole or not at all, and what the system refuses becomes an `EinsumError`.
 */
import { createReadStream } from "node:fs";
import { readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, relative, resolve } from "node:path";
import picocolors from "picocolors";
import { printable } from "../support/messages/files.ts";
import { readingFile, stagedPath, unlessMissing, writingFile } from "../writer/files.ts";

/** Where text goes. */
export interface Output {
  write(content: string | Uint8Array): unknown;
  /** Whether a person looks at it: only then are there colours and a progress bar. */
  readonly isTerminal: boolean;
}

/** All that a command may touch, but for the files it is told to. */
export interface Io {
  readonly stdout: Output;
  readonly stderr: Output;
  /** All that comes in; absent where nothing does. */
  readonly stdin?: (() => AsyncIterable<Uint8Array>) | undefined;
  /** The folder that relative paths start from. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** 0: done. 1: a mistake in what was given, or a difference that `--check` found. 2: wrong usage. 3: a bug of ours. */
export type ExitCode = 0 | 1 | 2 | 3;

/** Functions that colour a text, or leave it as it is. */
export type Colors = ReturnType<typeof picocolors.createColors>;

/** Whether an output gets colours: a terminal that understands them, unless `NO_COLOR` says otherwise. */
export function hasColors(output: Output, env: Io["env"]): boolean {
  return output.isTerminal && !env["NO_COLOR"] && env["TERM"] !== "dumb";
}

/** The colours of an output; where it has none, they leave text as it is. */
export function colorsOf(output: Output, env: Io["env"]): Colors {
  return picocolors.createColors(hasColors(output, env));
}

/** A path of the user's as this process reaches it, and as short as the user wrote it where that is possible. */
export function pathFrom(cwd: string, path: string): string {
  return isAbsolute(path) ? path : relative(process.cwd(), resolve(cwd, path)) || ".";
}

/** The path that stands for what comes in, or for what goes out. A file of this name is `./-`. */
export const STANDARD = "-";

/**
 * Reads a file of the user's, or all that comes in. `goesOn` sees what was read so far and may say that the rest does
 * not matter: a device may never end.
 */
export function readInput(
  io: Io,
  path: string,
  goesOn: (start: Uint8Array) => boolean = () => true,
): Promise<Uint8Array> {
  return readingFile(path, async () => {
    const file = pathFrom(io.cwd, path);
    if (path !== STANDARD && (await stat(file)).isFile()) return readFile(file);
    const chunks: Uint8Array[] = [];
    for await (const chunk of path === STANDARD ? (io.stdin?.() ?? []) : createReadStream(file)) {
      chunks.push(chunk as Uint8Array);
      if (!goesOn(chunks[0] as Uint8Array)) break;
    }
    return Buffer.concat(chunks);
  });
}

/** Writes a file whole: beside its place first, then there in one move. A link is followed, a device written to. */
export function writeOutput(cwd: string, path: string, content: string | Uint8Array): Promise<void> {
  return writingFile(path, async () => {
    const given = pathFrom(cwd, path);
    const stats = await unlessMissing(stat(given));
    const target = stats ? await realpath(given) : given;
    // A device, a pipe and a folder must not be moved away; writing to the last fails as it should.
    if (stats && !stats.isFile()) return writeFile(target, content);
    const staged = stagedPath(dirname(target), basename(target).slice(0, 100));
    try {
      await writeFile(staged, content, { flag: "wx", ...(stats && { mode: stats.mode & 0o777 }) });
      await rename(staged, target);
    } finally {
      await rm(staged, { force: true });
    }
  });
}

/** Writes to a file and says what it holds, or to the standard output, which then holds the content alone. */
export async function deliver(io: Io, path: string, content: string | Uint8Array, what: string): Promise<void> {
  if (path === STANDARD) return void io.stdout.write(content);
  await writeOutput(io.cwd, path, content);
  io.stdout.write(`${printable(path)}: ${what}\n`);
}
