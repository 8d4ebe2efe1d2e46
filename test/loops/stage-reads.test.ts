/** What is copied before a step reads it: what lies outside, and what costs more to compute than to store. */
import { describe, expect, it } from "vitest";
import { variableAffine } from "../../src/affine/affine.ts";
import { compileContraction } from "../../src/compile.ts";
import * as make from "../../src/ir/activations.ts";
import { bind } from "../../src/ir/bind.ts";
import type { Contraction } from "../../src/ir/contraction.ts";
import type { Dtype } from "../../src/ir/dtype.ts";
import { combineAll, elementOf, type Elementwise } from "../../src/ir/elementwise.ts";
import { verifyContraction } from "../../src/ir/verify.ts";
import { printNest } from "../../src/loops/describe-nests.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { interpret } from "../support/plain-kernel.ts";
import { reference } from "../support/reference.ts";
import { operandsOf } from "./nests.ts";

const [a, b] = [elementOf(0), elementOf(1)];

function inside(access: number, value: Elementwise, outside: number): Elementwise {
  return { kind: "inside", access, value, outside };
}

function position(index: string): Elementwise {
  return { kind: "integer", value: variableAffine(index) };
}

function contractionOf(
  spec: string,
  shapes: readonly number[][],
  term: Elementwise,
  given: Partial<Pick<Contraction, "reduce" | "dtype">> = {},
): Contraction {
  const { spec: _, ...bound } = bind(parseSpec(spec), { shapes, dtype: given.dtype ?? "float64" });
  return { ...bound, ...given, term };
}

/** The statements of the nests, once the kernel has been checked against the reference, bit for bit. */
function stagedFor(contraction: Contraction): string[] {
  verifyContraction(contraction);
  const arrays = operandsOf(contraction);
  const expected = reference(contraction, arrays);
  const { kernel, nests, source } = compileContraction(contraction, {});
  expect(interpret(kernel, arrays)).toEqual(expected);
  const run = evaluateSource(source);
  expect(run(...arrays)).toEqual(expected);
  // A second call finds scratch as the first one left it.
  expect(run(...arrays)).toEqual(expected);
  return nests.map((nest) => (printNest(nest).split("\n")[0] as string).replace(/^nest /, ""));
}

const WINDOW = [[5], [3]];

describe("what is read outside of an operand", () => {
  it("lies in the border of a copy, whatever the term says it is", () => {
    const product = (outside: number): Contraction =>
      contractionOf("(x+k-1),k->x", WINDOW, make.binary("mul", inside(0, a, outside), b));
    expect(stagedFor(product(0))).toEqual(["aPadded[x + 1] = a[x]", "out[x] sum= aPadded[x + k] * b[k]"]);
    expect(stagedFor(product(-3))).toEqual(["aPadded[x + 1] = a[x]", "out[x] sum= aPadded[x + k] * b[k]"]);
    expect(compileContraction(product(-3), {}).kernel.scratch.map(({ initial }) => initial)).toEqual([-3]);
  });

  it("surrounds what is computed of the elements inside, which is computed once each", () => {
    const term = make.binary("mul", inside(0, make.relu(a), 5), b);
    expect(stagedFor(contractionOf("(x+k-1),k->x", WINDOW, term))).toEqual([
      "aPadded[x + 1] = relu(a[x])",
      "out[x] sum= aPadded[x + k] * b[k]",
    ]);
  });

  it("lies in a copy of each operand that has an outside", () => {
    const term = make.binary("mul", inside(0, a, 2), inside(1, b, 3));
    expect(stagedFor(against(term))).toEqual([
      "aPadded[x + 1] = a[x]",
      "bPadded[x + 1] = b[x]",
      "out[x] sum= aPadded[x + k] * bPadded[x - k + 2]",
    ]);
  });

  it("is a 0 of products that contribute nothing there", () => {
    const skipped = inside(0, make.binary("mul", a, b), 0);
    expect(stagedFor(contractionOf("(x+k-1),k->x", WINDOW, skipped))).toEqual([
      "aPadded[x + 1] = a[x]",
      "out[x] sum= aPadded[x + k] * b[k]",
    ]);
  });

  it("is asked for by positions where two parts say different things of it", () => {
    const term = make.binary("add", inside(0, a, 7), make.binary("mul", inside(0, a, 1), make.constantOf(10)));
    const found = stagedFor(contractionOf("(x+k-1),k->x", WINDOW, make.binary("mul", term, b)));
    expect(found).toHaveLength(2);
    expect(found[1]).toMatch(/0 <= x \+ k - 1 and x \+ k - 1 <= 4 \? aPadded\[x \+ k\] : 7/);
  });

  it("is asked for by positions where the part reads another operand, too", () => {
    for (const value of [make.binary("max", a, b), make.compare("lt", a, b), make.select(b, a, make.constantOf(2))]) {
      const found = stagedFor(contractionOf("(x+k-1),k->x", WINDOW, inside(0, value, 4)));
      expect(found[0]).toBe("aPadded[x + 1] = a[x]");
      expect(found[1]).toContain("0 <= x + k - 1 and x + k - 1 <= 4 ? ");
    }
  });

  it("is asked for by positions where the part is over positions itself", () => {
    const term = make.binary("mul", inside(0, make.binary("mul", a, position("k")), 3), b);
    expect(stagedFor(contractionOf("(x+k-1),k->x", WINDOW, term))[1]).toContain("<= 4 ? ");
  });

  it("is asked for on both sides of two padded axes", () => {
    const term = make.binary("mul", inside(0, make.binary("max", a, b), 2), b);
    const found = stagedFor(contractionOf("(y+u-1)(x+v-1),uv->yx", [[4, 5], [3, 3]], term)); // prettier-ignore
    expect(found[1]).toContain("0 <= y + u - 1 and y + u - 1 <= 3 and 0 <= x + v - 1 and x + v - 1 <= 4 ? ");
  });

  it.each<readonly [Contraction["reduce"], Dtype]>([
    ["sum", "int32"],
    ["sum", "int64"],
    ["max", "int8"],
    ["min", "uint64"],
    ["max", "float32"],
    ["any", "uint8"],
    ["prod", "int64"],
  ])("gives what the reference does, for %s of %s, held or asked for", (reduce, dtype) => {
    const big = dtype.endsWith("t64") && !dtype.startsWith("float");
    const outside = (value: number): number => (big ? (BigInt(value) as unknown as number) : value);
    const terms = [
      make.binary("mul", inside(0, a, outside(3)), b),
      inside(0, make.binary("max", a, b), outside(4)),
      make.binary("add", inside(0, a, outside(7)), make.binary("mul", inside(0, a, outside(1)), b)),
      inside(0, make.select(make.compare("lt", a, b), a, b), outside(2)),
    ];
    for (const term of terms) {
      const wrapped: Elementwise = dtype.startsWith("float") ? term : { kind: "wrap", value: term };
      stagedFor(contractionOf("(x+k-1),k->x", WINDOW, wrapped, { reduce, dtype }));
    }
  });
});

/** Two windows that move against each other. */
function against(term: Elementwise): Contraction {
  const { spec: _, ...bound } = bind(parseSpec("(x+k-1),(x-k+1)->x"), {
    shapes: [[5], [5]],
    sizes: { x: 5, k: 3 },
  });
  return { ...bound, term };
}

describe("what costs more than a copy", () => {
  const PRODUCT = [[30, 20], [20, 40]]; // prettier-ignore
  // Sums of quarters are exact in every order.
  const quarter = (of: Elementwise): Elementwise => make.binary("div", of, make.constantOf(4));

  it("is computed once an element, whichever operand it is over", () => {
    const first = stagedFor(contractionOf("ij,jk->ik", PRODUCT, make.binary("mul", quarter(a), b)));
    expect(first).toEqual(["aPadded[ij] = a[ij] / 4", "out[40*i + k] sum= aPadded[20*i + j] * b[40*j + k]"]); // prettier-ignore
    const second = stagedFor(contractionOf("ij,jk->ik", PRODUCT, make.binary("mul", a, quarter(b))));
    expect(second.at(-1)).toBe("out[40*i + k] sum= a[20*i + j] * bPadded[40*j + k]");
    const both = stagedFor(contractionOf("ij,jk->ik", PRODUCT, make.binary("mul", quarter(a), quarter(b))));
    expect(both.at(-1)).toBe("out[40*i + k] sum= aPadded[20*i + j] * bPadded[40*j + k]");
  });

  it("stays where it is where each element is used once, or it costs little", () => {
    expect(stagedFor(contractionOf("ij,ij->i", [[3, 4], [3, 4]], make.binary("mul", quarter(a), b)))).toHaveLength(1); // prettier-ignore
    expect(stagedFor(contractionOf("ij,jk->ik", PRODUCT, make.binary("mul", make.relu(a), b)))).toHaveLength(1);
  });

  it("stays where it is where another part reads the same operand", () => {
    const term = make.binary("mul", make.binary("mul", a, quarter(a)), b);
    expect(stagedFor(contractionOf("ij,jk->ik", PRODUCT, term))).toHaveLength(1);
    const twice = make.binary("mul", make.binary("mul", quarter(a), b), make.relu(a));
    expect(stagedFor(contractionOf("ij,jk->ik", PRODUCT, twice))).toHaveLength(1);
  });

  it("stays where it is where it is over positions", () => {
    const term = make.binary("mul", quarter(make.binary("mul", a, position("k"))), b);
    expect(stagedFor(contractionOf("ij,jk->ik", PRODUCT, term))).toHaveLength(1);
  });

  it("stays where it is where it reads several operands", () => {
    expect(stagedFor(contractionOf("ij,jk->ik", PRODUCT, quarter(make.binary("add", a, b))))).toHaveLength(1);
  });
});

describe("a step over many operands", () => {
  /** How often the numbers of the elements in a term are asked for while it is compiled. */
  function looksFor(count: number): number {
    let looks = 0;
    const reads = Array.from({ length: count }, (_, access): Elementwise => {
      return Object.defineProperty({ kind: "element" } as Elementwise, "access", {
        enumerable: true,
        get: () => (looks++, access),
      });
    });
    const shapes = reads.map(() => [2]);
    compileContraction(contractionOf(`${"i,".repeat(count - 1)}i->i`, shapes, combineAll("max", reads)), {});
    return looks;
  }

  it("looks at each as often as at one of few", () => {
    expect(looksFor(200) / looksFor(100)).toBeLessThan(2.5);
  });
});
