import { describe, expect, it } from "vitest";
import { nameRoutine, tilesAround, tileVariable } from "../../src/loops/names.ts";
import { loopsOf, nestOf } from "./nests.ts";

/** The names in a routine over a product of matrices, whose operands and indices are called so. */
function namesOf(operands: readonly [string, string], indices: readonly string[], loops = indices.join(", ")) {
  const [i, j, k] = indices;
  const nest = nestOf(`${i} ${j}, ${j} ${k} -> ${i} ${k}`, {
    shapes: [
      [4, 3],
      [3, 5],
    ],
    operands: [...operands],
  });
  return nameRoutine({ ...nest, loops: loopsOf(loops) });
}

describe("the names of values", () => {
  it("are those of the buffers they are read from", () => {
    expect(namesOf(["a", "weights"], ["i", "j", "k"])).toMatchObject({
      operands: ["a", "weights"],
      accumulator: "acc",
      position: "p",
    });
  });

  it("keep clear of loops, with any digits behind", () => {
    expect(namesOf(["x", "y"], ["x", "y1", "k"])).toMatchObject({ operands: ["xValue", "yValue"] });
    expect(namesOf(["x", "y"], ["x", "yy", "xValue2"])).toMatchObject({ operands: ["xValueValue", "y"] });
  });

  it("keep clear of each other, so that digits tell them apart", () => {
    expect(namesOf(["a1", "a"], ["i", "j", "k"])).toMatchObject({ operands: ["a1_", "aValue"] });
    expect(namesOf(["a", "a1"], ["i", "j", "k"])).toMatchObject({ operands: ["a", "a1Value"] });
  });

  it("leave acc and p to an operand or an index that is called so", () => {
    expect(namesOf(["acc", "p0"], ["i", "j", "k"])).toMatchObject({
      operands: ["acc", "p0_"],
      accumulator: "accValue",
      position: "pValue",
    });
    expect(namesOf(["a", "b"], ["acc0", "p", "k"])).toMatchObject({ accumulator: "accValue", position: "pValue" });
  });

  it("keep clear of tile loops", () => {
    expect(namesOf(["iTile", "b"], ["i", "j", "k"], "i in tiles of 2, i, j, k").operands).toEqual(["iTileValue", "b"]);
    expect(namesOf(["iTile", "b"], ["i", "j", "k"]).operands).toEqual(["iTile", "b"]);
  });
});

describe("the variable of a tile loop", () => {
  it("counts the tile loops around it, and has no index's name", () => {
    const nest = nestOf("i iTile, iTile iTile1 -> i iTile1", {
      shapes: [
        [4, 3],
        [3, 5],
      ],
    });
    expect(tileVariable(nest, "i", 0)).toBe("iTileTile");
    expect(tileVariable(nest, "i", 1)).toBe("iTile1Tile");
    expect(tileVariable(nest, "i", 2)).toBe("iTile2");
  });

  it("counts by position", () => {
    const loops = loopsOf("i in tiles of 8, j in tiles of 2, i in tiles of 4, i, j");
    expect([0, 1, 2, 3].map((position) => tilesAround(loops, "i", position))).toEqual([0, 1, 1, 2]);
    expect(tilesAround(loops, "j", 4)).toBe(1);
  });
});
