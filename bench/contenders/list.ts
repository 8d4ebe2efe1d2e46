/** The contenders by name, in the report's order. */
import type { Contender } from "./contender.ts";
import { einsmithCompile, einsmithEinsum, einsmithJit, einsmithModule } from "./einsmith.ts";
import { jax } from "./jax.ts";
import { mlMatrix, ndarrayGemm } from "./matrix-libraries.ts";
import { naive } from "./naive.ts";
import { numpyTs } from "./numpy-ts.ts";
import { onnxruntime } from "./onnxruntime.ts";
import { tfjsCpu, tfjsWasm } from "./tfjs.ts";

/** Ours, and the plain loops that everything is checked against. */
export const OURS: readonly Contender[] = [naive, einsmithJit, einsmithModule];

export const PEERS: readonly Contender[] = [mlMatrix, ndarrayGemm, tfjsCpu, tfjsWasm, onnxruntime, jax, numpyTs];

/** einsmith at the first use of a shape. */
export const FIRST_USERS: readonly Contender[] = [einsmithEinsum, einsmithCompile];

export function contenderNamed(name: string): Contender {
  const found = [...OURS, ...PEERS, ...FIRST_USERS].find((contender) => contender.name === name);
  if (!found) throw new Error(`no contender is called ${name}`);
  return found;
}
