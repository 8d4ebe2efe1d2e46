/** Rows of a chart in two groups, einsums and windows, each under a heading. */
import type { Row } from "../results.ts";
import { text, typeset } from "./svg.ts";

/** Height of a row. */
const STEP = 25;
/** Height of a heading, and of the gap above it. */
const HEADING = 38;

export interface Grouped {
  /** Where the last row ends. */
  readonly bottom: number;
  readonly shapes: readonly string[];
}

/** Draws rows from `top` downwards; names end at `left`. `drawRow` is given the middle of its row. */
export function drawGroups(
  rows: readonly Row[],
  top: number,
  left: number,
  drawRow: (row: Row, y: number) => readonly string[],
): Grouped {
  const groups = [
    { title: "Einsums", members: rows.filter(({ spec }) => !spec.includes("(")) },
    { title: "Convolutions and pools", members: rows.filter(({ spec }) => spec.includes("(")) },
  ];
  let y = top;
  const shapes: string[] = [];
  for (const { title, members } of groups.filter((group) => group.members.length > 0)) {
    shapes.push(text(24, y + HEADING - 14, title, { style: "title", size: 13 }));
    y += HEADING;
    for (const row of members) {
      shapes.push(text(left, y + STEP / 2 + 4, typeset(row.name), { anchor: "end" }), ...drawRow(row, y + STEP / 2));
      y += STEP;
    }
  }
  return { bottom: y + 4, shapes };
}
