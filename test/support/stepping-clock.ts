/** A clock for tests of what has so much time: it tells the same times on every machine. */
import { vi } from "vitest";

/** Runs something while `performance.now` goes on by so many milliseconds at every look; returns what it returns. */
export function withSteppingClock<T>(milliseconds: number, run: () => T): { result: T; looks: number } {
  let looks = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => milliseconds * ++looks);
  try {
    return { result: run(), looks };
  } finally {
    clock.mockRestore();
  }
}
