/** Nests of several statements: what the gradient of a strided window by its input becomes. */
import { describe, expect, it } from "vitest";
import { compileGradient, type CompileOptions } from "../../src/index.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import { printNest } from "../../src/loops/describe-nests.ts";
import { verifyNest } from "../../src/loops/verify-compilation.ts";
import { InternalError } from "../../src/support/errors.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { interpret } from "../support/plain-kernel.ts";
import { reference } from "../support/reference.ts";
import { operandsOf } from "./nests.ts";

const LINE = "c (2*y+k-1), c k -> c y";
const PLANE = "c (2*y+u-1) (2*x+v-1), c u v -> c y x";

/** Compiles the gradient by the first operand, and runs it: the kernel and its text give what the transposed sum does. */
function compiled(spec: string, shapes: CompileOptions["shapes"], options: Partial<CompileOptions> = {}) {
  const compilation = compileGradient(spec, 0, { shapes, ...options });
  const { contraction, kernel, nests, source } = compilation;
  nests.forEach(verifyNest);
  const operands = operandsOf(contraction);
  const expected = valuesOf(reference(contraction, operands));
  expect(valuesOf(interpret(kernel, operands))).toEqual(expected);
  expect(valuesOf(evaluateSource(source)(...operands))).toEqual(expected);
  return compilation;
}

/** The sign of a zero in a sum is not specified. */
function valuesOf(array: TypedArray): number[] {
  return Array.from(array as Float64Array, (value) => value + 0);
}

const statementsOf = ({ nests }: ReturnType<typeof compiled>): number[] =>
  nests.map(({ others = [] }) => 1 + others.length);

describe("nests of several statements", () => {
  it("print each statement, in the order of the target, above the loops of all", () => {
    const { nests } = compiled(LINE, [[20, 60], [20, 3]]); // prettier-ignore
    expect(nests.map(printNest)).toMatchInlineSnapshot(`
      [
        "nest doutPadded[31*c + y] = dout[30*c + y]
        for c 20
        for y 30 unroll 5",
        "nest da[60*c + 2*y] = doutPadded[31*c + y] * b[3*c + 1]
        and da[60*c + 2*y + 1] sum= doutPadded[31*c + y - k + 1] * b[3*c + 2*k]
        for c 20 unroll 4
        for y 30 unroll 5
        for k 2 unrolled",
      ]
    `);
  });

  it("share what they load, and each has names of its own", () => {
    const { source } = compiled(LINE, [[4, 160], [4, 3]], { unroll: { c: 1, y: 2 } }); // prettier-ignore
    expect(source.routines.at(-1)?.body).toMatchInlineSnapshot(`
      "for (let c = 0; c < 4; c++) {
        const bAt = 3 * c;
        const doutPaddedAt = 81 * c;
        const daRow = 160 * c;
        const b0 = b[bAt + 1];
        const bB0 = b[bAt];
        const bB1 = b[bAt + 2];
        for (let y = 0; y < 80; y += 2) {
          const daAt = daRow + 2 * y;
          const doutPadded0 = doutPadded[doutPaddedAt + y];
          da[daAt] = doutPadded0 * b0;
          const doutPadded1 = doutPadded[doutPaddedAt + y + 1];
          da[daAt + 2] = doutPadded1 * b0;
          da[daAt + 1] = doutPadded1 * bB0 + doutPadded0 * bB1;
          da[daAt + 3] = doutPadded[doutPaddedAt + y + 2] * bB0 + doutPadded1 * bB1;
        }
      }"
    `);
  });

  it.each<[string, string, CompileOptions["shapes"], number[]]>([
    ["two of a line", LINE, [[3, 8], [3, 3]], [1, 2]], // prettier-ignore
    ["two of few elements", LINE, [[1, 4], [1, 3]], [1, 2]], // prettier-ignore
    ["four of a plane", PLANE, [[3, 12, 8], [3, 3, 3]], [1, 4]], // prettier-ignore
    ["two that sum three terms and two", "c (2*y+k-2), c k -> c y", [[3, 200], [3, 5]], [1, 2]], // prettier-ignore
    ["none of nine terms", "(2*y+u-2) (2*x+v-2), u v -> y x", [[8, 40], [5, 5]], [1, 1, 1, 1, 1]], // prettier-ignore
    ["four without padding", "c (2*y+u) (2*x+v), c u v -> c y x", [[3, 12, 12], [3, 3, 3]], [1, 1, 1, 1, 1]], // prettier-ignore
    ["eight of a volume", "(2*z+w-1) (2*y+u-1) (2*x+v-1), w u v -> z y x", [[4, 6, 8], [3, 3, 3]], [1, 8]], // prettier-ignore
    ["four beside rows of another operand", "i (2*y+u-1) (2*x+v-1), i u v -> y x", [[8, 40, 40], [8, 3, 3]], [1, 4]], // prettier-ignore
    ["those of unequal extents apart", PLANE, [[2, 7, 8], [2, 3, 3]], [1, 2, 2]], // prettier-ignore
    ["none of many terms", "b i (2*y+k-1), o i k -> b o y", [[2, 6, 16], [12, 6, 3]], [1, 1, 1, 1, 1]], // prettier-ignore
  ])("join %s", (_, spec, shapes, expected) => {
    expect(statementsOf(compiled(spec, shapes))).toEqual(expected);
    expect(statementsOf(compiled(spec, shapes, { dtype: "float32" }))).toEqual(expected);
  });

  it.each<Partial<CompileOptions>>([
    { unroll: { y: 4, x: 3 } },
    { unroll: { u: 1, v: 1 } },
    { tile: { y: 2, x: 4 } },
    { order: ["x", "y"] },
    { order: ["u", "x", "y"] },
    { tile: { v: 1 } },
  ])("keep their meaning under %j", (options) => {
    expect(statementsOf(compiled(PLANE, [[3, 20, 28], [3, 3, 3]], options))).toEqual([1, 4]); // prettier-ignore
  });

  it("are refused where they do not share their loops", () => {
    const nest = compiled(LINE, [[3, 8], [3, 3]]).nests.at(-1) as Parameters<typeof verifyNest>[0]; // prettier-ignore
    const [other] = nest.others ?? [];
    if (!other) throw new Error("there is another statement");
    const refusal = (reason: string): InternalError => new InternalError(`malformed nest da: ${reason}`);
    const withOther = (changed: Partial<typeof other>) => () =>
      verifyNest({ ...nest, others: [{ ...other, ...changed }] });
    const elsewhere = { ...other.target, buffer: { ...other.target.buffer } };
    expect(withOther({ target: elsewhere })).toThrow(refusal("its statements write several buffers"));
    expect(withOther({ indices: other.indices.slice(1) })).toThrow(refusal("da is addressed by c, which is no index"));
    const longer = other.indices.map((index) => (index.reduced ? index : { ...index, size: index.size - 1 }));
    expect(withOther({ indices: longer })).toThrow(refusal("its statements are kept along different indices"));
    const finish = { kind: "constant", value: 1 } as const;
    expect(withOther({ finish })).toThrow(refusal("its statements do not share their loops"));
  });
});
