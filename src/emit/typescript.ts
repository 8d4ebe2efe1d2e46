/**
 * The typed dialect. It type-checks under every strictness option: with `noUncheckedIndexedAccess` an element may be
 * undefined for all the compiler knows, so each carries a `!`.
 *
 * From 5.7 on, TypeScript tells arrays in memory of their own from arrays in shared memory, `Float32Array<ArrayBuffer>` from
 * `Float32Array`, and the platform asks for the former: a `Blob`, a texture, a file. What a kernel allocates is of this
 * kind, and what it is given stays of the kind that it is; two signatures say so.
 */
import { code } from "./code.ts";
import type { Dialect } from "./dialect.ts";
import { layOut } from "./layout.ts";
import type { FunctionSource, Signature } from "./source.ts";

export const TYPESCRIPT: Dialect = {
  annotate: (text, type) => `${text}: ${type}`,
  signaturesOf,
  element: (access) => code`${access}!`,
  layOut,
};

/** The signature that a function's own declaration gives it. */
export function plainSignature({ parameters, returns }: FunctionSource): Signature {
  const given = parameters.map(({ name, type, initial }) => ({ name, type, optional: initial !== undefined }));
  return { parameters: given, returns };
}

/** The signatures of a function that returns its last parameter, which it allocates where it is given none. */
export function signaturesOf({ parameters, returns }: FunctionSource): readonly Signature[] {
  const out = parameters.at(-1);
  if (out?.initial === undefined) return [];
  const others = parameters.slice(0, -1).map(({ name, type }) => ({ name, type, optional: false }));
  return ["<ArrayBuffer>", ""].map((memory) => ({
    parameters: [...others, { name: out.name, type: out.type + memory, optional: true }],
    returns: returns + memory,
  }));
}
