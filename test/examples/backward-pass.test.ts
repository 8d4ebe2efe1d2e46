/**
 * The backward pass of a convolution, as the exercises of CS231n ask for it: from x, w, b and the gradient by the output,
 * dx, dw and db. With specs, each is a contraction, and each is checked by finite differences.
 */
import { describe, expect, it } from "vitest";
import { compileGradient, einsum, einsumGrad, type NdArray } from "../../src/index.ts";
import { printFormula } from "../../src/ir/print.ts";
import { seededRandom } from "../support/random.ts";

type Doubles = NdArray<Float64Array>;

/** What `conv_forward_naive` computes, without its bias: windows of stride s in an input with p zeros around it. */
const FORWARD = "n c (s*h + i - p) (s*w + j - p), f c i j -> n f h w";
const PARAMS = { s: 2, p: 1 };

const random = seededRandom(231);
function normals(...shape: number[]): Doubles {
  const count = shape.reduce((product, size) => product * size, 1);
  return { data: Float64Array.from({ length: count }, () => random.integer(-1000, 1000) / 500), shape };
}

function forward(x: Doubles, w: Doubles, b: Doubles): Doubles {
  const out = einsum(FORWARD, [x, w], { params: PARAMS }) as Doubles;
  const [, filters = 1, height = 1, width = 1] = out.shape;
  const data = out.data.map((value, at) => value + (b.data[Math.floor(at / (height * width)) % filters] as number));
  return { data, shape: out.shape };
}

function backward(dout: Doubles, x: Doubles, w: Doubles): { dx: NdArray; dw: NdArray; db: NdArray } {
  const [dx, dw] = einsumGrad(FORWARD, [x, w], dout, { params: PARAMS }) as [NdArray, NdArray];
  return { dx, dw, db: einsum("n f h w -> f", dout) };
}

/** `eval_numerical_gradient_array`: central differences at every element. */
function numericalGradient(array: Doubles, result: () => Doubles, dout: Doubles): number[] {
  return Array.from(array.data, (before, at) => {
    const at1 = (value: number): number => {
      array.data[at] = value;
      const { data } = result();
      array.data[at] = before;
      return data.reduce((sum, element, place) => sum + element * (dout.data[place] as number), 0);
    };
    return (at1(before + 1e-5) - at1(before - 1e-5)) / 2e-5;
  });
}

describe("the backward pass of CS231n's convolution", () => {
  const [x, w, b] = [normals(2, 3, 5, 6), normals(2, 3, 3, 3), normals(2)];
  const dout = normals(...forward(x, w, b).shape);
  const gradients = backward(dout, x, w);

  it.each([
    ["dx", x],
    ["dw", w],
    ["db", b],
  ] as const)("%s agrees with finite differences", (name, array) => {
    const numerical = numericalGradient(array, () => forward(x, w, b), dout);
    const found = gradients[name];
    expect(found.shape).toEqual(array.shape);
    numerical.forEach((expected, at) => expect(Math.abs(Number(found.data[at]) - expected)).toBeLessThan(1e-6));
  });

  it("is a contraction for dw, and one for each remainder of the strides for dx", () => {
    const options = { shapes: [x.shape, w.shape], params: PARAMS, operands: ["x", "filter"] };
    const partsBy = (operand: string) => compileGradient(FORWARD, operand, options).gradient.parts.map(printFormula);
    expect(partsBy("filter")).toEqual([
      "dfilter[f, c, i, j] = sum over n, h, w of x[n, c, 2*h + i - 1 padded, 2*w + j - 1 padded] * dout[n, f, h, w]",
    ]);
    expect(partsBy("x")).toEqual([
      "dx[n, c, 2*h, 2*w] = sum over f of dout[n, f, h, w] * filter[f, c, 1, 1]",
      "dx[n, c, 2*h, 2*w + 1] = sum over j, f of dout[n, f, h, w - j + 1 padded] * filter[f, c, 1, 2*j]",
      "dx[n, c, 2*h + 1, 2*w] = sum over i, f of dout[n, f, h - i + 1, w] * filter[f, c, 2*i, 1]",
      "dx[n, c, 2*h + 1, 2*w + 1] = sum over j, i, f of dout[n, f, h - i + 1, w - j + 1 padded] * filter[f, c, 2*i, 2*j]",
    ]);
  });
});
