/**
 * The steps of contractions that write parts of one output, one part after the other. A part with a stride in the output
 * is computed row-major first, as an intermediate, then laid out: loops run fastest along neighbours in memory.
 *
 *     dx[2*y] = sum over k of dout[y - k] * w[2*k]      -->     dxPart0[y] = sum over k of dout[y - k] * w[2*k]
 *                                                               dx[2*y] = dxPart0[y]
 *
 * Invariant: a step that writes the output writes each of its elements once, or is the only one that writes it.
 */
import { variableAffine } from "../affine/affine.ts";
import type { Contraction } from "../ir/contraction.ts";
import { isFloat } from "../ir/dtype.ts";
import { rowMajorStrides } from "../ir/tensor.ts";
import { choosePath, type Optimize } from "./choose.ts";
import type { SsaPath } from "./path.ts";
import type { ContractionStep } from "./step.ts";
import { splitSteps } from "./steps.ts";

/** A part, its path, and its steps: the last writes the output. */
export interface PartSteps {
  readonly part: Contraction;
  readonly ssaPath: SsaPath;
  readonly steps: readonly ContractionStep[];
}

/** Splits each part along a path of its own; ids go on from part to part. */
export function splitParts(parts: readonly Contraction[], optimize?: Optimize): PartSteps[] {
  let next = parts[0]?.operands.length ?? 0;
  return parts.map((part, number) => {
    const { name } = part.output.tensor;
    const staged = isStaged(part) ? stagePart(part, `${name}Part${parts.length > 1 ? number : ""}`) : part;
    const ssaPath = choosePath(staged, optimize);
    const own = splitSteps(staged, ssaPath);
    const shift = next - part.operands.length;
    const shifted = (id: number): number => (id < part.operands.length ? id : id + shift);
    const steps = own.map((step) => ({ ...step, inputs: step.inputs.map(shifted), result: shifted(step.result) }));
    next += own.length;
    if (staged !== part) {
      steps.push({ inputs: [next - 1], result: next, contraction: layOut(part, staged) });
      next++;
    }
    return { part, ssaPath, steps };
  });
}

/** Whether a part reduces into an output with strides. */
function isStaged({ indices, output }: Contraction): boolean {
  const [reduces, empty] = [indices.some(({ reduced }) => reduced), indices.some(({ size }) => size === 0)];
  const strided = output.axes.some(({ expression, padded }) => {
    const [term, more] = expression.terms;
    return !padded && term !== undefined && more === undefined && Math.abs(term.coefficient) !== 1;
  });
  return reduces && strided && !empty;
}

/** The part as a dense intermediate, with an axis an index. */
function stagePart(part: Contraction, name: string): Contraction {
  const kept = part.indices.filter(({ reduced }) => !reduced);
  const shape = kept.map(({ size }) => size);
  const { dtype } = part.output.tensor;
  return {
    ...part,
    output: {
      tensor: { name, dtype: isFloat(dtype) ? "float64" : dtype, shape, strides: rowMajorStrides(shape), offset: 0 },
      axes: kept.map((index) => ({ expression: variableAffine(index.name), padded: false })),
    },
  };
}

/** Copies the intermediate to where it belongs. */
function layOut({ indices, output, dtype }: Contraction, { output: from }: Contraction): Contraction {
  const kept = indices.filter(({ reduced }) => !reduced);
  return { indices: kept, operands: [from], output, combine: "mul", reduce: "sum", dtype };
}
