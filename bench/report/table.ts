/** Tables in Markdown, laid out so that their columns are seen in the text, too; and how figures are written. */

/** A table of these titles and rows; columns are aligned to the right but for the first ones. */
export function printTable(titles: readonly string[], rows: readonly (readonly string[])[], leftColumns = 1): string {
  const widths = titles.map((title, column) =>
    Math.max(3, title.length, ...rows.map((cells) => cells[column]?.length ?? 0)),
  );
  const isLeft = (column: number): boolean => column < leftColumns;
  const layOut = (cells: readonly string[]): string => {
    const padded = cells.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isLeft(column) ? cell.padEnd(width) : cell.padStart(width);
    });
    return `| ${padded.join(" | ")} |`;
  };
  const rule = widths.map((width, column) => (isLeft(column) ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [layOut(titles), layOut(rule), ...rows.map(layOut)].join("\n");
}

/** Three digits, without an exponent. */
export function significant(value: number): string {
  if (value === 0) return "0";
  return value >= 99.5 ? value.toFixed(0) : value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(value))));
}

export function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(0)} %`;
}
