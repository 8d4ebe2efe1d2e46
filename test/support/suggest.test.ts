import { describe, expect, it } from "vitest";
import { suggest } from "../../src/support/describe.ts";

const NAMES = ["shapes", "sizes", "strides", "spec", "dtype", "dtypes"];

describe("suggest", () => {
  it.each([
    ["shape", "shapes"],
    ["shaeps", "shapes"],
    ["Sizes", "sizes"],
    ["stride", "strides"],
    ["dtpye", "dtype"],
  ])("finds what %s was meant to be", (typed, meant) => {
    expect(suggest(typed, NAMES)).toBe(meant);
  });

  it.each(["", "x", "banana", "__proto__", "constructor", "s".repeat(100_000)])(
    "suggests nothing for a name far from all: %.20s",
    (typed) => {
      expect(suggest(typed, NAMES)).toBeUndefined();
    },
  );

  it("prefers the nearest, and the first of equally near ones", () => {
    expect(suggest("dtypez", NAMES)).toBe("dtype");
    expect(suggest("dtypess", NAMES)).toBe("dtypes");
  });

  it("suggests no letter for another letter", () => {
    expect(suggest("a", ["b", "c"])).toBeUndefined();
  });
});
