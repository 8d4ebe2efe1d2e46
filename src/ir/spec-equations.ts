/**
 * The size equations of a whole spec: one per axis of its operands and its output, for shapes that may be known in
 * part. Names that mean nothing, and outputs that cannot be, are refused here.
 */
import { iteratedBy, type AxisEquation } from "../affine/equation.ts";
import * as messages from "../support/messages/bind.ts";
import type { Span } from "../support/span.ts";
import type { AxisExpression, EinsumSpec, Term } from "../spec/ast.ts";
import { namesIn, namesOf } from "../spec/names.ts";
import { outputTerm } from "../spec/output.ts";
import { ellipsisLength, equationsOf, readParameters } from "./axes.ts";

/** Sizes by axis; null: to be inferred. */
export type PartialShape = readonly (number | null)[];

/** What is known of the sizes of a spec, checked. */
export interface ShapesAndSizes {
  /** One shape per operand. */
  readonly shapes: readonly PartialShape[];
  readonly outputShape: PartialShape | undefined;
  readonly sizes: ReadonlyMap<string, number>;
  readonly params: ReadonlyMap<string, number>;
}

export interface SpecEquations {
  /** With parameters told apart from indices. */
  readonly spec: EinsumSpec;
  /** One list per operand, one equation per axis. */
  readonly inputs: readonly (readonly AxisEquation[])[];
  readonly outputs: readonly AxisEquation[];
}

/** Reads the axes of a spec as equations between sizes. */
export function equationsOfSpec(parsed: EinsumSpec, known: ShapesAndSizes): SpecEquations {
  const { shapes, params, sizes } = known;
  const spec = readParameters(parsed, params);
  const output = outputTerm(spec);
  checkNames([...spec.operands, output], spec.text, known);
  const context = { spec, params, broadcast: broadcastNames(spec, shapes) };
  const inputs = spec.operands.map((term, operand) =>
    equationsOf(term, { ...context, operand, shape: shapes[operand] as PartialShape }),
  );
  const outputs = equationsOf(output, { ...context, operand: -1, shape: known.outputShape ?? null });
  checkOutput(output, spec, inputs.flat(), outputs, sizes);
  return { spec, inputs, outputs };
}

/** Names for the axes that ellipses stand for, as many as the longest has; none that the spec uses itself. */
function broadcastNames(spec: EinsumSpec, shapes: readonly PartialShape[]): string[] {
  const lengths = spec.operands.map((term, operand) => {
    const rank = (shapes[operand] as readonly unknown[]).length;
    return ellipsisLength(term, rank) ?? 0;
  });
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  if (longest === 0) return [];
  const taken = namesIn(spec.operands);
  let prefix = "e";
  while ([...taken].some((name) => name.startsWith(prefix))) prefix += "e";
  return Array.from({ length: longest }, (_, axis) => prefix + axis);
}

/** Refuses sizes and parameters that the spec has no use for: a misspelt name would be ignored silently. */
function checkNames(terms: readonly Term[], text: string, { sizes, params }: ShapesAndSizes): void {
  if (sizes.size === 0 && params.size === 0) return;
  const used = namesIn(terms);
  const strange = [...params.keys()].find((name) => !used.has(name));
  if (strange !== undefined) throw messages.unknownParameter(text, strange, [...used]);
  const indices = [...used].filter((name) => !params.has(name));
  const unknown = [...sizes.keys()].find((name) => !used.has(name) || params.has(name));
  if (unknown !== undefined) throw messages.unknownSize(text, unknown, indices);
}

function checkOutput(
  term: Term,
  spec: EinsumSpec,
  inputs: readonly AxisEquation[],
  outputs: readonly AxisEquation[],
  sizes: ReadonlyMap<string, number>,
): void {
  const { text } = spec;
  const plain = new Set<string>();
  for (const axis of term.axes) {
    if (axis.kind !== "index") continue;
    if (plain.has(axis.name)) throw messages.repeatedOutputIndex(text, axis.name, placesOf(term, axis.name));
    plain.add(axis.name);
  }
  const known = new Set(inputs.flatMap(iteratedBy));
  const written = new Set(outputs.flatMap(iteratedBy));
  for (const { name, span } of namesOf(term)) {
    const isKnown = known.has(name) || sizes.has(name);
    if (written.has(name) && !isKnown) throw messages.unknownOutputIndex(text, name, span, [...known]);
  }
  const [ellipsis] = ellipsesOf(term);
  const operandsHaveOne = spec.operands.some(({ axes }) => axes.some(({ kind }) => kind === "ellipsis"));
  if (ellipsis && !operandsHaveOne) throw messages.ellipsisOnlyInOutput(text, ellipsis);
}

/** Where an index is an axis of its own. */
function placesOf({ axes }: Term, name: string): Span[] {
  return axes.flatMap((axis) => (axis.kind === "index" && axis.name === name ? [axis.span] : []));
}

/** The ellipses of an output, merged ones included. */
function ellipsesOf({ axes }: Term): Span[] {
  return axes
    .flatMap((axis): readonly AxisExpression[] => (axis.kind === "composition" ? axis.parts : [axis]))
    .flatMap(({ kind, span }) => (kind === "ellipsis" ? [span] : []));
}
