/**
 * How calls get up to speed: from the first one, in which a contender compiles or loads what it needs, to those that take
 * as long as they do in the end. Works on what was timed anyway; nothing is called for it.
 */
import { median, type Sample } from "./measure.ts";

/** Calls are at full speed where they take at most this much more than in the end: nearer is noise. */
const NEAR = 1.1;

/** Samples of which the median must be near: one that was fast by chance, or because it was short, does not count. */
const WINDOW = 5;

/**
 * Milliseconds of calls, the first included, before the first sample that is at full speed, as is the median of it and
 * the four that follow; undefined where there is none. 0 where the first call is as fast as all others.
 */
export function timeToFullSpeed(samples: readonly Sample[], final: number): number | undefined {
  const isNear = (time: number): boolean => time <= NEAR * final;
  const each = samples.map((sample) => sample.each);
  const at = each.findIndex((time, sample) => isNear(time) && isNear(median(each.slice(sample, sample + WINDOW))));
  return at < 0 ? undefined : timeOf(samples.slice(0, at));
}

/** Milliseconds of all calls together. */
export function timeOf(samples: readonly Sample[]): number {
  return samples.reduce((sum, { time }) => sum + time, 0);
}
