/**
 * The size equations of a whole spec: one per axis of its operands and its output, for shapes that may be known in
 * part. Names that mean nothing, and outputs that cannot be, are refused here.
 */
import {
  type AffineEquation,
  type AxisEquation,
  type SizeExpression,
  integerSize,
  iteratedBy,
  productOfSizes,
} from "../affine/equation.ts";
import * as messages from "../support/messages/bind.ts";
import type { Span } from "../support/carets.ts";
import type { AffineAxis, AffinePart, AxisExpression, CompositionAxis, EinsumSpec, Term } from "../spec/ast.ts";
import { misreading, namesIn, namesOf, outputTerm } from "../spec/names.ts";
import { unreachable } from "../support/errors.ts";

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

//  * From the axes of a term to size equations. An ellipsis becomes as many broadcast axes as the shape has left.

/** What the axes of one term are read with. */
interface TermContext {
  readonly spec: EinsumSpec;
  readonly params: ReadonlyMap<string, number>;
  /** Names of the indices that an ellipsis stands for; the last is the rightmost. */
  readonly broadcast: readonly string[];
  /** Number of the operand, -1 for the output. */
  readonly operand: number;
  /** The shape, or the part of it that is known; null: to be inferred. */
  readonly shape: readonly (number | null)[] | null;
}

/** The equations of a term, one per axis of its tensor. */
function equationsOf(term: Term, context: TermContext): AxisEquation[] {
  const { spec, operand, shape, broadcast } = context;
  const tensor = operand < 0 ? "the output" : `operand ${operand}`;
  const side = operand < 0 ? "output" : "input";
  // An operand's ellipsis stands for the axes its shape has left, the output's for all of them.
  const left = side === "input" && shape ? ellipsisLength(term, shape.length) : undefined;
  const covered = Math.max(0, left ?? broadcast.length);
  const equations: AxisEquation[] = [];
  for (const axis of term.axes) {
    const base = () => {
      const number = equations.length;
      return {
        axisSize: shape?.[number] ?? null,
        place: { span: axis.span, what: `axis ${number} of ${tensor}`, side, operand } as const,
      };
    };
    switch (axis.kind) {
      case "index":
        refuseParameter(axis.name, axis.span, context);
        equations.push({ ...base(), kind: "plain", index: axis.name });
        break;
      case "ellipsis":
        for (const index of broadcast.slice(broadcast.length - covered)) {
          equations.push({ ...base(), kind: "plain", index });
        }
        break;
      case "unit":
        equations.push({ ...base(), kind: "unit" });
        break;
      case "composition":
        equations.push({ ...base(), kind: "product", indices: compositionIndices(axis, context) });
        break;
      case "affine":
        equations.push({ ...base(), ...affineEquation(axis, context) });
        break;
      default:
        unreachable(axis);
    }
  }
  if (shape && shape.length !== equations.length) {
    if (side === "output") throw messages.outputRank(spec.text, term, equations.length, shape.length);
    throw messages.rankMismatch(spec.text, term, tensor, equations.length, shape.length, misreading(spec));
  }
  return equations;
}

/** How many axes the ellipsis of a term stands for in a tensor of some rank; undefined without an ellipsis. */
function ellipsisLength(term: Term, rank: number): number | undefined {
  const ellipsis = term.axes.some(({ kind }) => kind === "ellipsis");
  return ellipsis ? rank - (term.axes.length - 1) : undefined;
}

/**
 * Tells parameters from indices where the grammar cannot: in an operand `(p)` is the plain index p, so where p is a
 * parameter it becomes the expression that it is, and reads element p as `(p + 0)` does. A parameter without
 * parentheses stays what it was, to be refused: more likely, it was meant as an index.
 */
function readParameters(spec: EinsumSpec, params: ReadonlyMap<string, number>): EinsumSpec {
  if (params.size === 0) return spec;
  const readAxis = (axis: AxisExpression): AxisExpression => {
    if (axis.kind !== "index" || !params.has(axis.name) || !isParenthesised(axis.span, spec.text)) return axis;
    const { name, span } = axis;
    return {
      kind: "affine",
      parts: [{ sign: 1, factors: [{ kind: "name", name, span }], span }],
      paddingAfter: null,
      span,
    };
  };
  return { ...spec, operands: spec.operands.map((term) => ({ ...term, axes: term.axes.map(readAxis) })) };
}

/** Parentheses do not nest, and hold one axis each: what stands behind an open one is inside. */
function isParenthesised({ start }: Span, text: string): boolean {
  let at = start - 1;
  while (at >= 0 && /\s/.test(text.charAt(at))) at--;
  return text.charAt(at) === "(";
}

function compositionIndices(axis: CompositionAxis, context: TermContext): string[] {
  return axis.parts.flatMap((part) => {
    if (part.kind === "ellipsis") return context.broadcast;
    refuseParameter(part.name, part.span, context);
    return [part.name];
  });
}

function affineEquation(
  axis: AffineAxis,
  context: TermContext,
): Pick<AffineEquation, "kind" | "parts" | "constant" | "paddingAfter"> {
  const parts: AffineEquation["parts"][number][] = [];
  const constant: SizeExpression[] = [];
  for (const part of axis.parts) {
    const { index, coefficient } = resolvePart(part, context);
    if (index === undefined) constant.push(coefficient);
    else parts.push({ index, coefficient });
  }
  return { kind: "affine", parts, constant, paddingAfter: axis.paddingAfter?.value ?? null };
}

/** Splits a product into its index, if it has one, and the rest. */
function resolvePart(
  part: AffinePart,
  context: TermContext,
): { index: string | undefined; coefficient: SizeExpression } {
  const { spec, params } = context;
  let factor: number = part.sign;
  let index: string | undefined;
  const sizes: SizeExpression[] = [];
  for (const item of part.factors) {
    if (item.kind === "integer") factor *= item.value;
    else if (item.kind === "size") {
      refuseParameter(item.name, item.span, context);
      sizes.push({ kind: "size", index: item.name });
    } else {
      const value = params.get(item.name);
      if (value !== undefined) factor *= value;
      else if (index === undefined) index = item.name;
      else throw messages.productOfIndices(spec.text, part.span);
    }
  }
  if (!Number.isSafeInteger(factor)) throw messages.coefficientTooLarge(spec.text, part.span);
  return { index, coefficient: productOfSizes([integerSize(factor), ...sizes]) };
}

function refuseParameter(name: string, span: Span, { spec, params }: TermContext): void {
  if (params.has(name)) throw messages.parameterAsAxis(spec.text, span, name);
}
