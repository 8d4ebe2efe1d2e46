import { describe, expect, it } from "vitest";
import { emitKernel } from "../../src/emit/kernel.ts";
import type { KernelSource } from "../../src/emit/source.ts";
import type { Kernel } from "../../src/loops/kernel.ts";
import { evaluateSource } from "../support/evaluate.ts";
import { at, binary, kernelOf, load, loop, operand, output, variable } from "../support/kernels.ts";

/** Adds two vectors, every name being the caller's. */
function sumNamed(name: string, a: string, b: string, out: string, i: string, value: string): Kernel {
  const [left, right, target] = [operand(a, 3), operand(b, 3), output(out, 3)];
  return kernelOf(
    name,
    [left, right],
    target,
    loop(
      i,
      0,
      3,
      1,
      { kind: "value", name: value, value: load(left, at([1, i])) },
      {
        kind: "store",
        buffer: target,
        address: at([1, i]),
        value: binary("add", variable(value), load(right, at([1, i]))),
      },
    ),
  );
}

function emit(kernel: Kernel, documentation: readonly string[] = []): KernelSource {
  return emitKernel(kernel, { target: "javascript", documentation });
}

describe("hostile names", () => {
  it.each([
    ["class", "let", "Math", "out", "Float64Array", "RangeError"],
    ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "prototype"],
    ["a", "a", "b", "out", "a", "b"],
    ["x; globalThis.hacked = 1; //", "`${hacked}`", '"', "\\", "\u2028", "*/"],
    ["", " ", "0", "-", "_", "\u{1f600}"],
    ["eval", "arguments", "await", "yield", "undefined", "NaN"],
    ["x".repeat(10_000), "x".repeat(10_001), "x".repeat(10_002), "y", "z", "w"],
    ["of", "async", "get", "static", "enum", "interface"],
  ])("compute what ordinary names do: %j", (...names) => {
    const source = emit(sumNamed(names[0], names[1], names[2], names[3], names[4], names[5]));
    const sum = evaluateSource(source)(Float64Array.of(1, 2, 3), Float64Array.of(10, 20, 30), new Float64Array(3));
    expect(Array.from(sum as Float64Array)).toEqual([11, 22, 33]);
    expect(Object.hasOwn(globalThis, "hacked")).toBe(false);
  });

  it("stay apart where loop, operand and kernel share one", () => {
    expect(emit(sumNamed("a", "a", "b", "a", "a", "b")).text).toBe(`export function a(a2, b, a3 = new Float64Array(3)) {
  if (a2.length < 3) throw new RangeError("a: a2 needs 3 elements, found " + a2.length);
  if (b.length < 3) throw new RangeError("a: b needs 3 elements, found " + b.length);
  if (a3.length !== 3) throw new RangeError("a: a3 must have 3 elements, found " + a3.length);
  for (let a4 = 0; a4 < 3; a4++) {
    const b2 = a2[a4];
    a3[a4] = b2 + b[a4];
  }
  return a3;
}
`);
  });

  it("cannot end the documentation", () => {
    const { text } = emit(sumNamed("sum", "a", "b", "out", "i", "a0"), [
      "i,i->i */ throw 1; /*",
      "two\nlines\u2028three",
    ]);
    expect(text.slice(0, text.indexOf("export"))).toBe(`/**
 * i,i->i * / throw 1; /*
 * two
 * lines
 * three
 */
`);
  });
});

describe("the checks of an emitted function", () => {
  const sum = evaluateSource(emit(sumNamed("sum", "a", "b", "out", "i", "a0")));

  it("refuse an array that is too short", () => {
    const [short, enough] = [new Float64Array(2), new Float64Array(3)];
    expect(() => sum(enough, short)).toThrow(new RangeError("sum: b needs 3 elements, found 2"));
    expect(() => sum(enough, enough, short)).toThrow(new RangeError("sum: out must have 3 elements, found 2"));
  });

  it("allocate an output that is not given", () => {
    expect(sum(Float64Array.of(1, 2, 3), Float64Array.of(1, 1, 1))).toEqual(Float64Array.of(2, 3, 4));
  });
});
