/**
 * Timing, and what is made of times: medians and spreads. All times are in milliseconds, and of the measuring process
 * alone.
 */

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** The value below which a fraction of the values lies, interpolated; NaN of none. */
export function quantile(values: readonly number[], fraction: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = fraction * (sorted.length - 1);
  const below = sorted[Math.floor(at)] ?? NaN;
  return below + (at - Math.floor(at)) * ((sorted[Math.ceil(at)] ?? NaN) - below);
}

/** The distance of the quartiles as a fraction of the median: how far a measurement may be trusted. */
export function spread(values: readonly number[]): number {
  return (quantile(values, 0.75) - quantile(values, 0.25)) / median(values);
}

/** NaN of none. */
export function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

/**
 * Starts a watch; calling it tells the milliseconds since, without those that a shared machine gave to others: where the
 * process was on the processor for less time than went by, that time. Helping threads of the engine cannot lengthen it.
 */
export function startWatch(): () => number {
  const used = process.cpuUsage();
  const start = performance.now();
  return () => {
    const elapsed = performance.now() - start;
    const { user, system } = process.cpuUsage(used);
    return Math.min(elapsed, (user + system) / 1000);
  };
}

/** Milliseconds of one call, and of its promise, if it gives one. */
export async function timeAwaited(run: Run): Promise<number> {
  const watch = startWatch();
  const result = run();
  if (result instanceof Promise) await result;
  return watch();
}

/** Milliseconds of one call. */
export function timeOnce(run: () => unknown): number {
  const watch = startWatch();
  run();
  return watch();
}

/** What is timed: plain, or with a promise that is awaited call by call. */
export type Run = () => unknown;

/** Calls that make up a sample: enough of them that reading the clock costs nothing. */
const SAMPLE = 1;

/** Calls of a sample at most, should a clock have stood still. */
const MOST_CALLS = 2 ** 24;

/** Milliseconds of a number of calls, one after the other. */
async function timeCalls(run: Run, calls: number, asynchronous: boolean): Promise<number> {
  const watch = startWatch();
  if (asynchronous) for (let call = 0; call < calls; call++) await run();
  else for (let call = 0; call < calls; call++) run();
  return watch();
}

/** Some calls, one after the other: milliseconds of one of them and of all. */
export interface Sample {
  readonly each: number;
  readonly time: number;
}

/** A function that was warmed up, ready to be timed in slices. */
export interface Warmed {
  /** Every call of warming up, in their order. */
  readonly samples: readonly Sample[];
  /** The median time of a call over a slice of about `budget` ms; of one call where a call takes longer. */
  slice(budget: number): Promise<number>;
}

/** Calls of more milliseconds are optimised while they run: after the first one nothing is left to warm up. */
const LONG = 1000;

/**
 * Calls a function for about `budget` ms and finds how many calls a sample needs. Small numbers of calls come first:
 * a long first loop would be optimised in its middle, for that one loop alone. `first` is the time of a call that was
 * made before.
 */
export async function warmUp(run: Run, budget: number, first = 0): Promise<Warmed> {
  if (first > LONG) return readyToTime(run, 1, true, []);
  const watch = startWatch();
  const result = run();
  const asynchronous = result instanceof Promise;
  await result;
  let calls = 1;
  let each = watch();
  const samples: Sample[] = [{ each, time: each }];
  for (let spent = each; spent < budget;) {
    const time = await timeCalls(run, calls, asynchronous);
    samples.push({ each: time / calls, time });
    spent += time;
    each = Math.min(each, time / calls);
    if (time < SAMPLE) calls *= 2;
  }
  calls = Math.min(MOST_CALLS, Math.max(1, Math.ceil(SAMPLE / each)));
  return readyToTime(run, calls, asynchronous, samples);
}

function readyToTime(run: Run, calls: number, asynchronous: boolean, samples: readonly Sample[]): Warmed {
  return {
    samples,
    async slice(length) {
      const times: number[] = [];
      for (let spent = 0; spent < length;) {
        const time = await timeCalls(run, calls, asynchronous);
        times.push(time / calls);
        spent += time;
      }
      return median(times);
    },
  };
}
