import { expect, it } from "vitest";
import { printNest } from "../../src/loops/describe-nests.ts";
import { loopsOf, nestOf } from "./nests.ts";

it("prints the statement and a line a loop, outermost first", () => {
  const nest = nestOf("ij,jk->ik", {
    shapes: [
      [16, 16],
      [16, 16],
    ],
  });
  expect(printNest({ ...nest, loops: loopsOf("i in tiles of 8, j, i unroll 4, k unroll 16") })).toBe(
    [
      "nest out[16*i + k] sum= a[16*i + j] * b[16*j + k]",
      "  for i 16 in tiles of 8",
      "  for j 16",
      "  for i 16 unroll 4",
      "  for k 16 unrolled",
    ].join("\n"),
  );
});

it("prints what follows a reduction", () => {
  expect(printNest(nestOf("ij->i", { shapes: [[3, 4]], reduce: "mean" }))).toBe(
    "nest out[i] sum= a[4*i + j]\n  then out / 4",
  );
});

it.each([
  ["ij->ji", { shapes: [[2, 3]] }, "nest out[2*j + i] = a[3*i + j]"],
  ["i,j->ij", { shapes: [[2], [3]], combine: "add" as const }, "nest out[3*i + j] = a[i] + b[j]"],
  [
    "ij,j->i",
    { shapes: [[2, 3], [3]], reduce: "max" as const, combine: "min" as const },
    "nest out[i] max= min(a[3*i + j], b[j])",
  ],
  [
    "ij,j->i",
    { shapes: [[2, 3], [3]], reduce: "any" as const, combine: "and" as const },
    "nest out[i] any= a[3*i + j] and b[j]",
  ],
  ["ij->(i+j)", { shapes: [[2, 3]] }, "nest out[i + j] sum= a[3*i + j]"],
])("prints assignments and reductions by their operators: %s", (spec, options, text) => {
  expect(printNest(nestOf(spec, options))).toBe(text);
});
