/**
 * The contraction tree as a picture: operands in rows on the left, the result on the right. A line is a tensor, the
 * thicker and darker, the more elements it has (by the logarithm); a disc is a step, its area the share of the flops.
 *
 * Invariant: the text is a function of the figures. Names of the user's reach it escaped.
 */
import { type PathFigures, printCount, printElements } from "./figures.ts";
import { nodesOf, treeOf, type TreeNode } from "./tree.ts";

const MARGIN = 24;
const CHARACTER = 6.65;
/** Width of all columns of steps together, where that leaves each a sensible one. */
const TREE_WIDTH = 900;
const [NARROWEST, WIDEST] = [9, 170];
/** Up to so many operands, every step has its term beside it; beyond, only the dearest have their share. */
const LABELLED = 40;
const DEAREST = 12;
const THICKEST = 9;
const LARGEST_DISC = 11;
/** Few elements to many, and few flops to many. */
const LINES = ["#c6dbef", "#6baed6", "#2171b5", "#08306b"] as const;
const DISCS = ["#fdd49e", "#fc8d59", "#d7301f", "#7f0000"] as const;

interface Picture {
  readonly figures: PathFigures;
  readonly nodes: readonly TreeNode[];
  readonly left: number;
  readonly column: number;
  /** By id. */
  readonly heights: ReadonlyMap<number, number>;
  readonly mostFlops: number;
  readonly mostLog: number;
}

/** Draws the tree of a path as an SVG document. */
export function drawTreeAsSvg(figures: PathFigures): string {
  const root = treeOf(figures);
  const nodes = nodesOf(root);
  const row = root.leaves <= LABELLED ? 26 : 15;
  const labels = nodes.filter(({ spec }) => !spec).map((node) => leafLabel(node).join(" "));
  const left = MARGIN + CHARACTER * labels.reduce((most, label) => Math.max(most, label.length), 0) + 10;
  const column = Math.min(WIDEST, Math.max(NARROWEST, TREE_WIDTH / root.height));
  const top = MARGIN + 58;
  const picture: Picture = {
    figures,
    nodes,
    left,
    column,
    heights: rowsOf(nodes, top, row),
    mostFlops: nodes.reduce((most, { flops }) => Math.max(most, flops), 1),
    mostLog: nodes.reduce((most, { size }) => Math.max(most, logOf(size)), 1),
  };
  const rootLabel = clip(root.term || "()", 40);
  const heading = clip(figures.spec, 150);
  const treeRight = left + column * root.height + 18 + CHARACTER * (rootLabel.length + 2);
  const width = Math.ceil(Math.max(treeRight, MARGIN + heading.length * 7.8, 640) + MARGIN);
  const bottom = top + row * root.leaves;
  const height = Math.ceil(bottom + 70);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${MARGIN}" y="${MARGIN + 10}" font-size="13" font-weight="bold" fill="#1b1b1b">${escapeText(heading)}</text>`,
    `<text x="${MARGIN}" y="${MARGIN + 28}" fill="#666">${escapeText(printFigures(figures))}</text>`,
    '<g fill="none" stroke-linecap="round">',
    ...nodes.flatMap((node) => node.children.map((child) => drawLine(picture, node, child))),
    drawTensor(picture, root, `M${round(xOf(picture, root))} ${round(yOf(picture, root))}h18`),
    "</g>",
    ...nodes.map((node) => (node.spec ? drawStep(picture, node) : drawLeaf(picture, node))),
    ...drawStepLabels(picture),
    `<text x="${round(left + column * root.height + 18 + 8)}" y="${round(yOf(picture, root) + 4)}" font-weight="bold" fill="#1b1b1b">${escapeText(rootLabel)}</text>`,
    ...drawLegend(picture, bottom + 34),
    "</svg>",
    "",
  ].join("\n");
}

/** Leaves one row each; a step halfway between its first and its last child. */
function rowsOf(nodes: readonly TreeNode[], top: number, row: number): ReadonlyMap<number, number> {
  const rows = new Map<number, number>();
  let leaf = 0;
  for (const { id, spec } of nodes) if (!spec) rows.set(id, top + row * (leaf++ + 0.5));
  for (const { id, children } of nodes.slice().reverse()) {
    const own = children.map((child) => rows.get(child.id) ?? 0);
    if (own.length > 0) rows.set(id, (Math.min(...own) + Math.max(...own)) / 2);
  }
  return rows;
}

function drawLine(picture: Picture, parent: TreeNode, child: TreeNode): string {
  const [fromX, fromY] = [xOf(picture, child), yOf(picture, child)];
  const [toX, toY] = [xOf(picture, parent), yOf(picture, parent)];
  const bend = toX - picture.column;
  const middle = (bend + toX) / 2;
  const curve = `C${round(middle)} ${round(fromY)} ${round(middle)} ${round(toY)} ${round(toX)} ${round(toY)}`;
  const straight = bend > fromX + 0.01 ? `H${round(bend)}` : "";
  return drawTensor(picture, child, `M${round(fromX)} ${round(fromY)}${straight}${curve}`);
}

function drawTensor({ mostLog }: Picture, { name, term, size }: TreeNode, path: string): string {
  const part = logOf(size) / mostLog;
  const title = escapeText(`${name}: ${clip(term || "()", 200)}, ${printElements(size)}`);
  return `<path d="${path}" stroke="${colorAt(LINES, part)}" stroke-width="${round(1 + (THICKEST - 1) * part)}"><title>${title}</title></path>`;
}

function drawStep(picture: Picture, node: TreeNode): string {
  const title = escapeText(
    `${node.name}: ${clip(node.spec, 200)}, ${printCount(node.flops)} flops, ${printElements(node.size)}`,
  );
  const fill = colorAt(DISCS, logOf(node.flops) / logOf(picture.mostFlops));
  return `<circle cx="${round(xOf(picture, node))}" cy="${round(yOf(picture, node))}" r="${round(radiusOf(picture, node))}" fill="${fill}" stroke="#fff"><title>${title}</title></circle>`;
}

function drawLeaf(picture: Picture, node: TreeNode): string {
  const [term, name] = leafLabel(node).map(escapeText);
  const place = `x="${round(picture.left - 7)}" y="${round(yOf(picture, node) + 4)}"`;
  return `<text ${place} text-anchor="end" fill="#777">${term} <tspan fill="#1b1b1b" font-weight="bold">${name}</tspan></text>`;
}

/**
 * The terms of what steps make, where they have room and do not stand beside it anyway, else their shares. With a white rim,
 * since labels stand on lines where there is no room beside them.
 */
function drawStepLabels(picture: Picture): string[] {
  const { nodes, figures, column } = picture;
  const steps = nodes.filter(({ spec }) => spec);
  const isSmall = figures.operands.length <= LABELLED;
  const dearest = steps.slice().sort((a, b) => b.flops - a.flops || a.id - b.id);
  const room = Math.floor((column - 8) / CHARACTER);
  return (isSmall ? steps : dearest.slice(0, DEAREST)).flatMap((node) => {
    const share = percentOf(node.flops, figures.flops);
    if (!isSmall && !(share >= 1)) return [];
    const [x, y] = [xOf(picture, node), yOf(picture, node)];
    const radius = radiusOf(picture, node);
    const percent = `${Math.round(share)} %`;
    const label = node === nodes[0] || room < 4 ? percent : clip(node.term || "()", room);
    // Where columns are narrow, the room is to the right, below the line that goes on to the next step.
    const [place, text] = isSmall
      ? [`x="${round(x)}" y="${round(y - radius - 5)}" text-anchor="middle"`, label]
      : [`x="${round(x + radius + 8)}" y="${round(y + 12)}"`, `${node.name}: ${percent} of the flops`];
    return [
      `<text ${place} fill="#333" stroke="#fff" stroke-width="3" paint-order="stroke">${escapeText(text)}</text>`,
    ];
  });
}

function percentOf(flops: number, all: number): number {
  if (flops === Infinity) return 100;
  return all > 0 ? (100 * flops) / all : 0;
}

/** Lines of few, some and most elements; discs of few, some and most flops. */
function drawLegend(picture: Picture, y: number): string[] {
  const { mostLog, mostFlops } = picture;
  const parts: string[] = [];
  let x = MARGIN;
  const write = (text: string): void => {
    parts.push(`<text x="${round(x)}" y="${round(y + 4)}" fill="#666">${escapeText(text)}</text>`);
    x += CHARACTER * text.length + 8;
  };
  write("tensors by elements:");
  for (const part of [0, 0.5, 1]) {
    const line = `stroke="${colorAt(LINES, part)}" stroke-width="${round(1 + (THICKEST - 1) * part)}" stroke-linecap="round"`;
    parts.push(`<path d="M${round(x + 5)} ${round(y)}h22" ${line}/>`);
    x += 36;
    write(printPower(mostLog * part));
  }
  x += 16;
  write("steps by flops:");
  for (const share of [0.01, 0.1, 1]) {
    const radius = 2.5 + (LARGEST_DISC - 2.5) * Math.sqrt(share);
    const fill = colorAt(DISCS, logOf(mostFlops * share) / logOf(mostFlops));
    parts.push(`<circle cx="${round(x + radius)}" cy="${round(y)}" r="${round(radius)}" fill="${fill}"/>`);
    x += 2 * radius + 6;
    write(printPower(logOf(mostFlops * share)));
  }
  return parts;
}

function printFigures({ operands, flops, naiveFlops, largestIntermediate, peakMemory }: PathFigures): string {
  const parts = [
    `${operands.length} operands`,
    `${printCount(flops)} flops`,
    `${printCount(naiveFlops)} naively`,
    `largest intermediate ${printCount(largestIntermediate)}`,
    `peak ${printCount(peakMemory)} elements`,
  ];
  return parts.join(" · ");
}

function leafLabel({ name, term }: TreeNode): [term: string, name: string] {
  return [clip(term || "()", 36), clip(name, 16)];
}

function xOf({ left, column }: Picture, { height }: TreeNode): number {
  return left + column * height;
}

function yOf({ heights }: Picture, { id }: TreeNode): number {
  return heights.get(id) ?? 0;
}

function radiusOf({ mostFlops }: Picture, { flops }: TreeNode): number {
  return 2.5 + (LARGEST_DISC - 2.5) * Math.sqrt(flops === Infinity ? 1 : flops / mostFlops);
}

/** To base 2, from 0 on; bounded where doubles end. */
function logOf(count: number): number {
  return Math.min(1024, Math.log2(Math.max(1, count)));
}

/** A colour of a scale, for a part from 0 to 1. */
function colorAt(scale: readonly string[], part: number): string {
  const at = Math.min(1, Math.max(0, Number.isFinite(part) ? part : 0)) * (scale.length - 1);
  const below = Math.min(scale.length - 2, Math.floor(at));
  const channel = (position: number): string => {
    const [low, high] = [below, below + 1].map((stop) =>
      parseInt((scale[stop] ?? "").slice(position, position + 2), 16),
    );
    return Math.round((low ?? 0) + ((high ?? 0) - (low ?? 0)) * (at - below))
      .toString(16)
      .padStart(2, "0");
  };
  return `#${channel(1)}${channel(3)}${channel(5)}`;
}

/** `2^12.5`. */
function printPower(log: number): string {
  return log < 20 ? printCount(Math.round(2 ** log)) : `2^${round(log)}`;
}

function clip(text: string, length: number): string {
  const characters = [...text];
  return characters.length > length ? `${characters.slice(0, length - 1).join("")}…` : text;
}

function round(value: number): string {
  return String(Math.round(value * 10) / 10);
}

function escapeText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
