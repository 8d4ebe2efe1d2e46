/**
 * How far from the limit: each workload's multiply-adds a second as a fraction of the most that scalar JavaScript does
 * in registers, with the goal as a mark and the same computation in double precision as a dot.
 */
import { fastest, fractionOfPeak, type Results, type Row } from "../results.ts";
import { drawGroups } from "./groups.ts";
import { bar, dot, drawing, line, text } from "./svg.ts";

const WIDTH = 960;
const LEFT = 236;
const RIGHT = WIDTH - 90;
const TOP = 88;

export function drawPeak({ rows, peak }: Results): string {
  const shown = rows.filter((row) => row.table === "peers" && fractionOf(row) !== undefined);
  const x = (fraction: number): number => LEFT + (RIGHT - LEFT) * Math.min(fraction, 1);
  const { bottom, shapes: drawn } = drawGroups(shown, TOP, LEFT - 16, (row, y) => drawRow(row, rows, y, x));
  const shapes = [
    text(24, 36, "Fraction of the scalar multiply-add peak", { size: 18, style: "title" }),
    text(
      24,
      58,
      `einsmith against an in-register chain of multiply-adds in the same run: ${peak.median.toFixed(1)} GFLOP/s.`,
      { style: "faint" },
    ),
    bar("ours", LEFT, 74, 18, 10),
    text(LEFT + 26, 84, "float32"),
    dot("second", LEFT + 98, 79, 4),
    text(LEFT + 110, 84, "float64"),
    line("goal", LEFT + 180, 72, LEFT + 180, 87, 2),
    text(LEFT + 190, 84, "goal"),
    ...[0, 0.25, 0.5, 0.75, 1].flatMap((tick) => [
      line(tick === 1 ? "axis" : "grid", x(tick), TOP + 30, x(tick), bottom),
      text(x(tick), bottom + 18, `${100 * tick} %`, { anchor: "middle", style: "faint", size: 11 }),
    ]),
    ...drawn,
  ];
  return drawing(WIDTH, bottom + 36, "einsmith as a fraction of the scalar multiply-add peak", shapes);
}

function drawRow(row: Row, rows: readonly Row[], y: number, x: (fraction: number) => number): string[] {
  const fraction = fractionOf(row) ?? 0;
  const double = rows.find((other) => other.dtype === "float64" && isSame(row, other));
  const second = double && fractionOf(double);
  return [
    bar("track", LEFT, y - 7, RIGHT - LEFT, 14),
    bar("ours", LEFT, y - 7, x(fraction) - LEFT, 14),
    ...(row.goal === undefined ? [] : [line("goal", x(row.goal), y - 10, x(row.goal), y + 10, 2)]),
    ...(second === undefined ? [] : [dot("second", x(second), y, 4)]),
    text(WIDTH - 24, y + 4, fraction.toFixed(2), { anchor: "end", style: "faint" }),
  ];
}

function isSame(row: Row, other: Row): boolean {
  return row.spec === other.spec && JSON.stringify(row.shapes) === JSON.stringify(other.shapes);
}

/** That of the faster of our two forms. */
function fractionOf(row: Row): number | undefined {
  const best = fastest(row, ({ kind }) => kind === "einsmith");
  return best && fractionOfPeak(row, best);
}
