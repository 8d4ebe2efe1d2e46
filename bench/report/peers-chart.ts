/**
 * The picture for docs/benchmark.md: how many times faster than plain loops, on a logarithmic scale, einsmith and the best
 * library in JavaScript and in WebAssembly are, a row a workload.
 */
import { fastest, type Cell, type Results, type Row } from "../results.ts";
import { drawGroups } from "./groups.ts";
import { diamond, dot, drawing, line, square, text } from "./svg.ts";

const WIDTH = 960;
const LEFT = 236;
const RIGHT = WIDTH - 110;
const TOP = 92;

/** What a row shows, and how. */
const SERIES: readonly {
  readonly label: string;
  readonly wanted: (cell: Cell) => boolean;
  readonly mark: (x: number, y: number) => string;
}[] = [
  { label: "best WebAssembly library", wanted: ({ kind }) => kind === "wasm", mark: (x, y) => diamond("wasm", x, y) },
  {
    label: "best JavaScript library",
    wanted: ({ kind }) => kind === "javascript",
    mark: (x, y) => square("script", x, y),
  },
  { label: "einsmith", wanted: ({ kind }) => kind === "einsmith", mark: (x, y) => dot("ours", x, y) },
];

export function drawPeers({ rows, machine }: Results): string {
  const shown = rows.filter((row) => row.table === "peers" && speedupOf(row, isOurs) !== undefined);
  const speedups = shown.flatMap((row) => SERIES.flatMap(({ wanted }) => speedupOf(row, wanted) ?? []));
  const scale = logarithmic(Math.min(0.5, ...speedups), Math.max(10, ...speedups));
  const { bottom, shapes: drawn } = drawGroups(shown, TOP, LEFT - 16, (row, y) => drawRow(row, y, scale.of));
  const shapes = [
    text(24, 36, "Times faster than plain loops", { size: 18, style: "title" }),
    text(24, 58, `float32, one thread, Node ${machine.node}; every result checked against the loops.`, {
      style: "faint",
    }),
    text(WIDTH - 24, TOP + 20, "einsmith, ms", { anchor: "end", style: "faint", size: 11 }),
    ...legend(),
    ...scale.ticks.flatMap((tick) => [
      line(tick === 1 ? "axis" : "grid", scale.of(tick), TOP + 30, scale.of(tick), bottom),
      // Few ticks are all labelled, many at powers of ten.
      ...(scale.ticks.length <= 10 || Number.isInteger(Math.log10(tick))
        ? [text(scale.of(tick), bottom + 18, `${tick}\u00d7`, { anchor: "middle", style: "faint", size: 11 })]
        : []),
    ]),
    ...drawn,
  ];
  return drawing(WIDTH, bottom + 36, "einsmith and other libraries as multiples of the speed of plain loops", shapes);
}

const isOurs = ({ kind }: Cell): boolean => kind === "einsmith";

function legend(): string[] {
  let x = LEFT;
  return [...SERIES].reverse().flatMap(({ label, mark }) => {
    const shapes = [mark(x, 82), text(x + 12, 86, label)];
    x += 34 + 6.6 * label.length;
    return shapes;
  });
}

function drawRow(row: Row, y: number, of: (speedup: number) => number): string[] {
  const ours = fastest(row, isOurs);
  const speedup = speedupOf(row, isOurs);
  if (ours?.time === undefined || speedup === undefined) return [];
  return [
    line("ours-line", of(1), y, of(speedup), y, 3),
    ...SERIES.flatMap(({ wanted, mark }) => {
      const found = speedupOf(row, wanted);
      return found === undefined ? [] : [mark(of(found), y)];
    }),
    text(WIDTH - 24, y + 4, Number(ours.time.toPrecision(3)).toString(), { anchor: "end", style: "faint" }),
  ];
}

function speedupOf(row: Row, wanted: (cell: Cell) => boolean): number | undefined {
  const plain = fastest(row, ({ kind }) => kind === "plain")?.time;
  const found = fastest(row, wanted)?.time;
  return plain === undefined || found === undefined ? undefined : plain / found;
}

/** From a power of ten, or a half or a fifth of one, to another. */
function logarithmic(low: number, high: number): { of: (value: number) => number; ticks: readonly number[] } {
  const steps = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
  const from = [...steps].reverse().find((step) => step <= low) ?? 0.01;
  const to = steps.find((step) => step >= high) ?? 5000;
  const width = (RIGHT - LEFT) / Math.log(to / from);
  const of = (value: number): number => LEFT + width * Math.log(Math.min(Math.max(value, from), to) / from);
  return { of, ticks: steps.filter((step) => step >= from && step <= to) };
}
