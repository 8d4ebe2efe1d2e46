/**
 * Sizes against brute force: the largest size of an index whose reads all stay inside, counted by trying; the smallest
 * axis that holds all writes. Specs are written as text, so that the equations are those of real specs.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bindSpec } from "../../src/ir/bind.ts";
import type { BindOptions } from "../../src/ir/options.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { mistakeIn } from "../support/error-cases.ts";
import { seedFromEnvironment } from "../support/random.ts";

const RUNS = { seed: seedFromEnvironment(7), numRuns: 400 };

function inferred(spec: string, options: BindOptions) {
  return bindSpec(parseSpec(spec), options).inferred;
}

function sizeOf(index: string, spec: string, options: BindOptions): number {
  return inferred(spec, options).sizes.get(index) as number;
}

function outputShape(spec: string, options: BindOptions): readonly number[] {
  return bindSpec(parseSpec(spec), options).contraction.output.tensor.shape;
}

function codeOf(spec: string, options: BindOptions): string {
  return mistakeIn(() => inferred(spec, options)).code;
}

/** The most values of y for which every `s*y + d*k - before` lies in an axis of n and its padding. */
function countFitting(n: number, s: number, d: number, k: number, before: number, after: number): number {
  let count = 0;
  while (s * count + d * (k - 1) - before <= n - 1 + after) count++;
  return count;
}

const small = (min: number, max: number) => fc.integer({ min, max });

describe("forward", () => {
  it("counts the windows that fit, for any stride, dilation, padding and window", () => {
    const numbers = fc.tuple(small(1, 12), small(1, 4), small(1, 3), small(1, 4), small(0, 4));
    fc.assert(
      fc.property(numbers, ([n, s, d, k, p]) => {
        const options = { shapes: [[n], [k]], params: { s, d, p } };
        const spec = "(s*y + d*k - p), k -> y";
        const count = countFitting(n, s, d, k, p, p);
        if (count === 0) {
          expect(codeOf(spec, options)).toBe("window-too-large");
          return;
        }
        expect(sizeOf("y", spec, options)).toBe(count);
        expect(count).toBe(Math.floor((n + 2 * p - d * (k - 1) - 1) / s) + 1);
      }),
      RUNS,
    );
  });

  it("counts them with padding of two sides", () => {
    const numbers = fc.tuple(small(1, 12), small(1, 4), small(1, 4), small(0, 4), small(0, 4));
    fc.assert(
      fc.property(numbers, ([n, s, k, before, after]) => {
        const options = { shapes: [[n], [k]], params: { s, p: before } };
        const spec = `(s*y + k - p : ${after}), k -> y`;
        const count = countFitting(n, s, 1, k, before, after);
        if (count === 0) {
          expect(codeOf(spec, options)).toBe("window-too-large");
          return;
        }
        expect(sizeOf("y", spec, options)).toBe(count);
      }),
      RUNS,
    );
  });

  it("counts them where the window runs backwards", () => {
    fc.assert(
      fc.property(small(1, 12), small(1, 4), small(1, 4), (n, s, k) => {
        // Reads s*y + (|k| - 1 - k): the window, turned round.
        const count = countFitting(n, s, 1, k, 0, 0);
        const options = { shapes: [[n], [k]], params: { s } };
        const spec = "(s*y - k + |k| - 1 : 0), k -> y";
        if (count === 0) {
          expect(codeOf(spec, options)).toMatch(/^(window-too-large|read-outside)$/);
          return;
        }
        expect(sizeOf("y", spec, options)).toBe(count);
      }),
      RUNS,
    );
  });

  it("counts the values of an index with a negative coefficient", () => {
    expect(sizeOf("y", "(4 - y) -> y", { shapes: [[5]] })).toBe(5);
    expect(sizeOf("y", "(8 - 2*y) -> y", { shapes: [[9]] })).toBe(5);
    expect(sizeOf("y", "(7 - 2*y) -> y", { shapes: [[9]] })).toBe(4);
    expect(codeOf("(5 - y) -> y", { shapes: [[5]] })).toBe("read-outside");
  });

  it("solves for the window where the count is known", () => {
    expect(sizeOf("k", "(y + k), y -> k", { shapes: [[9], [7]] })).toBe(3);
    expect(sizeOf("k", "(2*y + k - 1), y -> k", { shapes: [[9], [5]] })).toBe(3);
  });

  it("solves one unknown after the other, whatever the order of the axes", () => {
    const sizes = inferred("(y + x) (x + w), w -> y x", { shapes: [[9, 8], [3]] }).sizes;
    expect(Object.fromEntries(sizes)).toEqual({ w: 3, x: 6, y: 4 });
    const reversed = inferred("w, (x + w) (y + x) -> y x", { shapes: [[3], [8, 9]] }).sizes;
    expect(Object.fromEntries(reversed)).toEqual({ w: 3, x: 6, y: 4 });
  });

  it("takes the smallest of several sizes, whichever comes first", () => {
    expect(sizeOf("i", "(i + 1), (2*i) -> i", { shapes: [[9], [9]] })).toBe(5);
    expect(sizeOf("i", "(2*i), (i + 1) -> i", { shapes: [[9], [9]] })).toBe(5);
  });

  it("reads sizes and parameters as factors", () => {
    expect(sizeOf("h", "(|w|*h + w), w -> h w", { shapes: [[12], [4]] })).toBe(3);
    expect(sizeOf("y", "(y + |k| - 1), k -> y", { shapes: [[9], [3]] })).toBe(7);
    expect(sizeOf("y", "(s*y + s*k), k -> y", { shapes: [[9], [3]], params: { s: 2 } })).toBe(3);
  });

  it("adds up what is written twice", () => {
    expect(sizeOf("y", "(y + y) -> y", { shapes: [[9]] })).toBe(5);
    expect(sizeOf("y", "(3*y - y + 1 - 1) -> y", { shapes: [[9]] })).toBe(5);
  });
});

describe("backward", () => {
  it("makes the smallest axis that holds every write", () => {
    const numbers = fc.tuple(small(1, 5), small(1, 4), small(1, 3), small(1, 4), small(0, 4));
    fc.assert(
      fc.property(numbers, ([y, s, d, k, p]) => {
        const options = { shapes: [[y], [k]], params: { s, d, p } };
        const spec = "y, k -> (s*y + d*k - p)";
        const size = s * (y - 1) + d * (k - 1) + 1 - 2 * p;
        if (size <= 0) {
          expect(codeOf(spec, options)).toBe("empty-output-axis");
          return;
        }
        expect(outputShape(spec, options)).toEqual([size]);
        // The forward formula, over that axis, finds as many windows.
        expect(sizeOf("y", "(s*y + d*k - p), k -> y", { ...options, shapes: [[size], [k]] })).toBe(y);
      }),
      RUNS,
    );
  });

  it("takes the size asked for where it is large enough", () => {
    const options = { shapes: [[3], [2]] };
    expect(outputShape("y, k -> (2*y + k)", options)).toEqual([6]);
    expect(outputShape("y, k -> (2*y + k)", { ...options, outputShape: [8] })).toEqual([8]);
    expect(outputShape("y, k -> (2*y + k) ()", { ...options, outputShape: [null, 1] })).toEqual([6, 1]);
    expect(codeOf("y, k -> (2*y + k)", { ...options, outputShape: [5] })).toBe("write-outside");
  });

  it("lets the output's shape give a size", () => {
    expect(sizeOf("y", "(y + k) -> y k", { shapes: [[9]], outputShape: [null, 3] })).toBe(7);
    expect(sizeOf("y", "(y + k) -> (y k)", { shapes: [[9]], sizes: { k: 3 }, outputShape: [21] })).toBe(7);
  });
});

describe("a composition", () => {
  it("gives its one unknown size exactly", () => {
    fc.assert(
      fc.property(small(1, 6), small(1, 6), small(1, 6), (a, b, c) => {
        const options = { shapes: [[a * b * c]], sizes: { a, c } };
        expect(sizeOf("b", "(a b c) -> a b c", options)).toBe(b);
        expect(outputShape("(a b c) -> (c a) b", options)).toEqual([c * a, b]);
      }),
      RUNS,
    );
  });

  it("reads a diagonal where an index occurs twice", () => {
    const { contraction } = bindSpec(parseSpec("(h h) -> h"), { shapes: [[9]] });
    expect(contraction.reads[0]?.axes[0]?.expression).toEqual({
      terms: [{ variable: "h", coefficient: 4 }],
      constant: 0,
    });
  });

  it("cannot divide by a size of 0", () => {
    expect(codeOf("(h w) -> h w", { shapes: [[0]], sizes: { h: 0 } })).toBe("undetermined-index");
    expect(sizeOf("w", "(h w) -> h w", { shapes: [[0]], sizes: { h: 2 } })).toBe(0);
  });
});

describe("sources", () => {
  it("tell where each size came from", () => {
    const { sources } = inferred("(y + k) c, k -> y c r", { shapes: [[9, 2], [3]], sizes: { r: 4 } });
    const what = (index: string): unknown => sources.get(index)?.place.what;
    expect(what("y")).toBe("axis 0 of operand 0");
    expect(what("c")).toBe("axis 1 of operand 0");
    expect(what("k")).toBe("axis 0 of operand 1");
    expect(sources.get("r")).toBeNull();
  });

  it("name the larger axis where 1 broadcasts", () => {
    const { sources } = inferred("i, i -> i", { shapes: [[1], [5]] });
    expect(sources.get("i")?.place.what).toBe("axis 0 of operand 1");
  });
});

describe("an index without values", () => {
  it("counts as one value in the sizes of others", () => {
    expect(sizeOf("y", "(2*y + k), k -> y", { shapes: [[9], [0]] })).toBe(5);
    expect(sizeOf("y", "(y - k + 2), k -> y", { shapes: [[9], [0]] })).toBe(7);
  });

  it("makes an axis of the output empty that runs over it", () => {
    expect(outputShape("y, k -> (2*y + k)", { shapes: [[0], [3]] })).toEqual([0]);
    expect(outputShape("y, k -> (2*y + k)", { shapes: [[0], [3]], outputShape: [4] })).toEqual([4]);
  });
});

describe("thousands of axes", () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, at) => `x${at}`);

  it.each([
    ["a long chain of matrices", 2000, chain],
    ["a chain of sums that is solved from its end", 4000, sums],
    ["one composition", 4000, composition],
    ["one sum", 4000, oneSum],
  ])("of %s are solved soon", (_, count, make) => {
    const { spec, options } = make(count);
    const started = performance.now();
    expect(inferred(spec, options).sizes.size).toBeGreaterThanOrEqual(count);
    expect(performance.now() - started).toBeLessThan(3000);
  });

  function chain(count: number): { spec: string; options: BindOptions } {
    const terms = names(count).map((name, at) => `${name} x${at + 1}`);
    return {
      spec: `${terms.join(", ")} -> x0 x${count}`,
      options: { shapes: terms.map(() => [2, 3]).map((_, at) => (at % 2 ? [3, 2] : [2, 3])) },
    };
  }

  function sums(count: number): { spec: string; options: BindOptions } {
    const axes = names(count).map((_, at) => `(x${count - 1 - at} + x${count - at})`);
    return { spec: `${axes.join(" ")}, x0 -> `, options: { shapes: [axes.map(() => 3), [2]] } };
  }

  function composition(count: number): { spec: string; options: BindOptions } {
    const sizes = Object.fromEntries(
      names(count)
        .slice(1)
        .map((name) => [name, 1]),
    );
    return { spec: `(${names(count).join(" ")}) -> ${names(count).join(" ")}`, options: { shapes: [[3]], sizes } };
  }

  function oneSum(count: number): { spec: string; options: BindOptions } {
    const sizes = Object.fromEntries(
      names(count)
        .slice(1)
        .map((name) => [name, 1]),
    );
    return { spec: `b (${names(count).join(" + ")}) -> b`, options: { shapes: [[2, 3]], sizes } };
  }
});
