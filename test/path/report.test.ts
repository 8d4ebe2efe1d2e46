import { describe, expect, it } from "vitest";
import { contractionPath, type ContractionPathOptions } from "../../src/path/contraction-path.ts";
import { describePath } from "../../src/path/report.ts";
import { messageOf } from "../support/message-of.ts";
import { contractionOf } from "./support.ts";

const chain = contractionOf("i j, j k, k l -> i l", { i: 10, j: 20, k: 30, l: 40 });
const pairwise = [
  [0, 1],
  [2, 3],
];

describe("describePath", () => {
  it("gives the figures of the path and of each step", () => {
    const { toString, toJSON, ...figures } = describePath(chain, pairwise);
    expect(figures).toEqual({
      spec: "i j, j k, k l -> i l",
      indices: [
        { name: "i", size: 10, reduced: false },
        { name: "l", size: 40, reduced: false },
        { name: "j", size: 20, reduced: true },
        { name: "k", size: 30, reduced: true },
      ],
      operands: [
        { name: "a", term: "i j", size: 200 },
        { name: "b", term: "j k", size: 600 },
        { name: "c", term: "k l", size: 1200 },
      ],
      path: [
        [0, 1],
        [0, 1],
      ],
      ssaPath: pairwise,
      flops: 2 * 10 * 20 * 30 + 2 * 10 * 30 * 40,
      naiveFlops: 3 * 10 * 20 * 30 * 40,
      largestIntermediate: 400,
      peakMemory: 700,
      sliced: [],
      slices: 1,
      scaling: 3,
      naiveScaling: 4,
      steps: [
        {
          inputs: [0, 1],
          result: 3,
          spec: "i j, j k -> i k",
          term: "i k",
          scaling: 3,
          flops: 12000,
          size: 300,
          windows: [],
        },
        {
          inputs: [2, 3],
          result: 4,
          spec: "k l, i k -> i l",
          term: "i l",
          scaling: 3,
          flops: 24000,
          size: 400,
          windows: [],
        },
      ],
    });
    expect(toJSON()).toEqual(figures);
    expect(toString()).toContain("FLOP");
  });

  it("prints a table", () => {
    expect(String(describePath(chain, pairwise))).toBe(
      [
        "  complete contraction  i j, j k, k l -> i l",
        "  sizes                 i 10, l 40, j 20, k 30",
        "  naive scaling         4",
        "  optimized scaling     3",
        "  naive FLOP count      720000",
        "  optimized FLOP count  36000",
        "  theoretical speedup   20",
        "  largest intermediate  400 elements",
        "  peak memory           700 elements",
        "",
        "  step  scaling  FLOP count  elements  contraction      remaining",
        "  0     3        12000       300       i j, j k -> i k  k l, i k",
        "  1     3        24000       400       k l, i k -> i l  i l",
      ].join("\n"),
    );
  });

  it("prints large counts to four digits, and () for a scalar that remains", () => {
    const whole = contractionOf("i j, i j -> ", { i: 3000, j: 1234 });
    expect(String(describePath(whole, [[0, 1]]))).toBe(
      [
        "  complete contraction  i j, i j ->",
        "  sizes                 i 3000, j 1234",
        "  naive scaling         2",
        "  optimized scaling     2",
        "  naive FLOP count      7.404e+6",
        "  optimized FLOP count  7.404e+6",
        "  theoretical speedup   1",
        "  largest intermediate  1 element",
        "  peak memory           1 element",
        "",
        "  step  scaling  FLOP count  elements  contraction  remaining",
        "  0     2        7.404e+6    1         i j, i j ->  ()",
      ].join("\n"),
    );
  });

  it("counts the remaining tensors where they are many", () => {
    const whole = contractionOf("a, b, c, d, e, f, g, h -> ", {});
    const path = [
      [0, 1],
      [2, 3, 4, 5, 6, 7, 8],
    ];
    expect(String(describePath(whole, path))).toContain("7 tensors");
  });

  it("prints the table of a chain of 2,000 matrices in a moment", () => {
    const count = 2000;
    const terms = Array.from({ length: count }, (_, at) => `i${at} i${at + 1}`);
    const whole = contractionOf(`${terms.join(", ")} -> i0 i${count}`, {});
    const path = Array.from({ length: count - 1 }, (_, step) => [step === 0 ? 0 : count + step - 1, step + 1]);
    const info = describePath(whole, path);
    expect(info.naiveFlops).toBe(Infinity);
    expect(String(info)).toContain("naive FLOP count      over 1.797e+308");
    expect(String(info).split("\n")).toHaveLength(9 + 1 + count);
    expect(String(info)).toContain("sizes                 2001 indices of 2");
  });

  it("says what each window stands for, and what running over it saves", () => {
    const info = contractionPath("(y+u) (x+v), u, v -> y x", [[34, 34], [3], [3]]);
    expect(String(info)).toBe(
      [
        "  complete contraction  (y + u) (x + v), u, v -> y x",
        "  sizes                 y 32, x 32, u 3, v 3",
        "  naive scaling         4",
        "  optimized scaling     3",
        "  naive FLOP count      27648",
        "  optimized FLOP count  12672",
        "  theoretical speedup   2.182",
        "  largest intermediate  1088 elements",
        "  peak memory           2112 elements",
        "",
        "  step  scaling  FLOP count  elements  contraction            remaining",
        "  0     3        6528        1088      (y + u) xv, u -> y xv  v, y xv",
        "  1     3        6144        1024      v, y (x + v) -> y x    y x",
        "",
        "  window  stands for  values  instead of",
        "  xv      x + v       34      32 x 3 = 96",
      ].join("\n"),
    );
    expect(info.steps.map(({ windows }) => windows)).toEqual([
      [{ name: "xv", expression: "x + v", size: 34, indices: ["x", "v"] }],
      [],
    ]);
  });

  it("serializes to plain data", () => {
    const info = describePath(chain, pairwise);
    expect(JSON.parse(JSON.stringify(info))).toEqual(info.toJSON());
  });
});

describe("contractionPath", () => {
  const shapes = [
    [10, 20],
    [20, 30],
    [30, 40],
  ];

  it("finds the path of a spec", () => {
    const { path, flops } = contractionPath("ij,jk,kl->il", shapes);
    expect({ path, flops }).toEqual({
      path: [
        [0, 1],
        [0, 1],
      ],
      flops: 36000,
    });
    expect(contractionPath("ij,jk,kl->il", shapes, { optimize: "greedy", seed: 3, minimize: "flops" }).flops).toBe(
      64000,
    );
  });

  it("understands index expressions, parameters, sizes and notations", () => {
    const info = contractionPath(
      "i (s*y + k - p), m k, o i m -> o y r",
      [
        [3, 32],
        [8, 3],
        [4, 3, 8],
      ],
      {
        params: { s: 2, p: 1 },
        sizes: { r: 2 },
        notation: "named",
        optimize: [
          [0, 1],
          [0, 1],
        ],
      },
    );
    expect(info.steps.map(({ spec }) => spec)).toEqual(["i (2*y + k - 1), m k -> y i m", "o i m, y i m -> o y r"]);
    expect(info.steps[0]?.flops).toBe(3 * 16 * 8 * 3 * 2);
  });

  it.each([
    [{ minimize: "time" }, "options.minimize"],
    [{ memoryLimit: 100 }, "options.memoryLimit is 100 elements, and the result alone has 400 [memory-limit]"],
    [{ maxTime: 0 }, "options.maxTime"],
  ] as const)("refuses %j", (options, message) => {
    expect(messageOf(() => contractionPath("ij,jk,kl->il", shapes, options as ContractionPathOptions))).toContain(
      message,
    );
  });
});
