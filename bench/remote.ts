/**
 * A contender's process, seen from the run: one request at a time, an answer or an error for each. A process that dies
 * or is silent for too long fails the request that waited, and no other.
 */
import { fork, type ChildProcess } from "node:child_process";
import type { Answer, PreparedVariant, Request } from "./protocol.ts";

/** Longer than the slowest call of the slowest library, warming up included. */
const PATIENCE = 120_000;

export interface Remote {
  prepare(request: Extract<Request, { kind: "prepare" | "prepare-peak" }>): Promise<readonly PreparedVariant[]>;
  /** The median time of a call over about `budget` ms. */
  measure(variant: number, budget: number): Promise<number>;
  close(): void;
}

/** Starts a process of the worker's program for the contender of that name; "peak" is the one that only measures the peak. */
export async function startRemote(worker: string, contender: string): Promise<Remote> {
  const child = fork(worker, [contender], { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const complaints: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
  const ask = async (request?: Request): Promise<Answer> => {
    const answer = await exchange(child, request, complaints);
    if (answer.kind === "failed") throw new Error(answer.message);
    return answer;
  };
  await ask();
  return {
    async prepare(request) {
      const answer = await ask(request);
      return answer.kind === "prepared" ? answer.variants : [];
    },
    async measure(variant, budget) {
      const answer = await ask({ kind: "measure", variant, budget });
      return answer.kind === "measured" ? answer.time : NaN;
    },
    close: () => {
      child.kill();
    },
  };
}

/** Sends a request, or nothing, and waits for the next answer. */
function exchange(child: ChildProcess, request: Request | undefined, complaints: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      child.off("message", heard);
      child.off("exit", died);
      finish();
    };
    const heard = (answer: Answer): void => settle(() => resolve(answer));
    const died = (code: number | null): void =>
      settle(() => reject(new Error(`the process ended with ${code}: ${lastLine(complaints)}`)));
    const timer = setTimeout(() => {
      settle(() => reject(new Error(`no answer for ${PATIENCE / 1000} s`)));
      child.kill("SIGKILL");
    }, PATIENCE);
    child.on("message", heard);
    child.on("exit", died);
    if (request) child.send(request);
  });
}

function lastLine(complaints: readonly string[]): string {
  const lines = complaints.join("").split("\n");
  return (
    lines.filter((line) => /error/i.test(line)).at(0) ?? lines.filter((line) => line.trim()).at(-1) ?? "no message"
  );
}
