/** When a result counts as right: every element agrees with the expected one but for roundings. */
import { type Dtype } from "./workload.ts";

/** Sums in another order, or in single precision, differ by roundings; by more than those, a result is wrong. */
export function requireClose(found: ArrayLike<number>, expected: ArrayLike<number>, dtype: Dtype): void {
  if (found.length !== expected.length) {
    throw new Error(`wrong result: ${found.length} elements, expected ${expected.length}`);
  }
  let squares = 0;
  for (let at = 0; at < expected.length; at++) squares += expected[at]! ** 2;
  const allowed = (dtype === "float32" ? 1e-3 : 1e-10) * Math.sqrt(squares / expected.length);
  for (let at = 0; at < expected.length; at++) {
    if (Math.abs(found[at]! - expected[at]!) <= allowed) continue;
    throw new Error(`wrong result: element ${at} is ${found[at]}, expected ${expected[at]}`);
  }
}
