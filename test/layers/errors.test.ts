/**
 * Whole messages about wrong arguments of layers: the cases of `test/errors/layers.txt`, whose input is a layer, the shapes
 * of its arrays, and the rest of its arguments.
 */
import { describe, expect, it } from "vitest";
import * as einsmith from "../../src/index.ts";
import { codeIn, codesOf, errorCasesOf, mistakeIn } from "../support/error-cases.ts";

type Layer = (...given: readonly unknown[]) => unknown;

const zeros = (shape: readonly number[]) => ({
  data: new Float64Array(shape.reduce((product, size) => product * size, 1)),
  shape,
});

/** Calls a layer on arrays of zeros; a shape in the place of a bias or a residual becomes an array as well. */
function call(layer: string, shapes: string, rest = "[]"): unknown {
  const given = (JSON.parse(rest) as unknown[]).map((argument) => {
    if (typeof argument !== "object" || argument === null || Array.isArray(argument)) return argument;
    const entries = Object.entries(argument).map(([name, value]) =>
      ARRAYS.has(name) ? [name, zeros(value as number[])] : [name, value],
    );
    return Object.fromEntries(entries) as object;
  });
  const run = (einsmith as unknown as Readonly<Record<string, Layer>>)[layer] as Layer;
  return run(...(JSON.parse(shapes) as number[][]).map(zeros), ...given);
}

const ARRAYS = new Set(["bias", "residual", "mean", "variance"]);

const cases = errorCasesOf("layers");

describe("messages about layers", () => {
  it.each(cases)("$title", ({ input: [layer, shapes = "[]", rest], message }) => {
    expect(mistakeIn(() => call(layer, shapes, rest)).message).toBe(message);
  });

  it("say what is no layer", () => {
    const copy = { ...einsmith.convSpec([1, 2, 4], [2, 2, 3]) };
    expect(mistakeIn(() => einsmith.compileLayer(copy)).message).toBe(
      "a layer must be one that convSpec and its like return, found an object [not-a-layer]\n" +
        "  remedy: pass what they return as it is, not a copy of it",
    );
  });

  it("have a case for every code", () => {
    const tested = new Set(cases.map(({ message }) => codeIn(message)).filter((code) => code?.startsWith("layer-")));
    // Integers are no business of a test that makes doubles: see below.
    expect([...tested, "layer-dtype", "not-a-layer"].sort()).toEqual(codesOf("layers"));
  });

  it("say that integers have no batch norm", () => {
    const input = { data: new Int32Array(4), shape: [1, 2, 2] };
    const one = zeros([2]);
    const wrong = { mean: one, variance: one, gamma: one } as never;
    expect(mistakeIn(() => einsmith.batchNorm({ data: Float64Array.of(1), shape: [1, 1, 1] }, wrong)).message).toBe(
      "there is no option 'gamma' [unknown-option]\n" + "  remedy: the options are mean, variance, weight, bias, eps",
    );
    expect(mistakeIn(() => einsmith.batchNorm(input, { mean: one, variance: one })).message).toBe(
      "batchNorm needs floats, found int32 [layer-dtype]\n  remedy: convert the arrays to float64 or float32",
    );
  });

  it("say what is wrong with a shape that no array has", () => {
    expect(mistakeIn(() => einsmith.convSpec([1, 3, -8, 8], [4, 3, 3, 3])).message).toBe(
      "conv2d: the shape of the input must be a list of sizes, found [1, 3, -8, 8] [layer-option]",
    );
    expect(mistakeIn(() => einsmith.convSpec([1, 3, 8, 8], [4, 3, 3, 0.5])).message).toBe(
      "conv2d: the shape of the weight must be a list of sizes, found [4, 3, 3, 0.5] [layer-option]",
    );
  });
});
