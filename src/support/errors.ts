/**
 * The three classes of error, and nothing else is thrown on purpose.
 *
 * - `EinsumError`: the caller's mistake. It has a stable code, and shows the text with carets, the found values and
 *   the remedy.
 * - `UnsupportedError`: a sound request that einsmith does not serve yet.
 * - `InternalError`: a bug of einsmith, for instance a pass that broke an invariant.
 *
 * Messages to users are written in `messages/`, one function a code; this file only lays them out.
 */
import { drawCarets, type Mark } from "./carets.ts";

export interface ErrorParts {
  /** Stable, kebab-case: programs may compare it. */
  readonly code: string;
  /** One sentence without a full stop: what is wrong. */
  readonly summary: string;
  /** The text the marks point into. */
  readonly text?: string;
  readonly marks?: readonly Mark[];
  /** What to do about it; one sentence without a full stop. */
  readonly remedy?: string;
  /** What a caller's own code threw. */
  readonly cause?: unknown;
}

/** A mistake in what the caller wrote or passed: a spec, a shape, an option, a manifest, a file. */
export class EinsumError extends Error {
  override readonly name = "EinsumError";
  readonly code: string;
  readonly marks: readonly Mark[];

  constructor(parts: ErrorParts) {
    super(layOut(parts), parts);
    this.code = parts.code;
    this.marks = parts.marks ?? [];
  }
}

/** A request that means something, but that einsmith cannot serve yet. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
}

/** Whether an error is what a caller is told, and no bug. */
export function isRefusal(error: unknown): error is EinsumError | UnsupportedError {
  return error instanceof EinsumError || error instanceof UnsupportedError;
}

/** A bug in einsmith. */
export class InternalError extends Error {
  override readonly name = "InternalError";

  constructor(what: string) {
    super(`${what} (this is a bug in einsmith, please report it)`);
  }
}

/** A function as programs call it: the stack of an error of ours begins where it was called, not in here. */
export function published<F extends (...given: never[]) => unknown>(run: F, name = run.name): F {
  const called = (...given: never[]): unknown => {
    try {
      return run(...given);
    } catch (error) {
      if (isRefusal(error)) Error.captureStackTrace?.(error, called);
      throw error;
    }
  };
  return Object.defineProperty(called, "name", { value: name }) as F;
}

/** An object whose methods are `published`, but for getters: they are read where they are. */
export function publishedMethods<T extends object>(methods: T): T {
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(methods))) {
    const method: unknown = value;
    if (typeof method === "function") Object.assign(methods, { [name]: published(method as () => unknown) });
  }
  return methods;
}

/** As `published`, for a function whose promise fails: by then, where it was called has left the stack. */
export function publishedAsync<Given extends unknown[], Made>(
  run: (...given: Given) => Promise<Made>,
): (...given: Given) => Promise<Made> {
  const called = async (...given: Given): Promise<Made> => {
    const place = new Error();
    Error.captureStackTrace?.(place, called);
    try {
      return await run(...given);
    } catch (error) {
      if (isRefusal(error)) {
        error.stack = `${error.name}: ${error.message}\n${place.stack?.replace(/^Error.*\n/, "")}`;
      }
      throw error;
    }
  };
  return Object.defineProperty(called, "name", { value: run.name });
}

/** Ends a switch over a union: the compiler refuses the call while a member is left. */
export function unreachable(value: never): never {
  throw new InternalError(`unexpected ${JSON.stringify(value)}`);
}

/** Returns the value, or reports a bug where an invariant of ours promised one. */
export function required<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new InternalError(`${what} is missing`);
  return value;
}

function layOut(parts: ErrorParts): string {
  const lines = [`${parts.summary} [${parts.code}]`];
  if (parts.text !== undefined) lines.push(...drawCarets(parts.text, parts.marks ?? []));
  if (parts.remedy) lines.push(`  remedy: ${parts.remedy}`);
  return lines.join("\n");
}
