/** Contractions as text for people: the sum they stand for, their indices, and the strides of every operand. */
import { derivative, namesApart, printAffine } from "../affine/affine.ts";
import { addressOf, strideOf } from "./address.ts";
import { printSpec } from "../spec/print.ts";
import type { Access, AxisAccess, Contraction } from "./contraction.ts";
import { nameOfMonoid } from "./algebra.ts";
import { printElementwise } from "./print-elementwise.ts";
import { readsOfTerm } from "./product.ts";
import { required } from "../support/errors.ts";
import { type TensorType, areNested } from "./tensor.ts";

/**
 * Prints a contraction as the formula it is, over its tensors:
 *
 *     out[i, k] = sum over j of a[i, j] * b[j, k]
 *       a    float64  3 x 4
 *       b    float64  4 x 5
 *       out  float64  3 x 5
 */
export function printContraction(contraction: Contraction): string {
  const { reads, output } = contraction;
  const rows = [...reads, output].map(({ tensor }) => [tensor.name, tensor.dtype, printLayout(tensor)]);
  return `${printFormula(contraction)}\n${printTable(rows)}`;
}

/** Columns of left-aligned cells, two spaces apart, indented by two; a cell wider than `widest` pushes what follows it. */
export function printTable(rows: readonly (readonly string[])[], widest = Infinity): string {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, Math.min(cell.length, widest))));
  }
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd())
    .join("\n");
}

/** The formula alone, on one line; `sum=` where several values meet in one element of the output. */
export function printFormula(contraction: Contraction): string {
  const { reads, output, term, reduce, indices, finish } = contraction;
  const nameOf = namesBeside(contraction);
  const readOf = (read: number): string => printAccessWith(required(reads[read], `read ${read}`), nameOf);
  const combined = printElementwise(term, "", readOf, nameOf);
  const over = indices.flatMap(({ name, reduced }) => (reduced ? [nameOf(name)] : []));
  const value = over.length > 0 ? `${nameOfMonoid(reduce)} over ${over.join(", ")} of ${combined}` : combined;
  const written = indices
    .filter(({ reduced }) => !reduced)
    .map(({ name, size }) => ({ size, stride: strideOf(output, name) }));
  const assign = areNested(written) ? "=" : `${nameOfMonoid(reduce)}=`;
  const finished = finish.kind === "value" ? value : `${printElementwise(finish, "acc", readOf)} where acc = ${value}`;
  return `${printAccessWith(output, nameOf)} ${assign} ${finished}`;
}

type NameOf = (index: string) => string;

/** What to call the indices of a contraction beside its tensors. */
export function namesBeside({ indices, reads, output }: Contraction): NameOf {
  return namesApart(
    indices.map(({ name }) => name),
    [...reads, output].map(({ tensor }) => tensor.name),
  );
}

/** An access in brackets, `x[b, 2*y + ky - 1 padded]`; a scalar is its name alone. */
export function printAccess(access: Access): string {
  return printAccessWith(access, (index) => index);
}

function printAccessWith({ tensor, axes }: Access, nameOf: NameOf): string {
  if (axes.length === 0) return tensor.name;
  const parts = axes.map(({ expression, padded }) => printAffine(expression, nameOf) + (padded ? " padded" : ""));
  return `${tensor.name}[${parts.join(", ")}]`;
}

/** A table with a row an index: its size, its role, and its stride in every operand and the output. */
export function printIndices(contraction: Contraction): string {
  const accesses = [...readsOfTerm(contraction), contraction.output];
  const head = ["index", "size", "role", ...accesses.map(({ tensor }) => `stride in ${tensor.name}`)];
  const nameOf = namesBeside(contraction);
  const rows = contraction.indices.map(({ name, size }) => [
    nameOf(name),
    String(size),
    roleOf(contraction, name),
    ...accesses.map((access) => String(strideOf(access, name))),
  ]);
  return printTable([head, ...rows]);
}

/** The flat address an access reads: `128*b + 2*x + kx - 1`. */
export function printAddress(access: Access): string {
  return printAffine(addressOf(access));
}

/** The addresses that a contraction reads, and the one it writes: a row a tensor, its name first. */
export function printAddresses(contraction: Contraction): [tensor: string, address: string][] {
  const nameOf = namesBeside(contraction);
  const accesses = [...contraction.reads, contraction.output];
  return accesses.map((access) => [access.tensor.name, printAffine(addressOf(access), nameOf)]);
}

function printLayout({ shape, strides, offset }: TensorType): string {
  const sizes = shape.length > 0 ? shape.join(" x ") : "scalar";
  const layout = shape.length > 0 ? `, strides ${strides.join(" ")}` : "";
  return sizes + layout + (offset !== 0 ? `, offset ${offset}` : "");
}

/** Prints one access as a term over index names: `b i (2*y + ky - 1)`; an axis read at one place is a number. */
export function printTerm({ tensor, axes }: Access): string {
  return axes.map((axis, position) => printAxis(axis, tensor.shape[position] as number)).join(" ");
}

function printAxis({ expression }: AxisAccess, size: number): string {
  const [term] = expression.terms;
  const isPlain = expression.terms.length === 1 && term?.coefficient === 1 && expression.constant === 0;
  if (isPlain) return term.variable;
  return expression.terms.length === 0 && size === 1 ? "()" : `(${printAffine(expression)})`;
}

/** The canonical text of the spec; that of a step over its index names: `b i (2*y + ky), o i ky -> b o y`. */
export function printSpecOf(contraction: Contraction): string {
  const { spec, output } = contraction;
  if (spec) return printSpec(spec);
  return `${readsOfTerm(contraction).map(printTerm).join(", ")} -> ${printTerm(output)}`.trim();
}

//  * Roles: an index by where it occurs. They tell a schedule which loops carry reuse, and a reader what a contraction
// does: a matrix product has left, right and contracted indices, and batch ones repeat it.

/**
 * - `batch`: in several operands and the output
 * - `left`, `right`: in the first, or one other, operand and the output
 * - `contracted`: in several operands, not in the output
 * - `summed`: in one operand only, not in the output
 * - `repeated`: in the output only
 */
type Role = "batch" | "left" | "right" | "contracted" | "summed" | "repeated";

/** The role of an index; an index of size 1 that was broadcast away counts as absent where it was. */
export function roleOf(contraction: Contraction, index: string): Role {
  const holders = readsOfTerm(contraction).flatMap((access, operand) => (dependsOn(access, index) ? [operand] : []));
  const reduced = contraction.indices.some(({ name, reduced: gone }) => name === index && gone);
  if (holders.length > 1) return reduced ? "contracted" : "batch";
  if (reduced) return "summed";
  if (holders.length === 0) return "repeated";
  return holders[0] === 0 ? "left" : "right";
}

/** Whether an access reads different elements for different values of the index. */
function dependsOn(access: Access, index: string): boolean {
  return access.axes.some(({ expression }) => derivative(expression, index) !== 0);
}
