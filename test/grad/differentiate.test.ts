import { describe, expect, it } from "vitest";
import { differentiate, type Gradient } from "../../src/grad/differentiate.ts";
import { bind } from "../../src/ir/bind.ts";
import type { BindOptions } from "../../src/ir/options.ts";
import { printFormula } from "../../src/ir/print.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { messageOf } from "../support/message-of.ts";

function gradientOf(spec: string, by: number, options: BindOptions): Gradient {
  return differentiate(bind(parseSpec(spec), options), by);
}

/** The formulas of the parts. */
function partsOf(spec: string, by: number, options: BindOptions): string[] {
  return gradientOf(spec, by, options).parts.map(printFormula);
}

describe("the gradient of a contraction", () => {
  const matrices = { shapes: [[3, 4], [4, 5]] }; // prettier-ignore

  it("puts the cotangent in the place of the operand", () => {
    expect(partsOf("ij,jk->ik", 0, matrices)).toEqual(["da[i, j] = sum over k of dout[i, k] * b[j, k]"]);
    expect(partsOf("ij,jk->ik", 1, matrices)).toEqual(["db[j, k] = sum over i of a[i, j] * dout[i, k]"]);
  });

  it("repeats along an index that was summed, and writes a diagonal that was read", () => {
    expect(partsOf("ij->", 0, { shapes: [[3, 4]] })).toEqual(["da[i, j] = dout"]);
    expect(partsOf("ii->i", 0, { shapes: [[3, 3]] })).toEqual(["da[i, i] = dout[i]"]);
  });

  it("sums along an axis of size 1 that was repeated", () => {
    const shapes = [[1, 4], [3, 4]]; // prettier-ignore
    expect(partsOf("ij,ij->ij", 0, { shapes })).toEqual(["da[0, j] = sum over i of dout[i, j] * b[i, j]"]);
  });

  it("divides as the mean does, and leaves out what is only added", () => {
    expect(partsOf("ij->i", 0, { shapes: [[3, 4]], reduce: "mean" })).toEqual([
      "da[i, j] = acc / 4 where acc = dout[i]",
    ]);
    expect(partsOf("i,j->ij", 1, { shapes: [[3], [4]], combine: "add" })).toEqual(["db[j] = sum over i of dout[i, j]"]);
  });

  it("keeps clear of names that are taken", () => {
    const names = { shapes: [[3], [3]], operands: ["x", "dx"] };
    expect(partsOf("i,i->i", 0, names)).toEqual(["dx_[i] = dout[i] * dx[i]"]);
    expect(partsOf("i,i->i", 0, { shapes: [[3], [3]], operands: ["x", "dout"] })).toEqual([
      "dx[i] = dout_[i] * dout[i]",
    ]);
  });
});

describe("the gradient by a windowed operand", () => {
  it("gathers through the window, turned round", () => {
    const shapes = [[10], [3]];
    expect(partsOf("(y+k-1),k->y", 0, { shapes })).toEqual(["da[y] = sum over k of dout[y - k + 1 padded] * b[k]"]);
  });

  it("is one contraction a remainder of the stride, which multiplies no zeros between strides", () => {
    const shapes = [[9], [3]];
    expect(partsOf("(2*y+k),k->y", 0, { shapes })).toEqual([
      "da[2*y] = sum over k of dout[y - k padded] * b[2*k]",
      "da[2*y + 1] = dout[y] * b[1]",
    ]);
  });

  it("takes the taps of a dilated window that fall on a remainder", () => {
    const { parts } = gradientOf("(2*y+2*k),k->y", 0, { shapes: [[9], [3]] });
    expect(parts.map(printFormula)).toEqual(["da[2*y] = sum over k of dout[y - k padded] * b[k]"]);
  });

  it("writes windows that do not overlap where they are", () => {
    expect(partsOf("(2*y+k)->y", 0, { shapes: [[8]], sizes: { k: 2 } })).toEqual(["da[2*y + k] = dout[y]"]);
  });

  it("clips an index that leaves the operand", () => {
    expect(partsOf("(y-2)->y", 0, { shapes: [[4]], sizes: { y: 9 } })).toEqual(["da[y] = dout[y + 2]"]);
  });

  it("solves for the index that makes less work", () => {
    const shapes = [[100], [98]];
    expect(partsOf("(y+k),k->y", 0, { shapes })).toEqual(["da[k] = sum over y of dout[y] * b[k - y padded]"]);
  });

  it("accumulates where no operand bounds an index, and says so", () => {
    const { parts, accumulates } = gradientOf("(y+k)->", 0, { shapes: [[9]], sizes: { k: 3 } });
    expect(parts.map(printFormula)).toEqual(["da[y + k] sum= dout"]);
    expect(accumulates).toBe("no index of axis 0 of da can be solved for");
  });

  it("accumulates where the parts would be too many, and says so", () => {
    const { parts, accumulates } = gradientOf("(71*y+31*k)(71*x+31*l),kl->yx", 0, {
      shapes: [
        [3979, 3979],
        [40, 40],
      ],
    });
    expect(parts.length).toBe(1);
    expect(accumulates).toBe("da would take more than 64 parts");
  });
});

describe("gradients that are refused", () => {
  it.each([
    ["any", "mul", "options.reduce is 'any', which has no derivative [not-differentiable]"],
    ["all", "mul", "options.reduce is 'all', which has no derivative [not-differentiable]"],
    ["sum", "or", "options.combine is 'or', which has no derivative [not-differentiable]"],
  ] as const)("%s of %s", (reduce, combine, summary) => {
    const remedy = "\n  remedy: gradients are there for sums, means, products and extremes";
    expect(messageOf(() => gradientOf("i->", 0, { shapes: [[3]], reduce, combine }))).toBe(summary + remedy);
  });

  it("by integers", () => {
    const options = { shapes: [[3], [3]], dtypes: ["float32", "int8"] } as const;
    expect(messageOf(() => gradientOf("i,i->", 1, options))).toBe(
      "operand 1 has dtype int8: there is no gradient by integers [gradient-of-integers]\n" +
        "  remedy: convert it to floats, or list the other operands in options.by",
    );
  });
});

describe("the gradient of what is no sum", () => {
  it("of a product is the product of all other factors", () => {
    const { before, parts } = gradientOf("ij->i", 0, { shapes: [[3, 4]], reduce: "prod" });
    expect([...before.map(({ contraction }) => contraction), ...parts].map(printFormula)).toEqual([
      "aTwice[i, 4*turn + j] = a[i, j]",
      "aOthers[i, place] = prod over shift of aTwice[i, place + shift + 1]",
      "da[i, j] = dout[i] * aOthers[i, j]",
    ]);
  });

  it("of a choice goes to the first operand that is the extreme", () => {
    const { before, parts } = gradientOf("i,i->", 1, { shapes: [[3], [3]], combine: "max" });
    expect([...before.map(({ contraction }) => contraction), ...parts].map(printFormula)).toEqual([
      "db[i] = a[i] == max(a[i], b[i]) or a[i] != a[i] ? 0 : b[i] == max(a[i], b[i]) or b[i] != b[i] ? dout : 0",
    ]);
  });

  it("of an extreme ranks all that meets in an element of the output", () => {
    const { before, parts } = gradientOf("ij->(i+j)", 0, { shapes: [[2, 2]], reduce: "max" });
    expect([...before.map(({ contraction }) => contraction), ...parts].map(printFormula)).toEqual([
      "aFirst[i + j] first max= (a[i, j], 2*i + j)",
      "da[i, j] = 2*i + j == aFirst[i + j] ? dout[i + j] : 0",
    ]);
  });
});
