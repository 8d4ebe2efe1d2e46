/** Reference results of PyTorch's layers, given to the layers of that name. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as einsmith from "../../src/index.ts";
import { EinsumError, pad, type NdArray, type Pads } from "../../src/index.ts";
import { buildOperand, differenceFrom, type OracleCase } from "../support/cases.ts";

interface LayerCase extends Omit<OracleCase, "op" | "params"> {
  readonly op: "conv" | "convTranspose" | "maxPool" | "avgPool" | "pad";
  readonly nd?: number;
  readonly params: Readonly<Record<string, unknown>>;
}

const COUNT = 188;

const text = readFileSync(new URL("torch_layers.jsonl", import.meta.url), "utf8");
const cases = text
  .split("\n")
  .filter((line) => line !== "")
  .map((line) => JSON.parse(line) as LayerCase);

type Layer = (...given: readonly unknown[]) => NdArray;

function run({ op, nd, params }: LayerCase, operands: readonly NdArray[]): NdArray {
  const [input, weight, bias] = operands;
  if (op === "pad") return pad(input as NdArray, params["pads"] as Pads, params["value"] as number);
  const layer = (einsmith as unknown as Readonly<Record<string, Layer>>)[`${op}${nd}d`] as Layer;
  if (op === "maxPool" || op === "avgPool") {
    const { kernel, stride, ...options } = params;
    return layer(input, { kernelSize: kernel, ...options, ...(stride !== null && { stride }) });
  }
  const { bias: _, ...options } = params;
  return layer(input, weight, { ...options, ...(bias && { bias }) });
}

describe("reference results of layers", () => {
  it("are all there", () => {
    expect(cases.length).toBe(COUNT);
  });

  for (const given of cases) {
    const refused = given.expect === "error";
    it(`${given.id} ${given.op} ${JSON.stringify(given.params)}${refused ? " is refused" : ""}`, () => {
      const operands = given.operands.map(buildOperand) as NdArray[];
      if (refused) expect(() => run(given, operands)).toThrow(EinsumError);
      else expect(differenceFrom(given as unknown as OracleCase, run(given, operands))).toBeNull();
    });
  }
});
