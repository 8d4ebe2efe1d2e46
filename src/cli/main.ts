#!/usr/bin/env node
/** The program `einsmith`: connects the commands to this process. */
import type { Output } from "./io.ts";
import { run } from "./program.ts";

/** A reader that stops early, as `head` does, closes the pipe: that is its right, and no failure of ours. */
function outputOf(stream: NodeJS.WriteStream): Output {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  return { write: (content) => stream.write(content), isTerminal: stream.isTTY === true };
}

// Not process.exit: what was written to a pipe must still reach its reader.
process.exitCode = await run(process.argv.slice(2), {
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  stdin: () => process.stdin,
  cwd: process.cwd(),
  env: process.env,
});
