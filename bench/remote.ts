/**
 * A contender's process, seen from the run: one request at a time, an answer or an error for each. A process that dies
 * or is silent for too long fails the request that waited and those that follow, never the run.
 */
import { fork, type ChildProcess } from "node:child_process";
import { describeComplaints } from "./failure.ts";
import type { Answer, PreparedVariant, Request } from "./protocol.ts";

/** Longer than the slowest calls of the slowest library, warming up included, on a machine that is busy. */
export const PATIENCE = 60_000;

const SILENT = "no answer for";

/** Whether a failure is that of a process that was silent for too long. */
export function isSilence(failure: string): boolean {
  return failure.startsWith(SILENT);
}

export interface Remote {
  prepare(request: Extract<Request, { kind: "prepare" | "prepare-peak" }>): Promise<readonly PreparedVariant[]>;
  /** The median time of a call over about `budget` ms. */
  measure(variant: number, budget: number): Promise<number>;
  close(): void;
}

/**
 * Starts a process of the worker's program for the contender of that name; "peak" is the one that only measures the peak.
 * Waits for each answer for `patience` ms.
 */
export async function startRemote(worker: string, contender: string, patience = PATIENCE): Promise<Remote> {
  const child = fork(worker, [contender], { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const complaints: string[] = [];
  child.stderr?.on("data", (chunk: Buffer) => complaints.push(chunk.toString()));
  // What cannot be started or reached is told by the request that waits; without a listener it would end the run.
  child.on("error", (error) => complaints.push(`${error.message}\n`));
  const ask = async (request?: Request): Promise<Answer> => {
    const answer = await exchange(child, request, complaints, patience);
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
function exchange(
  child: ChildProcess,
  request: Request | undefined,
  complaints: readonly string[],
  patience: number,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    if (!child.connected) {
      reject(new Error(`the process has ended: ${describeComplaints(complaints.join(""))}`));
      return;
    }
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      child.off("message", heard);
      child.off("exit", died);
      finish();
    };
    const heard = (answer: Answer): void => settle(() => resolve(answer));
    const died = (code: number | null): void =>
      settle(() => reject(new Error(`the process ended with ${code}: ${describeComplaints(complaints.join(""))}`)));
    const timer = setTimeout(() => {
      settle(() => reject(new Error(`${SILENT} ${patience / 1000} s`)));
      child.kill("SIGKILL");
    }, patience);
    child.on("message", heard);
    child.on("exit", died);
    if (request) child.send(request);
  });
}
