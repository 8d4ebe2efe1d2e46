/** `compileGradient` beside the options that `compile` takes too: paths that are given. */
import { describe, expect, it } from "vitest";
import {
  compileGradient,
  compileLayerGradient,
  convSpec,
  UnsupportedError,
  type CompileOptions,
} from "../../src/index.ts";
import type { SearchOptions } from "../../src/path/path.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { messageOf } from "../support/message-of.ts";

const TERMS = Float64Array.of(1, 2, 3);
const COTANGENT = Float64Array.of(5, -1, 2);

/** The gradient by an operand, of a spec over vectors of three. */
function gradientBy(by: number, spec: string, options: Partial<CompileOptions>): number[] {
  const shapes = spec
    .slice(0, spec.indexOf("-"))
    .split(",")
    .map(() => [3]);
  const { source, gradient } = compileGradient(spec, by, { shapes, ...options });
  const arrays = gradient.operands.map(({ tensor }) => (tensor.name.startsWith("d") ? COTANGENT : TERMS));
  return [...(evaluateSource(source)(...arrays) as Float64Array)];
}

describe("a path that is given to the gradient of a contraction", () => {
  it.each([0, 1, 2])("is that of three operands that are added, by operand %i", (by) => {
    const path = [[0, 1, 2]];
    expect(gradientBy(by, "i,i,i->i", { combine: "add", optimize: path })).toEqual([5, -1, 2]);
    expect(gradientBy(by, "i,i,i->i", { combine: "add", reduce: "mean", optimize: path })).toEqual([5, -1, 2]);
  });

  it("is that of two operands that are added, and of four", () => {
    expect(gradientBy(1, "i,i->i", { combine: "add", optimize: [[0, 1]] })).toEqual([5, -1, 2]);
    expect(gradientBy(3, "i,i,i,i->i", { combine: "add", optimize: [[0, 1, 2, 3]] })).toEqual([5, -1, 2]);
  });

  it("is that of the gradient of a product, which has as many operands", () => {
    const wanted = [5, -4, 18];
    expect(gradientBy(0, "i,i,i->i", { optimize: [[0, 1, 2]] })).toEqual(wanted);
    const path = [
      [1, 2],
      [0, 1],
    ];
    expect(gradientBy(0, "i,i,i->i", { optimize: path })).toEqual(wanted);
  });

  it("is refused where it splits what is added, as by compile", () => {
    const path = [
      [0, 1],
      [0, 1],
    ];
    expect(messageOf(() => gradientBy(0, "i,i,i->i", { combine: "add", optimize: path }))).toBe(
      "a sum of add over float64 cannot be split into 2 steps: add does not distribute over sum [split-not-distributive]\n" +
        '  remedy: contract all operands in one step: set optimize to "auto"',
    );
  });
});

describe("the options of a search of the gradient of a contraction", () => {
  it("are checked, and handed to the optimizer", () => {
    expect(messageOf(() => gradientBy(0, "i,i,i->i", { seed: 0.5 }))).toBe(
      "options.seed must be an integer, found 0.5 [invalid-option]",
    );
    const handed: SearchOptions[] = [];
    const optimize = (_: unknown, options: SearchOptions = {}): number[][] => {
      handed.push(options);
      return [
        [0, 1],
        [2, 3],
      ];
    };
    expect(gradientBy(0, "i,i,i->i", { optimize, seed: 7 })).toEqual([5, -4, 18]);
    expect(handed).toEqual([{ seed: 7 }]);
  });

  it("slice nothing, of layers neither", () => {
    const refused = "gradients are not sliced yet: leave out options.memoryLimit";
    expect(() => gradientBy(0, "i,i,i->i", { memoryLimit: 9 })).toThrow(new UnsupportedError(refused));
    const layer = convSpec([1, 2, 8], [3, 2, 3]);
    expect(() => compileLayerGradient(layer, "input", { memoryLimit: 9 })).toThrow(new UnsupportedError(refused));
  });
});
