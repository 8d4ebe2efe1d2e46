/** Gradients that PyTorch's `autograd` gave: of einsum, convolutions, transposed ones, and pools. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { avgPoolGrad, convGrad, convTransposeGrad, einsumGrad, maxPoolGrad, type NdArray } from "../../src/index.ts";
import { buildOperand, differenceFrom, type CaseOperand, type OracleCase } from "../support/cases.ts";

interface GradientCase {
  readonly id: string;
  readonly op: "einsumGrad" | "convGrad" | "convTransposeGrad" | "maxPoolGrad" | "avgPoolGrad";
  readonly spec: string;
  readonly sizes?: Readonly<Record<string, number>>;
  readonly nd: number;
  readonly operands: readonly CaseOperand[];
  readonly params?: Readonly<Record<string, unknown>>;
  readonly cotangent: CaseOperand;
  readonly grads: readonly Pick<OracleCase, "shape" | "dtype" | "values" | "summary">[];
}

const cases = readFileSync(new URL("torch_grad.jsonl", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as GradientCase);

/** The parameters of a case under the names that layers have for them; those that are null are absent. */
function optionsOf({ kernel, bias: _, ...params }: NonNullable<GradientCase["params"]>): never {
  const given = Object.entries(params).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(given), ...(kernel !== undefined && { kernelSize: kernel }) } as never;
}

function gradientsOf(given: GradientCase): (NdArray | undefined)[] {
  const { op, spec, sizes, nd, params = {} } = given;
  const [first, second, bias] = given.operands.map(buildOperand) as [NdArray, NdArray, NdArray?];
  const cotangent = buildOperand(given.cotangent);
  const options = optionsOf(params);
  switch (op) {
    case "einsumGrad":
      return einsumGrad(spec, given.operands.map(buildOperand), cotangent, { ...(sizes && { sizes }) });
    case "convGrad":
    case "convTransposeGrad": {
      const gradient = op === "convGrad" ? convGrad : convTransposeGrad;
      const found = gradient(first, second, cotangent, { ...(options as object), ...(bias && { bias }) });
      return [found.input, found.weight, found.bias];
    }
    case "maxPoolGrad":
      return [maxPoolGrad(first, nd, cotangent, options)];
    case "avgPoolGrad":
      return [avgPoolGrad(first, nd, cotangent, options)];
  }
}

describe("gradients by PyTorch", () => {
  it("are all there", () => {
    expect(cases.length).toBe(33);
  });

  for (const given of cases) {
    it(`${given.id} ${given.op} ${given.spec ?? JSON.stringify(given.params)}`, () => {
      const found = gradientsOf(given);
      given.grads.forEach((expected, at) => {
        const reference = { ...expected, operands: given.operands } as unknown as OracleCase;
        expect(differenceFrom(reference, found[at] as NdArray), `gradient ${at}`).toBeNull();
      });
    });
  }
});
