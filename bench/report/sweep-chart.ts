/** Products of square matrices from 2 to 1024: fractions of the peak over the size, in both precisions. */
import { fastest, fractionOfPeak, type Cell, type Results, type Row } from "../results.ts";
import type { Dtype } from "../workload.ts";
import { curve, dot, drawing, line, text } from "./svg.ts";

const WIDTH = 960;
const HEIGHT = 420;
const LEFT = 70;
const RIGHT = WIDTH - 40;
const TOP = 96;
const BOTTOM = HEIGHT - 50;

interface Series {
  readonly label: string;
  readonly style: "ours" | "second" | "plain";
  readonly dtype: Dtype;
  readonly wanted: (cell: Cell) => boolean;
}

const SERIES: readonly Series[] = [
  { label: "plain loops, float64", style: "plain", dtype: "float64", wanted: ({ kind }) => kind === "plain" },
  { label: "einsmith, float32", style: "second", dtype: "float32", wanted: ({ kind }) => kind === "einsmith" },
  { label: "einsmith, float64", style: "ours", dtype: "float64", wanted: ({ kind }) => kind === "einsmith" },
];

export function drawSweep({ rows }: Results): string {
  const x = (n: number): number => LEFT + ((RIGHT - LEFT) * (Math.log2(n) - 1)) / 9;
  const y = (fraction: number): number => BOTTOM - (BOTTOM - TOP) * Math.min(fraction, 1);
  const shapes = [
    text(24, 36, "Matrix products n \u00d7 n \u00d7 n", { size: 18, style: "title" }),
    text(24, 58, "Fraction of the scalar multiply-add peak, the call included: jit or module, whichever takes less.", {
      style: "faint",
    }),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((tick) => [
      line(tick === 0 || tick === 1 ? "axis" : "grid", LEFT, y(tick), RIGHT, y(tick)),
      text(LEFT - 10, y(tick) + 4, `${100 * tick} %`, { anchor: "end", style: "faint", size: 11 }),
    ]),
    ...[2, 4, 8, 16, 32, 64, 128, 256, 512, 1024].map((n) =>
      text(x(n), BOTTOM + 20, String(n), { anchor: "middle", style: "faint", size: 11 }),
    ),
    ...SERIES.flatMap((series, at) => {
      const points = pointsOf(rows, series).map(([n, fraction]) => [x(n), y(fraction)] as const);
      const key = LEFT + 180 * (SERIES.length - 1 - at);
      return [
        curve(`${series.style}-curve`, points),
        ...points.map(([px, py]) => dot(series.style, px, py, 3)),
        line(`${series.style}-curve`, key, 78, key + 22, 78, 2.5),
        text(key + 30, 82, series.label),
      ];
    }),
  ];
  return drawing(WIDTH, HEIGHT, "Matrix products of einsmith as fractions of the scalar multiply-add peak", shapes);
}

/** Sizes and fractions, in the order of the sizes. */
function pointsOf(rows: readonly Row[], { dtype, wanted }: Series): (readonly [number, number])[] {
  return rows
    .filter((row) => row.spec === "ij,jk->ik" && row.dtype === dtype)
    .flatMap((row): (readonly [number, number])[] => {
      const sizes = new Set(row.shapes.flat());
      const [n = 0] = sizes;
      const best = fastest(row, wanted);
      const fraction = best && fractionOfPeak(row, best);
      return sizes.size === 1 && fraction !== undefined ? [[n, fraction]] : [];
    })
    .sort(([a], [b]) => a - b);
}
