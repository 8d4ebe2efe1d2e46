/**
 * Pictures as SVG text: a card of its own colours for light and for dark surroundings, and the few shapes that charts
 * are made of. Texts are escaped here and nowhere else.
 */

/** The colours are classes, so that both themes are one drawing. */
const STYLE = `
    .card { fill: #ffffff; stroke: #d8dee6 }
    .title { fill: #1b2430; font-weight: 600 }
    .text { fill: #3b4654 }
    .faint { fill: #75808e }
    .grid { stroke: #e6eaef }
    .axis { stroke: #b4bdc8 }
    .ours { fill: #d9480f; stroke: #d9480f }
    .ours-line { stroke: #f0b494; fill: none }
    .ours-curve { stroke: #d9480f; fill: none }
    .second { fill: #1c7ed6; stroke: #1c7ed6 }
    .second-curve { stroke: #1c7ed6; fill: none }
    .plain { fill: #8a94a0; stroke: #8a94a0 }
    .plain-curve { stroke: #8a94a0; fill: none }
    .script { fill: #ffffff; stroke: #1c7ed6 }
    .wasm { fill: #7048e8; stroke: #7048e8 }
    .track { fill: #f1f3f6 }
    .goal { stroke: #1b2430 }
    @media (prefers-color-scheme: dark) {
      .card { fill: #11161d; stroke: #2c3541 }
      .title { fill: #eef2f6 }
      .text { fill: #c4ccd6 }
      .faint { fill: #8e99a6 }
      .grid { stroke: #222a34 }
      .axis { stroke: #4a5563 }
      .ours { fill: #ff7b3d; stroke: #ff7b3d }
      .ours-line { stroke: #7a3d22 }
      .ours-curve { stroke: #ff7b3d }
      .second { fill: #4dabf7; stroke: #4dabf7 }
      .second-curve { stroke: #4dabf7 }
      .plain { fill: #7d8895; stroke: #7d8895 }
      .plain-curve { stroke: #7d8895 }
      .script { fill: #11161d; stroke: #4dabf7 }
      .wasm { fill: #9775fa; stroke: #9775fa }
      .track { fill: #1b222b }
      .goal { stroke: #eef2f6 }
    }`;

/** A picture of a size, its shapes, and what a reader hears who does not see it. */
export function drawing(width: number, height: number, description: string, shapes: readonly string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}"`,
    `  font-family="ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" role="img">`,
    `  <title>${escape(description)}</title>`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="card" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10" />`,
    ...shapes.map((shape) => `  ${shape}`),
    "</svg>",
    "",
  ].join("\n");
}

export interface TextOptions {
  readonly size?: number;
  readonly anchor?: "start" | "middle" | "end";
  readonly style?: "title" | "text" | "faint";
}

export function text(x: number, y: number, content: string, options: TextOptions = {}): string {
  const { size = 12, anchor = "start", style = "text" } = options;
  return `<text class="${style}" x="${at(x)}" y="${at(y)}" font-size="${size}" text-anchor="${anchor}">${escape(content)}</text>`;
}

export function line(style: string, x1: number, y1: number, x2: number, y2: number, width = 1): string {
  return `<line class="${style}" x1="${at(x1)}" y1="${at(y1)}" x2="${at(x2)}" y2="${at(y2)}" stroke-width="${width}" />`;
}

export function bar(style: string, x: number, y: number, width: number, height: number): string {
  return `<rect class="${style}" x="${at(x)}" y="${at(y)}" width="${at(Math.max(width, 0))}" height="${height}" rx="2" stroke="none" />`;
}

export function dot(style: string, x: number, y: number, radius = 5): string {
  return `<circle class="${style}" cx="${at(x)}" cy="${at(y)}" r="${radius}" stroke-width="2" />`;
}

export function square(style: string, x: number, y: number, half = 4): string {
  return `<rect class="${style}" x="${at(x - half)}" y="${at(y - half)}" width="${2 * half}" height="${2 * half}" stroke-width="2" />`;
}

export function diamond(style: string, x: number, y: number, half = 5): string {
  const corners = [
    `${at(x)},${at(y - half)}`,
    `${at(x + half)},${at(y)}`,
    `${at(x)},${at(y + half)}`,
    `${at(x - half)},${at(y)}`,
  ];
  return `<polygon class="${style}" points="${corners.join(" ")}" stroke-width="1" />`;
}

export function curve(style: string, points: readonly (readonly [number, number])[]): string {
  const path = points.map(([x, y]) => `${at(x)},${at(y)}`).join(" ");
  return `<polyline class="${style}" points="${path}" stroke-width="2.5" stroke-linejoin="round" />`;
}

/** A workload's name in print: exponents raised, arrows and times as such. */
export function typeset(name: string): string {
  return name
    .replaceAll("^2", "\u00b2")
    .replaceAll("^3", "\u00b3")
    .replaceAll("->", "\u2192")
    .replaceAll(/ x (?=\d)|(?<=\d)x(?=\d)/g, (times) => times.replace("x", "\u00d7"));
}

/** A coordinate, without digits that nobody sees. */
function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escape(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
