import { describe, expect, it } from "vitest";
import type { AxisExpression, Notation } from "../../src/spec/ast.ts";
import { detectNotation } from "../../src/spec/lexer.ts";
import { namesOf } from "../../src/spec/names.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { printAxis, printSpec, printTerm } from "../../src/spec/print.ts";
import { EinsumError } from "../../src/support/errors.ts";
import { withoutPlaces } from "./trees.ts";

const span = { start: 0, end: 0 };

function axesOf(text: string, notation?: Notation): readonly AxisExpression[] {
  const spec = parseSpec(text, notation ? { notation } : {});
  return withoutPlaces(spec.operands[0]?.axes ?? []);
}

/** One line per term: its axes' kinds and canonical texts. */
function outline(text: string, notation?: Notation): string[] {
  const spec = parseSpec(text, notation ? { notation } : {});
  const terms = spec.output ? [...spec.operands, spec.output] : spec.operands;
  return terms.map(({ axes }) => axes.map((axis) => `${axis.kind} ${printAxis(axis, "named")}`).join(", "));
}

describe("the notation of a spec", () => {
  it.each<[string, Notation]>([
    ["", "compact"],
    ["->", "compact"],
    ["ij,jk->ik", "compact"],
    [" ij , jk -> ik ", "compact"],
    ["ij, j", "compact"],
    ["..., ...", "compact"],
    ["...a -> ...a ", "compact"],
    ["index ->", "compact"],
    ["( 2*o + k - 1 ), k -> o", "compact"],
    ["b( 2*x + k )", "compact"],
    ["\n ij,\n jk\n ->\n ik\n", "compact"],
    ["i j", "named"],
    ["i\tj", "named"],
    ["i,j->i j", "named"],
    ["b (t+w-2) d", "named"],
    ["(i+k) j, k -> i j", "named"],
    ["(i) (j)", "named"],
    ["a ...", "named"],
    ["i 1", "named"],
    ["a b) c", "named"],
    ["a) b c", "named"],
    ["a ((b c)) d", "named"],
    ["(2*No+K), K -> No", "named"],
    ["(2*No+K),K->No", "named"],
    ["(No-1),K->K", "named"],
    ["(-No:2)->K", "named"],
    ["(|No|-k),k->k", "named"],
    ["(h2+k),k->h", "named"],
    ["(2*x_o+k),k->k", "named"],
    ["i->(2*No)", "named"],
    ["(2*名前+k),k->k", "named"],
    ["(ij)->ij", "compact"],
    ["(ijk)(2*x+k)->ijk", "compact"],
    ["(hw)(i+j)", "compact"],
    ["(2*N o+K)", "compact"],
    ["(3k+x),k->x", "compact"],
    ["a(b*c)d,bc->ad", "compact"],
    ["(|k|*j)", "compact"],
    ["(2×k),k->k", "compact"],
  ])("of %j is %s", (text, notation) => {
    expect(detectNotation(text)).toBe(notation);
  });

  it("is the one that is asked for", () => {
    expect(outline("i j", "compact")).toEqual(["index i, index j"]);
    expect(outline("(ow+kw), kw -> ow", "named")).toEqual(["affine (ow + kw)", "index kw", "index ow"]);
    expect(outline("ij", "named")).toEqual(["index ij"]);
  });
});

describe("terms", () => {
  it("are separated by commas, the output by the arrow", () => {
    expect(outline("ij,jk->ik")).toEqual(["index i, index j", "index j, index k", "index i, index k"]);
  });

  it("may be empty: operands of rank 0", () => {
    expect(outline("")).toEqual([""]);
    expect(outline("->")).toEqual(["", ""]);
    expect(outline(",i->i")).toEqual(["", "index i", "index i"]);
    expect(outline("i,,")).toEqual(["index i", "", ""]);
    expect(parseSpec("i").output).toBeNull();
  });

  it("keep repeated indices", () => {
    expect(outline("iij->j")).toEqual(["index i, index i, index j", "index j"]);
  });

  it("hold one ellipsis anywhere", () => {
    expect(outline("i...j,...->...")).toEqual(["index i, ellipsis ..., index j", "ellipsis ...", "ellipsis ..."]);
    expect(outline("a... b")).toEqual(["index a, ellipsis ..., index b"]);
  });
});

describe("axes in parentheses", () => {
  it("are the plain index where an operand holds one name", () => {
    expect(axesOf("(i)")).toEqual([{ kind: "index", name: "i", span }]);
    expect(axesOf("(+ i)")).toEqual([{ kind: "index", name: "i", span }]);
    expect(axesOf("b (row)")).toEqual(axesOf("b row"));
  });

  it("stay an expression in the output, which embeds a diagonal", () => {
    expect(outline("i -> i (i)")).toEqual(["index i", "index i, affine (i)"]);
  });

  it("are a unit axis where empty or 1", () => {
    for (const text of ["()", "( )", "(1)", "(+1)", "1"]) expect(axesOf(text)).toEqual([{ kind: "unit", span }]);
    expect(outline("b1,1c->bc")).toEqual(["index b, unit 1", "unit 1, index c", "index b, index c"]);
    expect(outline("1...->...")).toEqual(["unit 1, ellipsis ...", "ellipsis ..."]);
  });

  it("are one element of the axis where they hold another constant", () => {
    const parts = [{ sign: 1, factors: [{ kind: "integer", value: 3, span }], span }];
    expect(axesOf("(3)")).toEqual([{ kind: "affine", parts, paddingAfter: null, span }]);
    expect(outline("(0)(-1)")).toEqual(["affine (0), affine (-1)"]);
  });

  it("are a composition of names side by side", () => {
    const parts = [
      { kind: "index", name: "h", span },
      { kind: "index", name: "w", span },
    ];
    expect(axesOf("b (h w)")[1]).toEqual({ kind: "composition", parts, span });
    expect(axesOf("b(hw)")[1]).toEqual({ kind: "composition", parts, span });
    expect(axesOf("b(h w)")[1]).toEqual({ kind: "composition", parts, span });
  });

  it("merge an ellipsis in the output", () => {
    expect(outline("a ... -> (...) a")[1]).toBe("composition (...), index a");
    expect(outline("a ... -> (a ...)")[1]).toBe("composition (a ...)");
  });

  it("are a signed sum of products", () => {
    expect(axesOf("(-2*y + |k|*ky - 1 : 2) c")[0]).toEqual({
      kind: "affine",
      parts: [
        {
          sign: -1,
          factors: [
            { kind: "integer", value: 2, span },
            { kind: "name", name: "y", span },
          ],
          span,
        },
        {
          sign: 1,
          factors: [
            { kind: "size", name: "k", span },
            { kind: "name", name: "ky", span },
          ],
          span,
        },
        { sign: -1, factors: [{ kind: "integer", value: 1, span }], span },
      ],
      paddingAfter: { kind: "integer", value: 2, span },
      span,
    });
  });

  it("may be a product of names: which are parameters is not known here", () => {
    expect(outline("(s*y), s -> y")).toEqual(["affine (s*y)", "index s", "index y"]);
  });

  it("may touch their neighbours in the named notation", () => {
    expect(outline("b ic(2*ow+kw)c")).toEqual(["index b, index ic, affine (2*ow + kw), index c"]);
  });
});

describe("names", () => {
  it("are normalised in the named notation: a decomposed letter is the composed one", () => {
    expect(outline("nai\u0308ve \u212b")).toEqual(["index naïve, index Å"]);
  });

  it("are one full code point in the compact notation, as it is written", () => {
    expect(outline("𝒜ℬ,名β")).toEqual(["index 𝒜, index ℬ", "index 名, index β"]);
    expect(outline("e\u0301j")).toEqual(["index e, index \u0301, index j"]);
    expect(outline("\u00c5\u212b,\u037e×÷")).toEqual(["index \u00c5, index \u212b", "index \u037e, index ×, index ÷"]);
    expect(outline("ªµº")).toEqual(["index ª, index µ, index º"]);
  });

  it("are all code points from U+00C0 on but white space, arrows and halves of pairs; below it letters alone", () => {
    const arrows = (code: number): boolean =>
      [[0x2190, 0x21ff], [0x27f0, 0x27ff], [0x2900, 0x297f], [0x1f800, 0x1f8ff]].some(
        ([first = 0, last = 0]) => code >= first && code <= last,
      ); // prettier-ignore
    for (let code = 0; code < 0x20000; code++) {
      const symbol = String.fromCodePoint(code);
      const isIndex = code < 0xc0 ? /\p{L}/u.test(symbol) : !/[\s\p{Cs}]/u.test(symbol) && !arrows(code);
      let found = "";
      try {
        found = outline(`${symbol}->${symbol}`).join();
      } catch (error) {
        if (!(error instanceof EinsumError)) throw error;
      }
      if ((found === `index ${symbol},index ${symbol}`) !== isIndex && !` \t\n\r1(".`.includes(symbol)) {
        expect.fail(`U+${code.toString(16)}`);
      }
    }
  });

  it("may be any word, those that JavaScript reserves among them", () => {
    expect(outline("__proto__ class _ i1")).toEqual(["index __proto__, index class, index _, index i1"]);
  });

  it("are listed with their places and uses", () => {
    const spec = parseSpec("b (h w) (2*y + |k|), k ->");
    const uses = spec.operands.flatMap((term) => [...namesOf(term)]);
    const shown = uses.map(({ name, use, axis, span: { start, end } }) => [
      name,
      use,
      axis,
      spec.text.slice(start, end),
    ]);
    expect(shown).toEqual([
      ["b", "index", 0, "b"],
      ["h", "part", 1, "h"],
      ["w", "part", 1, "w"],
      ["y", "factor", 2, "y"],
      ["k", "size", 2, "|k|"],
      ["k", "index", 0, "k"],
    ]);
  });
});

describe("spans", () => {
  it("hold the text of each axis and term", () => {
    const text = "b (h w) ( 2*y - 1 : 3 ) (i) (1), ... 1 -> (b ...)";
    const spec = parseSpec(text);
    const textOf = ({ span: { start, end } }: { span: { start: number; end: number } }) => text.slice(start, end);
    expect(spec.operands.map((term) => term.axes.map(textOf))).toEqual([
      ["b", "(h w)", "( 2*y - 1 : 3 )", "i", "(1)"],
      ["...", "1"],
    ]);
    expect(spec.operands.map(textOf)).toEqual(["b (h w) ( 2*y - 1 : 3 ) (i) (1)", "... 1"]);
    const affine = spec.operands[0]?.axes[2];
    expect(affine?.kind === "affine" && affine.parts.map(textOf)).toEqual(["2*y", "- 1"]);
  });

  it("are empty for empty terms, at their place", () => {
    const spec = parseSpec("i, -> ");
    expect(spec.operands[1]?.span).toEqual({ start: 3, end: 3 });
    expect(spec.output?.span).toEqual({ start: 6, end: 6 });
  });
});

describe("the canonical text", () => {
  it.each([
    ["ij , jk -> ik", "ij,jk->ik"],
    ["b i( 2*x + k )->", "b i (2*x + k) ->"],
    ["bi( 2*x + k - 1 : 3)->", "bi(2*x+k-1:3)->"],
    ["b  i (+2*x+k -1:3) ,o i k->b o x", "b i (2*x + k - 1 : 3), o i k -> b o x"],
    ["(-k+|k|) j", "(-k + |k|) j"],
    ["b1(1)()->b", "b()()()->b"],
    ["b (1) () (3) -> b", "b 1 1 (3) -> b"],
    ["(hw)->(h...)", "(hw)->(h...)"],
    ["a ... -> (a ...)", "a ... -> (a ...)"],
    [",i j,->", ", i j, ->"],
    [" -> ", "->"],
    ["", ""],
    ["(007*i)", "(7*i)"],
  ])("of %j is %j", (text, canonical) => {
    const spec = parseSpec(text);
    expect(printSpec(spec)).toBe(canonical);
    expect(withoutPlaces(parseSpec(canonical))).toEqual(withoutPlaces(spec));
  });

  it("of one term follows the notation", () => {
    const term = parseSpec("b (h w) (2*y+1) 1").operands[0];
    expect(term && printTerm(term, "named")).toBe("b (h w) (2*y + 1) 1");
    expect(term && printTerm(term, "compact")).toBe("b(hw)(2*y+1)()");
  });
});
