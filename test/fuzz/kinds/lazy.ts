/**
 * Random graphs of symbolic tensors against the same operations done at once on plain arrays: nothing fused, nothing solved
 * for. Results that grow too large to be exact are not used further.
 */
import { concatenate, symbol, tensor, type LazySymbol, type LazyTensor } from "../../../src/lazy/index.ts";
import { evaluateSource } from "../../support/evaluate.ts";
import type { Random } from "../../support/random.ts";
import { attempt, type Kind, type Report } from "../kind.ts";
import { forEachPoint } from "../naive.ts";
import { arrayFrom, differenceOf, type Dtype, type Numbers } from "../numbers.ts";
import { printValue } from "../print.ts";

export const lazy: Kind = { name: "lazy", weight: 3, run: runGraph };

/** An array whose axes have names; row-major. */
interface Named {
  readonly axes: readonly LazySymbol[];
  readonly sizes: readonly number[];
  readonly data: readonly number[];
}

/** A tensor, what it is, and the name it has in the program that is printed. */
interface Node {
  readonly name: string;
  readonly lazy: LazyTensor;
  readonly eager: Named;
}

interface Graph {
  readonly random: Random;
  readonly dtype: Dtype;
  readonly nodes: Node[];
  readonly lines: string[];
  readonly symbols: LazySymbol[];
}

const LARGEST = 2 ** 20;

async function runGraph(random: Random): Promise<Report> {
  const graph: Graph = {
    random,
    dtype: random.pick(["float64", "float64", "float32", "int32", "int64"] as const),
    nodes: [],
    lines: [],
    symbols: [],
  };
  const axes = [..."ijkl"].map(
    (name) => [declare(graph, name), random.chance(0.1) ? 1 : random.integer(2, 4)] as const,
  );
  const inputs = Array.from({ length: random.integer(1, 4) }, () =>
    makeInput(graph, random.shuffle(axes).slice(0, random.integer(0, 3))),
  );
  const row = random.chance(0.3) ? "module text" : "compute";
  const outcome = await attempt(() => {
    for (let step = random.integer(1, 7); step > 0; step--) makeStep(graph);
    const { lazy: root, eager } = graph.nodes.at(-1) as Node;
    const expected = arrayFrom(graph.dtype, inOrder(eager, root.axes));
    const byName = Object.fromEntries(
      inputs.map(({ name, eager: { data, sizes } }) => [name, { data: arrayFrom(graph.dtype, data), shape: sizes }]),
    );
    const { kernel } = root;
    if (row === "module text") {
      const arrays = kernel.inputs.map(({ name }) => byName[name]?.data as Numbers);
      return differenceOf(evaluateSource(kernel.source)(...arrays) as Numbers, expected) ?? 1;
    }
    const read = Object.fromEntries(
      Object.entries(byName).filter(([name]) => kernel.inputs.some((input) => input.name === name)),
    );
    const found = root.compute(read);
    const shape = root.axes.map((axis) => eager.sizes[eager.axes.indexOf(axis)]);
    if (found.shape.join() !== shape.join()) return `shape [${found.shape.join()}], expected [${shape.join()}]`;
    return differenceOf(found.data as Numbers, expected) ?? 1;
  });
  if (outcome.kind !== "fails") return { entries: [{ row, outcome }], failures: [] };
  const last = graph.nodes.at(-1) as Node;
  const values = Object.fromEntries(
    inputs.map(({ name, eager: { data, sizes } }) => [name, { data: arrayFrom(graph.dtype, data), shape: sizes }]),
  );
  const program = [
    'import { concatenate, symbol, tensor } from "einsmith/lazy";',
    ...graph.lines,
    `${last.name}.compute(${printValue(values)});`,
    `// expected ${printValue(inOrder(last.eager, last.lazy.axes))} over ${last.lazy.axes.join(" ")}`,
  ];
  return { entries: [{ row, outcome }], failures: [{ row, what: outcome.what, program: program.join("\n") }] };
}

function declare({ symbols, lines }: Graph, base: string): LazySymbol {
  const name = symbols.some((known) => known.name === base) ? `${base}${symbols.length}` : base;
  const made = symbol(name);
  symbols.push(made);
  lines.push(`const ${name} = symbol("${name}");`);
  return made;
}

function makeInput(graph: Graph, axes: readonly (readonly [LazySymbol, number])[]): Node {
  const { random, dtype, nodes, lines } = graph;
  const name = `in${nodes.length}`;
  const [names, sizes] = [axes.map(([axis]) => axis), axes.map(([, size]) => size)];
  const data = Array.from({ length: sizes.reduce((product, size) => product * size, 1) }, () => random.integer(-2, 2));
  lines.push(
    `const ${name} = tensor(${[...names, printValue({ name, dtype })].join(", ")}).setSize(${sizes.join(", ")});`,
  );
  const node: Node = {
    name,
    lazy: tensor(...names, { name, dtype }).setSize(...sizes),
    eager: { axes: names, sizes, data },
  };
  nodes.push(node);
  return node;
}

/** Adds what an operation gives, unless it grew too large. */
function add({ nodes, lines }: Graph, text: string, lazy: () => LazyTensor, eager: Named): void {
  const isSmall = eager.data.length <= 600 && eager.axes.length <= 5;
  if (!isSmall || eager.data.some((value) => Number.isFinite(value) && Math.abs(value) > LARGEST)) return;
  if (eager.data.some(Number.isNaN)) return;
  const name = `t${nodes.length}`;
  lines.push(`const ${name} = ${text};`);
  nodes.push({ name, lazy: lazy(), eager });
}

/** The value at a point, by the names of axes. */
function reader({ axes, sizes, data }: Named, points: readonly LazySymbol[]): (point: readonly number[]) => number {
  const places = axes.map((axis) => points.indexOf(axis));
  return (point) =>
    data[places.reduce((at, place, axis) => at * (sizes[axis] as number) + (point[place] as number), 0)] as number;
}

function build(
  axes: readonly LazySymbol[],
  sizes: readonly number[],
  valueAt: (point: readonly number[]) => number,
): Named {
  const data: number[] = [];
  forEachPoint(sizes, (point) => void data.push(valueAt(point)));
  return { axes, sizes, data };
}

function inOrder(from: Named, axes: readonly LazySymbol[]): readonly number[] {
  const sizes = axes.map((axis) => from.sizes[from.axes.indexOf(axis)] as number);
  return build(axes, sizes, reader(from, axes)).data;
}

function makeStep(graph: Graph): void {
  const { random, nodes } = graph;
  const pick = (): Node => (random.chance(0.6) ? (nodes.at(-1) as Node) : random.pick(nodes));
  const [x, other] = [pick(), pick()];
  const axis = x.eager.axes.length > 0 ? random.pick(x.eager.axes) : undefined;
  const kind = random.integer(0, 12);
  if (kind <= 2) return combine(graph, x, other);
  if (kind === 3) return scale(graph, x);
  if (kind === 4) return apply(graph, x);
  if (kind <= 7) return reduce(graph, x);
  if (axis === undefined) return apply(graph, x);
  if (kind === 8 || kind === 9) return view(graph, x, axis);
  if (kind === 10) return pad(graph, x);
  if (kind === 11) return join(graph, x, axis);
  return rename(graph, x, axis);
}

const BINARY = {
  add: (one: number, other: number) => one + other,
  sub: (one: number, other: number) => one - other,
  mul: (one: number, other: number) => one * other,
  max: Math.max,
  min: Math.min,
};

function combine(graph: Graph, one: Node, other: Node): void {
  const operator = graph.random.pick(["add", "sub", "mul", "mul", "max", "min"] as const);
  const axes = [...new Set([...one.eager.axes, ...other.eager.axes])];
  const sizes: number[] = [];
  for (const axis of axes) {
    const found = [one, other].flatMap(({ eager }) => eager.sizes[eager.axes.indexOf(axis)] ?? []);
    // Axes of one index have one size.
    if (found.length === 2 && found[0] !== found[1]) return;
    sizes.push(found[0] as number);
  }
  const [left, right] = [reader(one.eager, axes), reader(other.eager, axes)];
  const eager = build(axes, sizes, (point) => BINARY[operator](left(point), right(point)));
  add(graph, `${one.name}.${operator}(${other.name})`, () => one.lazy[operator](other.lazy), eager);
}

function scale(graph: Graph, { name, lazy, eager }: Node): void {
  const operator = graph.random.pick(["add", "sub", "mul", "max", "min"] as const);
  const by = graph.random.integer(-2, 2);
  const data = eager.data.map((value) => BINARY[operator](value, by));
  add(graph, `${name}.${operator}(${by})`, () => lazy[operator](by), { ...eager, data });
}

const UNARY = {
  neg: (value: number) => -value,
  abs: Math.abs,
  relu: (value: number) => Math.max(value, 0),
};

function apply(graph: Graph, { name, lazy, eager }: Node): void {
  if (graph.random.chance(0.2)) {
    const [low, high] = [graph.random.integer(-3, 0), graph.random.integer(0, 3)];
    const data = eager.data.map((value) => Math.min(Math.max(value, low), high));
    return add(graph, `${name}.clamp(${low}, ${high})`, () => lazy.clamp(low, high), { ...eager, data });
  }
  const operator = graph.random.pick(["neg", "abs", "relu"] as const);
  add(graph, `${name}.${operator}()`, () => lazy[operator](), { ...eager, data: eager.data.map(UNARY[operator]) });
}

const REDUCE = {
  sum: [0, BINARY.add],
  prod: [1, BINARY.mul],
  max: [-Infinity, Math.max],
  min: [Infinity, Math.min],
} as const;

function reduce(graph: Graph, { name, lazy, eager }: Node): void {
  const { random } = graph;
  const over = random.shuffle(eager.axes).slice(0, random.integer(1, 2));
  if (over.length === 0) return;
  const which = random.pick(["sum", "sum", "sum", "max", "min", "prod"] as const);
  const [start, operation] = REDUCE[which];
  const kept = eager.axes.filter((axis) => !over.includes(axis));
  const sizeOf = (axis: LazySymbol): number => eager.sizes[eager.axes.indexOf(axis)] as number;
  const read = reader(eager, [...kept, ...over]);
  const made = build(kept, kept.map(sizeOf), (point) => {
    let total: number = start;
    forEachPoint(over.map(sizeOf), (inner) => (total = operation(total, read([...point, ...inner]))));
    return total;
  });
  const axes = over.length > 1 || which === "sum" ? `[${over.join(", ")}]` : `[${over[0]?.name}]`;
  add(graph, `${name}.${which}(${axes})`, () => lazy[which](over), made);
}

/** A window over an axis, padded or not; the axis the other way round; or a part of it. */
function view(graph: Graph, { name, lazy, eager }: Node, axis: LazySymbol): void {
  const { random } = graph;
  const size = eager.sizes[eager.axes.indexOf(axis)] as number;
  const [length, stride, dilation] = [random.integer(1, 3), random.integer(1, 2), random.chance(0.7) ? 1 : 2];
  const padding = random.pick([0, 0, 1]);
  const room = size + 2 * padding - dilation * (length - 1) - 1;
  if (room < 0) return;
  const outside = padding === 0 ? 0 : random.pick([0, 0, 1]);
  const [y, k] = [declare(graph, "y"), declare(graph, "w")];
  const targets = eager.axes.flatMap((own) => (own === axis ? [y, k] : [own]));
  const sizes = eager.axes.flatMap((own, at) =>
    own === axis ? [Math.floor(room / stride) + 1, length] : [eager.sizes[at] as number],
  );
  const [atY, atK] = [targets.indexOf(y), targets.indexOf(k)];
  const read = reader(eager, [axis, ...targets]);
  const made = build(targets, sizes, (point) => {
    const place = stride * (point[atY] as number) + dilation * (point[atK] as number) - padding;
    return place < 0 || place >= size ? outside : read([place, ...point]);
  });
  const fixed = targets.map((target) => (target === k ? length : null));
  add(
    graph,
    `${name}.to([${targets.join(", ")}], { where: [[${axis.name}, ${y.name}.times(${stride}).plus(${k.name}.times(${dilation})).minus(${padding})]], outside: ${outside} }).setSize(${fixed.map((one) => (one === null ? "null" : one)).join(", ")})`,
    () =>
      lazy
        .to(targets, { where: [[axis, y.times(stride).plus(k.times(dilation)).minus(padding)]], outside })
        .setSize(...fixed),
    made,
  );
}

function pad(graph: Graph, { name, lazy, eager }: Node): void {
  const { random } = graph;
  const pairs = eager.sizes.map((size) =>
    random.chance(0.5) ? ([0, 0] as const) : ([random.integer(size > 1 ? -1 : 0, 2), random.integer(0, 2)] as const),
  );
  const value = random.pick([0, 0, 0, 1]);
  const sizes = eager.sizes.map((size, at) => size + (pairs[at]?.[0] ?? 0) + (pairs[at]?.[1] ?? 0));
  const read = reader(eager, eager.axes);
  const made = build(eager.axes, sizes, (point) => {
    const place = point.map((at, axis) => at - (pairs[axis]?.[0] ?? 0));
    return place.every((at, axis) => at >= 0 && at < (eager.sizes[axis] as number)) ? read(place) : value;
  });
  // The axes of what is padded have other sizes: they are other axes.
  const axes = eager.axes.map((axis, at) =>
    sizes[at] === eager.sizes[at] && pairs[at]?.every((by) => by === 0) ? axis : null,
  );
  const padded = lazy.pad(pairs, value);
  add(graph, `${name}.pad(${printValue(pairs)}, ${value})`, () => padded, {
    ...made,
    axes: padded.axes.map((axis, at) => axes[at] ?? axis),
  });
}

function join(graph: Graph, { name, lazy, eager }: Node, axis: LazySymbol): void {
  const at = eager.axes.indexOf(axis);
  const size = eager.sizes[at] as number;
  const joined = concatenate([lazy, lazy.neg()], axis);
  const read = reader(eager, eager.axes);
  const sizes = eager.sizes.map((own, place) => (place === at ? 2 * own : own));
  const made = build(joined.axes, sizes, (point) => {
    const place = point[at] as number;
    const value = read(point.map((own, other) => (other === at ? own % size : own)));
    return place < size ? value : -value;
  });
  add(graph, `concatenate([${name}, ${name}.neg()], ${axis.name})`, () => joined, made);
}

function rename(graph: Graph, { name, lazy, eager }: Node, axis: LazySymbol): void {
  const { random } = graph;
  if (random.chance(0.5)) {
    const axes = random.shuffle(eager.axes);
    return add(graph, `${name}.to(${axes.join(", ")})`, () => lazy.to(...axes), {
      axes,
      sizes: axes.map((own) => eager.sizes[eager.axes.indexOf(own)] as number),
      data: inOrder(eager, axes),
    });
  }
  const fresh = declare(graph, "r");
  const axes = eager.axes.map((own) => (own === axis ? fresh : own));
  add(graph, `${name}.to(${axes.join(", ")})`, () => lazy.to(...axes), { ...eager, axes });
}
