import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { choosePath, type Optimize } from "../../src/path/choose.ts";
import { contractionPath } from "../../src/path/contraction-path.ts";
import { validatePath } from "../../src/path/path.ts";
import { EinsumError } from "../../src/support/errors.ts";
import { contractionOf } from "./support.ts";

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    return String(error);
  }
  throw new Error("nothing was thrown");
}

const refusalOf = (path: unknown, operandCount: number): string => messageOf(() => validatePath(path, operandCount));
const SHAPES = [
  [30, 50],
  [50, 60],
  [60, 40],
];
const OPTIMIZERS =
  "'auto', 'auto-hq', 'left-to-right', 'greedy', 'optimal', 'dp', 'dynamic-programming', 'random-greedy', " +
  "'random-greedy-128', 'annealing', 'bisection', 'min-fill', 'min-degree', 'branch-1', 'branch-2', 'branch-all'";
const chain = contractionOf("i j, j k, k l -> i l", {});

describe("messages about paths", () => {
  it("says how far a path comes", () => {
    expect(refusalOf([[0, 1]], 4)).toBe(
      [
        "EinsumError: the path leaves 3 of 4 tensors uncontracted after its only step [incomplete-path]",
        "  remedy: add steps until one tensor is left; one of positions 0 to 2 contracts the rest at once",
      ].join("\n"),
    );
    expect(refusalOf([], 9)).toBe(
      [
        "EinsumError: the path leaves 9 of 9 tensors uncontracted after its 0 steps [incomplete-path]",
        "  remedy: add steps until one tensor is left; one of positions 0 to 8 contracts the rest at once",
      ].join("\n"),
    );
  });

  it("shows a step that is no list", () => {
    expect(refusalOf([[0, 1], "0,1"], 3)).toBe(
      [
        "EinsumError: step 1 of the path must be a list of positions, found '0,1' [malformed-step]",
        "  remedy: write each step as the positions of the tensors it contracts: [0, 1]",
      ].join("\n"),
    );
  });

  it("shows an empty step", () => {
    expect(refusalOf([[]], 3)).toBe(
      [
        "EinsumError: step 0 of the path must be a list of positions, found an empty list [malformed-step]",
        "  remedy: write each step as the positions of the tensors it contracts: [0, 1]",
      ].join("\n"),
    );
  });

  it("says what was passed in the place of a path", () => {
    expect(messageOf(() => choosePath(chain, { length: 1 } as unknown as Optimize))).toBe(
      [
        "EinsumError: options.optimize must be the name of an optimizer or a path, found an object [not-a-path]",
        '  remedy: pass a name, such as "auto", or a list of steps, such as [[0, 1], [0, 1]]',
      ].join("\n"),
    );
    expect(messageOf(() => choosePath(chain, null as unknown as Optimize))).toContain(
      "or a path, found null [not-a-path]",
    );
    expect(messageOf(() => choosePath(chain, 3 as unknown as Optimize))).toContain("or a path, found 3 [not-a-path]");
  });

  it("shows a position beyond what remains", () => {
    const path = [
      [0, 1],
      [0, 1],
      [0, 1],
      [0, 1],
      [1, 2, 3],
    ];
    expect(refusalOf(path, 7)).toBe(
      [
        "EinsumError: step 4 of the path takes position 3, where 3 tensors remain [path-position]",
        "    [1, 2, 3]",
        "           ^ positions 0 to 2",
        "  remedy: the tensors of a step leave the list and its result joins it at the end; positions count what remains",
      ].join("\n"),
    );
  });

  it.each([
    { path: [[-1, 0]], shown: "-1" },
    { path: [[0.5, 0]], shown: "0.5" },
    { path: [[NaN, 0]], shown: "NaN" },
    { path: [["0", 1]], shown: "'0'" },
    { path: [[0, 1n]], shown: "1n" },
    { path: [[0, undefined]], shown: "undefined" },
    { path: [[[0], 1]], shown: "a list" },
    { path: [[0, Symbol("x")]], shown: "a symbol" },
    { path: [new Array(2)], shown: "undefined" },
  ])("refuses $shown as a position", ({ path, shown }) => {
    expect(refusalOf(path, 3)).toContain(`takes position ${shown}, where 3 tensors remain [path-position]`);
  });

  it("shows a position taken twice", () => {
    expect(refusalOf([[0, 2, 1, 2]], 4)).toBe(
      [
        "EinsumError: step 0 of the path takes position 2 twice [repeated-position]",
        "    [0, 2, 1, 2]",
        "              ^ taken already",
        "  remedy: list each tensor of a step once",
      ].join("\n"),
    );
  });

  it("shows the place in a long step", () => {
    const step = Array.from({ length: 60 }, (_, position) => (position === 40 ? 99 : position));
    const [summary, text, carets] = refusalOf([step], 60).split("\n");
    expect(summary).toBe("EinsumError: step 0 of the path takes position 99, where 60 tensors remain [path-position]");
    expect(text).toMatch(/^ {4}\.\.\..*, 39, 99, 41, .*\.\.\.$/);
    expect(carets).toBe(`${" ".repeat((text ?? "").indexOf("99"))}^^ positions 0 to 59`);
  });

  it("says why a contraction cannot be split", () => {
    const whole = contractionOf("i j, j k, k l -> i l", {}, { combine: "add" });
    const path = [
      [0, 1],
      [0, 1],
    ];
    expect(messageOf(() => choosePath(whole, path))).toBe(
      [
        "EinsumError: a sum of add over float64 cannot be split into 2 steps: add does not distribute over sum [split-not-distributive]",
        '  remedy: contract all operands in one step: set optimize to "auto"',
      ].join("\n"),
    );
  });

  it("suggests the optimizer that was meant", () => {
    expect(messageOf(() => choosePath(chain, "gredy" as Optimize))).toBe(
      [
        "EinsumError: there is no optimizer 'gredy'; did you mean 'greedy'? [unknown-optimizer]",
        `  remedy: pass one of ${OPTIMIZERS}, or a path such as [[0, 1], [0, 1]]`,
      ].join("\n"),
    );
    expect(messageOf(() => choosePath(chain, "__proto__" as Optimize))).toBe(
      [
        "EinsumError: there is no optimizer '__proto__' [unknown-optimizer]",
        `  remedy: pass one of ${OPTIMIZERS}, or a path such as [[0, 1], [0, 1]]`,
      ].join("\n"),
    );
  });

  it.each([
    [{ seed: 0.5 }, "options.seed must be an integer, found 0.5 [invalid-option]"],
    [{ maxTime: 0 }, "options.maxTime must be a number of seconds above 0, found 0 [invalid-option]"],
    [{ maxTime: "1s" }, "options.maxTime must be a number of seconds above 0, found '1s' [invalid-option]"],
    [{ memoryLimit: 0 }, "options.memoryLimit must be a number of elements of at least 1, found 0 [invalid-option]"],
    [
      { memoryLimit: NaN },
      "options.memoryLimit must be a number of elements of at least 1, found NaN [invalid-option]",
    ],
    [{ onProgress: true }, "options.onProgress must be a function, found true [invalid-option]"],
    ...["speed", { flops: -1 }, { flops: 0 }, { flop: 1 }, {}, []].map((minimize) => [
      { minimize },
      "options.minimize must be 'flops', 'size', 'write', 'peak', or weights such as { flops: 1, write: 64 }, found " +
        `${typeof minimize === "string" ? "'speed'" : Array.isArray(minimize) ? "a list" : "an object"} [invalid-option]`,
    ]),
  ] as [object, string][])("refuses the search options %j", (options, message) => {
    const shapes = [
      [2, 3],
      [3, 4],
    ];
    expect(messageOf(() => contractionPath("ij,jk->ik", shapes, options))).toBe(`EinsumError: ${message}`);
  });

  it("names the smallest memory limit that can be met", () => {
    const find = (memoryLimit: number): unknown => contractionPath("ij,jk,kl->il", SHAPES, { memoryLimit });
    expect(messageOf(() => find(1199))).toBe(
      [
        "EinsumError: options.memoryLimit is 1,199 elements, and the result alone has 1,200 [memory-limit]",
        "  remedy: pass 1,200 or more: any path can be sliced to keep to that",
      ].join("\n"),
    );
    expect(() => find(1200)).not.toThrow();
  });

  it("raises nothing but an EinsumError for whatever is passed as a path", () => {
    fc.assert(
      fc.property(fc.anything(), fc.integer({ min: 2, max: 5 }), (path, operandCount) => {
        try {
          validatePath(path, operandCount);
        } catch (error) {
          expect(error).toBeInstanceOf(EinsumError);
        }
      }),
      { seed: 3, numRuns: 500 },
    );
  });
});
