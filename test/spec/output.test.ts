import { describe, expect, it } from "vitest";
import { misreading, outputTerm } from "../../src/spec/names.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { printTerm } from "../../src/spec/print.ts";

describe("the output term", () => {
  it.each([
    ["ij,jk", "ik"],
    ["ba", "ab"],
    ["aB,Bc", "ac"],
    ["bA", "Ab"],
    ["ii", ""],
    ["i,i", ""],
    ["", ""],
    ["X,XXX", ""],
    ["i...,i...", "..."],
    ["b...a", "...ab"],
    ["...,j...i", "...ij"],
    ["𝒜ﬁz", "zﬁ𝒜"],
    ["j i, k j", "ik"],
  ])("implied by %j is %j", (text, output) => {
    expect(printTerm(outputTerm(parseSpec(text)), "compact")).toBe(output);
  });

  it("is the written one where there is an arrow, whatever the axes are", () => {
    const spec = parseSpec("batch (h w) (2*y + 1) 1 -> (batch h) w");
    expect(outputTerm(spec)).toBe(spec.output);
  });

  it("puts implied axes at the end of the text", () => {
    const end = { start: 4, end: 4 };
    expect(outputTerm(parseSpec("ij,j"))).toEqual({ axes: [{ kind: "index", name: "i", span: end }], span: end });
  });
});

describe("the hint at the named notation", () => {
  it("names the letters that look like a word", () => {
    expect(misreading(parseSpec("index ->"))).toBe(
      "'index' is read letter by letter, each an index; if it is one name, " +
        `separate names by spaces, as in 'b ic (2*ow + kw)', or set notation to "named"`,
    );
  });

  it.each([
    ["ij,jk->row", "'row'"],
    ["i1,j->", "'i1'"],
    ["a(2*x+k)bcd->", "'bcd'"],
  ])("finds the word of %j", (text, word) => {
    expect(misreading(parseSpec(text))).toContain(`${word} is read letter by letter`);
  });

  it.each(["ij,jk->ik", "a(b+c)d", "1ij", "b c h w ->", "query key ->", "i...jk", "", "(abc)->"])(
    "is silent for %j",
    (text) => {
      expect(misreading(parseSpec(text))).toBeNull();
    },
  );
});
