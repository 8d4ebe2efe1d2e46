/**
 * What a command sees of the world: two outputs, a folder, an environment. Commands touch `process` nowhere, so that
 * a test can run them in its own.
 */
import { isAbsolute, relative, resolve } from "node:path";
import picocolors from "picocolors";

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
