/**
 * The peak: an in-register chain of multiply-adds in doubles, the most that scalar JavaScript reaches on this machine,
 * now. Twelve independent accumulators fill the pipelines without running out of registers.
 */

/** Short: a long loop is optimised in its middle, and a second measurement was then six times slower. */
const STEPS = 20_000;

/** Floating-point operations of one call of `multiplyAdd`. */
export const PEAK_FLOPS = 2 * 12 * STEPS;

/** The accumulators' sum: nothing of the chain can be left out. */
export function multiplyAdd(): number {
  let a = 1.5;
  let b = 1.5;
  let c = 1.5;
  let d = 1.5;
  let e = 1.5;
  let f = 1.5;
  let g = 1.5;
  let h = 1.5;
  let i = 1.5;
  let j = 1.5;
  let k = 1.5;
  let l = 1.5;
  const m = 0.999999;
  const n = 1e-6;
  for (let step = 0; step < STEPS; step++) {
    a = a * m + n;
    b = b * m + n;
    c = c * m + n;
    d = d * m + n;
    e = e * m + n;
    f = f * m + n;
    g = g * m + n;
    h = h * m + n;
    i = i * m + n;
    j = j * m + n;
    k = k * m + n;
    l = l * m + n;
  }
  return a + b + c + d + e + f + g + h + i + j + k + l;
}
