/**
 * The symbols of opt_einsum and cotengra: letters, then every code point from U+00C0 on, halves of surrogate pairs left out.
 */
import { describe, expect, it } from "vitest";
import { compile, contractionPath, einsum, inferSizes, jit } from "../../src/index.ts";
import { outputTerm } from "../../src/spec/names.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { printSpec } from "../../src/spec/print.ts";
import { mistakeIn } from "../support/error-cases.ts";

const LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** As opt_einsum counts, where it counts characters. */
function symbolAt(at: number): string {
  const code = at + 140;
  return LETTERS[at] ?? String.fromCodePoint(code < 0xd800 ? code : code + 0x800);
}

const SYMBOLS = Array.from({ length: 5000 }, (_, at) => symbolAt(at));
const COUNT = 20;
const GROUPS = Array.from({ length: SYMBOLS.length / COUNT }, (_, at) => SYMBOLS.slice(at * COUNT, (at + 1) * COUNT));
const FIRST = GROUPS[0] as string[];

/** Two tensors that share four of twenty indices, of which two are reduced. */
function specOf(symbols: readonly string[]): string {
  return `${symbols.slice(0, 12).join("")},${symbols.slice(8).join("")}->${[19, 0, 8, 9].map((at) => symbols[at]).join("")}`;
}

const SHAPES: number[][] = [0, 8].map((first) =>
  Array.from({ length: 12 }, (_, at) => ((first + at) % 3 === 0 ? 2 : 1) as number),
);
const OPERANDS = SHAPES.map((shape, seed) => ({
  data: Float64Array.from(
    { length: shape.reduce((count, size) => count * size) },
    (_, at) => ((at * (seed + 3)) % 7) - 3,
  ),
  shape,
}));
const EXPECTED = [...einsum(specOf(FIRST), OPERANDS).data];

describe("the first 5,000 symbols", () => {
  it("are one index each, alone and side by side, and are printed as they were", () => {
    for (const symbol of SYMBOLS) {
      const spec = parseSpec(`a${symbol}, ${symbol} ->${symbol}a`);
      expect(spec.notation).toBe("compact");
      expect(spec.operands.map(({ axes }) => axes.length)).toEqual([2, 1]);
      expect(spec.output?.axes.map((axis) => axis.kind === "index" && axis.name)).toEqual([symbol, "a"]);
      expect(printSpec(spec)).toBe(`a${symbol},${symbol}->${symbol}a`);
    }
    const all = SYMBOLS.join("");
    expect(parseSpec(`${all}->${all}`).operands[0]?.axes).toHaveLength(5000);
  });

  it("are all different", () => {
    const { sizes } = inferSizes(`${SYMBOLS.join()}->`, SYMBOLS.map((_, at) => [at]));
    expect(Object.keys(sizes)).toHaveLength(5000);
    expect(SYMBOLS.every((symbol, at) => sizes[symbol] === at)).toBe(true);
  }); // prettier-ignore

  it("come in the implied output in the order of their code points", () => {
    const names = outputTerm(parseSpec([...SYMBOLS].reverse().join())).axes.map(
      (axis) => axis.kind === "index" && axis.name,
    );
    expect(names).toEqual([...SYMBOLS].sort((a, b) => codeOf(a) - codeOf(b)));
  });

  it("give what letters give, by einsum and by a path", () => {
    const { path } = contractionPath(specOf(FIRST), SHAPES);
    for (const group of GROUPS) {
      expect([...einsum(specOf(group), OPERANDS).data]).toEqual(EXPECTED);
      expect(contractionPath(specOf(group), SHAPES).path).toEqual(path);
    }
  });

  it("give kernels whose text runs, with identifiers for what is none", () => {
    const shapes = [new Array<number>(COUNT).fill(3)];
    for (const group of GROUPS) {
      const { source } = compile(`${group.join("")}->${[...group].reverse().join("")}`, { shapes });
      expect(source.text.match(/for \(let /g)?.length).toBeGreaterThan(15);
      expect(new Set(source.text.match(/for \(let [\p{ID_Continue}$]+ = /gu)).size).toBe(
        source.text.match(/for \(let /g)?.length,
      );
      expect(() => new Function(source.text.replace("export ", ""))).not.toThrow();
    }
    expect([...jit(specOf(GROUPS[4] as string[]), { shapes: SHAPES })(...OPERANDS.map(({ data }) => data))]).toEqual(
      EXPECTED,
    );
  });
});

function codeOf(symbol: string): number {
  return symbol.codePointAt(0) ?? 0;
}

function zeros(shape: number[]) {
  return { data: new Float64Array(shape.reduce((count, size) => count * size, 1)), shape };
}

describe("signs that are indices", () => {
  it.each([
    ["×÷,÷->×", "ud7"],
    ["\u0301\u0302,\u0302->\u0301", "u301"],
    ["🙂b,b->🙂", "u1f642"],
    ["\u037eb,b->\u037e", "u37e"],
    ["Åb,b->Å", "\u00c5"],
  ])("%s has the loop %s", (spec, loop) => {
    const { source } = compile(spec, { shapes: [[300, 300], [300]] }); // prettier-ignore
    expect(source.text).toContain(`for (let ${loop} = 0; ${loop} < 300;`);
  });

  it("are not normalised, in options neither", () => {
    const three = [zeros([2]), zeros([3])];
    expect(einsum("\u212b,\u00c5->\u00c5\u212b", three).shape).toEqual([3, 2]);
    expect(einsum("a->a\u212b", [zeros([2])], { sizes: { "\u212b": 4 } }).shape).toEqual([2, 4]);
    expect(einsum("a->a\u00c5\u212b", [zeros([2])], { sizes: { "\u212b": 4, "\u00c5": 5 } }).shape).toEqual([2, 5, 4]);
    expect(inferSizes("(s*a)->a", [[6]], { params: { s: 2 }, sizes: {} }).sizes).toEqual({ a: 3 });
    expect(inferSizes("(\u037e*a)->a", [[6]], { params: { "\u037e": 2 } }).sizes).toEqual({ a: 3 });
    expect(einsum("a -> a \u00e9", [zeros([2])], { sizes: { "e\u0301": 4 } }).shape).toEqual([2, 4]);
  });

  it.each([
    ["ij，jk->ik", [[2, 3], [3, 4]], "'，' is an index in the compact notation; if it is not meant as one, separate operands by ','"],
    ["…i->i", [[2, 3, 4]], "'…' is an index in the compact notation; if it is not meant as one, write an ellipsis as three dots"],
    ["（hw）->hw", [[6]], "'（' is an index in the compact notation; if it is not meant as one, group with parentheses, as in (h w); an index that the output leaves out is reduced over"],
    ["(x−k),k->x", [[6], [3, 1]], "'−' is an index in the compact notation; if it is not meant as one, write '-', the plain minus sign"],
    ["bi(2*ow+kw),oikw->bow", [[2, 3, 4], [5, 3, 2]], "a name of several letters in an expression makes this the named notation, where 'bi' is one name; separate names by spaces"],
  ])("%s tells what was perhaps meant, where operands do not fit", (spec, shapes, remedy) => {
    expect(mistakeIn(() => compile(spec, { shapes })).message).toContain(`  remedy: ${remedy}`);
  }); // prettier-ignore
});
