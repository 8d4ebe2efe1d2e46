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
  /** A budget of its own for a part of what is left of this one, which pays for it. */
  share(part: number): Budget;
}

/** How much work passes between two looks at the clock. */
const LOOK = 20_000;

/** Makes a budget of seconds, where they are given, else of units of work. */
export function createBudget(units: number, seconds: number | undefined): Budget {
  return seconds === undefined ? countWork(units) : watchClock(seconds * 1000);
}

function countWork(units: number, payer?: Budget): Budget {
  let spent = 0;
  const budget: Budget = {
    units,
    spend(work) {
      spent += work;
      payer?.spend(work);
    },
    isSpent: () => spent >= units,
    share: (part) => countWork(part * (units - spent), budget),
  };
  return budget;
}

function watchClock(milliseconds: number): Budget {
  let now = performance.now();
  const until = now + milliseconds;
  let sinceLook = LOOK;
  return {
    units: milliseconds * 1e6,
    spend: (work) => void (sinceLook += work),
    isSpent() {
      if (sinceLook >= LOOK) [now, sinceLook] = [performance.now(), 0];
      return now >= until;
    },
    share: (part) => watchClock(part * Math.max(0, until - performance.now())),
  };
}
