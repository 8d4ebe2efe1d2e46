/**
 * The task: tell squares, crosses and rings apart, in noisy pictures of 12 x 12 that are painted from a seed.
 *
 * Invariant: a generator made twice from one seed paints the same pictures.
 */
export const SIZE = 12;
export const CLASSES = ["square", "cross", "ring"] as const;

/** Pictures `[count, 1, 12, 12]`, row-major, and which shape each shows. */
export interface Batch {
  readonly pictures: Float64Array;
  readonly labels: readonly number[];
}

/** Numbers from 0 up to 1 (mulberry32). */
export type Draw = () => number;

export function createDraw(seed: number): Draw {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Numbers around 0 with a standard deviation of 1, by Box and Muller. */
export function drawNormal(draw: Draw): number {
  return Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
}

/** Paints a batch of pictures of random shapes, places, sizes and brightness. */
export function paintBatch(draw: Draw, count: number): Batch {
  const pictures = new Float64Array(count * SIZE * SIZE);
  const labels = Array.from({ length: count }, () => Math.floor(draw() * CLASSES.length));
  labels.forEach((label, at) => paint(draw, label, pictures.subarray(at * SIZE * SIZE, (at + 1) * SIZE * SIZE)));
  return { pictures, labels };
}

function paint(draw: Draw, label: number, picture: Float64Array): void {
  const radius = 2 + Math.floor(draw() * 3);
  const centre = (): number => radius + Math.floor(draw() * (SIZE - 2 * radius));
  const [row, column, brightness] = [centre(), centre(), 0.7 + 0.6 * draw()];
  for (let y = 0; y < SIZE; y++) {
    for (let x = 0; x < SIZE; x++) {
      const ink = isInked(label, y - row, x - column, radius) ? brightness : 0;
      picture[y * SIZE + x] = ink + 0.25 * drawNormal(draw);
    }
  }
}

/** Whether a shape with its centre at 0 covers a place. */
function isInked(label: number, y: number, x: number, radius: number): boolean {
  const [high, wide] = [Math.abs(y), Math.abs(x)];
  if (Math.max(high, wide) > radius) return false;
  if (label === 0) return Math.max(high, wide) === radius;
  if (label === 1) return high === wide;
  return Math.abs(Math.hypot(y, x) - radius) < 0.6;
}
