/**
 * The doc comment of an emitted kernel: what it computes, on what, in which order, at what cost. Everything here is
 * printed from checked parts, so that no text of the user's reaches it unread.
 */
import {
  constantAffine,
  multiplyAffines,
  scaleAffine,
  sizeAffine,
  sumAffines,
  type Affine,
  printAffine,
} from "../affine/affine.ts";
import { accumulatesIn, identityOf, nameOfMonoid } from "../ir/algebra.ts";
import { isMean, type Access, type Contraction } from "../ir/contraction.ts";
import type { Dtype } from "../ir/dtype.ts";
import { elementsIn, includes, partsOf, type Elementwise } from "../ir/elementwise.ts";
import { printElementwise } from "../ir/print-elementwise.ts";
import { printAccess, printSpecOf, printTable } from "../ir/print.ts";
import { countReads, partsOfTerm } from "../ir/product.ts";
import type { Kernel } from "../loops/kernel.ts";
import { allocatedScratch } from "../loops/lengths.ts";
import { visitStatements } from "../loops/rewrite.ts";
import { flopCount } from "../path/cost.ts";
import type { ContractionStep } from "../path/steps.ts";
import { required } from "../support/errors.ts";

/** The lines of the comment, without comment marks. */
export function documentKernel(contraction: Contraction, steps: readonly ContractionStep[], kernel: Kernel): string[] {
  const lines = [`\`${printSpecOf(contraction)}\`${printOperators(contraction)}`, ""];
  lines.push(...printTensors(contraction));
  if (steps.length > 1 || kernel.slices) {
    lines.push("", printSlices(kernel), "");
    for (const { contraction: step } of steps) lines.push(`    ${step.output.tensor.name}: ${printSpecOf(step)}`);
  }
  lines.push("", printCost(contraction, steps, kernel));
  return lines;
}

/** How the steps run: once, or once for every value of the indices that are sliced. */
function printSlices({ slices }: Kernel): string {
  if (!slices) return "In pairs, in this order:";
  const values = slices.indices.map(({ name, size }) => `${name} (${size} values)`);
  return `In pairs, in this order, once for each value of ${values.join(", ")}:`;
}

/** A row a tensor: name, dtype, shape, and what each of its axes is read by. */
function printTensors({ reads, output, symbols }: Contraction): string[] {
  const rows = [...reads, output].map((access) => {
    const { name, dtype } = access.tensor;
    return [name, dtype, printShape(access, symbols), printAxes(access, symbols)];
  });
  return printTable(rows)
    .split("\n")
    .map((row) => `  ${row}`);
}

function printShape({ tensor }: Access, symbols: Contraction["symbols"]): string {
  const shape = symbols?.accesses.get(tensor.name)?.shape.map(printSize);
  return (shape ?? tensor.shape).join(" x ") || "scalar";
}

function printAxes({ tensor, axes }: Access, symbols: Contraction["symbols"]): string {
  const expressions = symbols?.accesses.get(tensor.name)?.axes ?? axes.map(({ expression }) => expression);
  return expressions
    .map((expression) => {
      // An axis of size 1 is element 0 for every index; the notation writes it as 1.
      const text = expression.terms.length === 0 && expression.constant === 0 ? "1" : printSize(expression);
      return /^[\p{ID_Continue}]+$/u.test(text) ? text : `(${text})`;
    })
    .join(" ");
}

function printOperators(contraction: Contraction): string {
  const { reads, output, term, reduce, finish, dtype } = contraction;
  const nameOf = (read: number): string => required(reads[read], `read ${read}`).tensor.name;
  const { combine, parts: factors } = partsOfTerm(term);
  const parts: string[] = [];
  for (const factor of factors) {
    const [read, another] = elementsIn(factor);
    if (read === undefined || !includes(factor, computes)) continue;
    const printed = printElementwise(factor, "", (access) => nameOf(access));
    parts.push(another === undefined ? `${printed} for each ${nameOf(read)}` : `of ${printed}`);
  }
  if (isMean(contraction)) parts.push("the mean");
  else if (reduce !== "sum") parts.push(`reduced by ${nameOfMonoid(reduce)}`);
  if (combine !== "mul" && countReads(term) > 1) parts.push(`combined by ${combine}`);
  const identity = identityOf(reduce, dtype);
  const border = outsidesOf(term).find((outside) => outside !== identity);
  if (border !== undefined) parts.push(`${border} elsewhere`);
  if (finish.kind !== "value" && !isMean(contraction)) {
    // What the finish reads, it reads where its value belongs.
    const beside = (access: number): string => printAccess(required(reads[access], `read ${access}`));
    parts.push(`then ${printElementwise(finish, output.tensor.name, beside)}`);
  }
  return parts.length > 0 ? `, ${parts.join(", ")}` : "";
}

/** Whether a part of an expression computes something; the truth of an element is its own. */
function computes({ kind }: Elementwise): boolean {
  return kind === "binary" || kind === "call" || kind === "compare" || kind === "select";
}

/** What the parts of a term are outside of what they read. */
function outsidesOf(term: Elementwise): (number | bigint)[] {
  return [...(term.kind === "inside" ? [term.outside] : []), ...partsOf(term).flatMap(outsidesOf)];
}

function printCost(contraction: Contraction, steps: readonly ContractionStep[], kernel: Kernel): string {
  const scratch = sumAffines(allocatedScratch(kernel).map(({ length }) => sizeAffine(length)));
  const slices = (kernel.slices?.indices ?? []).reduce((product, { size }) => product * size, 1);
  const perSlice = sumAffines(steps.map((step) => countFlops(step.contraction, contraction.symbols)));
  const flops = scaleAffine(perSlice, slices);
  const computes = flops.terms.length > 0 || flops.constant > 0;
  const parts = [computes ? `${printSize(flops)} flops` : "no arithmetic"];
  if (computes && contraction.indices.some(({ reduced }) => reduced)) {
    parts.push(
      kernel.output.bitsOf ? "compared by their bits" : `accumulated in ${accumulatedIn(contraction.dtype, kernel)}`,
    );
  }
  if (scratch.terms.length > 0 || scratch.constant > 0) parts.push(`${printSize(scratch)} elements of scratch`);
  const sentence = `${parts.join(", ")}.`;
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)} \`${kernel.output.name}\` must not share memory with the operands.`;
}

/** As the path counts them: for each value of the indices, one operation for each operand after the first, at least one, and one more if it reduces. */
function countFlops({ indices, term }: Contraction, symbols: Contraction["symbols"]): Affine {
  const values = indices
    .map(({ name, size }) => symbols?.sizes.get(name) ?? constantAffine(size))
    .reduceRight((product, size) => multiplyAffines(size, product), constantAffine(1));
  const reduces = indices.some(({ reduced }) => reduced);
  return scaleAffine(values, flopCount(1, countReads(term), reduces));
}

/** An expression for readers: the names of integers without their mark. */
function printSize(size: Affine): string {
  return printAffine(size).replaceAll("$", "");
}

/** What is updated in memory has that array's dtype between updates; what one update adds is a double, for floats. */
function accumulatedIn(dtype: Dtype, { routines }: Kernel): string {
  const updated = new Set<Dtype>();
  for (const { body } of routines) {
    visitStatements(body, (statement) => {
      if (statement.kind === "update") updated.add(statement.buffer.dtype);
    });
  }
  if (updated.has("float32")) return "float32, each block of steps in float64";
  const [only] = updated;
  return only ?? accumulatesIn(dtype);
}
