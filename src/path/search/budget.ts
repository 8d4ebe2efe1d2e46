/**
 * How long a search may go on: for so many units of work, which are the same on every machine, or until a time is over.
 *
 * Invariant: without a time, what is spent depends on the network and the seed alone.
 */
export interface Budget {
  /** All of it, in units of work; a guess where it is a time. */
  readonly units: number;
  /** Counts work: a unit is about a nanosecond. */
  spend(units: number): void;
  isSpent(): boolean;
  /** Seconds since the beginning. */
  seconds(): number;
  /** A budget of its own for a part of what is left of this one, which pays for it. */
  share(part: number): Budget;
}

/** How much work passes between two looks at the clock. */
const LOOK = 20_000;

/** Makes a budget of seconds, where they are given, else of units of work. */
export function createBudget(units: number, seconds: number | undefined): Budget {
  const started = performance.now();
  return seconds === undefined ? countWork(units, started) : watchClock(started, started + seconds * 1000, started);
}

function countWork(units: number, started: number, payer?: Budget): Budget {
  let spent = 0;
  const budget: Budget = {
    units,
    spend(work) {
      spent += work;
      payer?.spend(work);
    },
    isSpent: () => spent >= units,
    seconds: () => (performance.now() - started) / 1000,
    share: (part) => countWork(part * (units - spent), started, budget),
  };
  return budget;
}

function watchClock(from: number, until: number, started: number): Budget {
  let sinceLook = LOOK;
  let now = from;
  const look = (): void => {
    now = performance.now();
    sinceLook = 0;
  };
  return {
    units: (until - from) * 1e6,
    spend(work) {
      sinceLook += work;
    },
    isSpent() {
      if (sinceLook >= LOOK) look();
      return now >= until;
    },
    seconds: () => (performance.now() - started) / 1000,
    share(part) {
      const start = performance.now();
      return watchClock(start, start + part * Math.max(0, until - start), started);
    },
  };
}
