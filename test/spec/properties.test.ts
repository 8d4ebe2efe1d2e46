import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Notation } from "../../src/spec/ast.ts";
import { detectNotation } from "../../src/spec/lexer.ts";
import { namesOf, misreading, outputTerm } from "../../src/spec/names.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { printSpec } from "../../src/spec/print.ts";
import { EinsumError } from "../../src/support/errors.ts";
import { anySpec, withoutPlaces } from "./trees.ts";

/** A failure prints its seed and path; put them here to replay it. */
const REPLAY = { seed: 20240611 };

const PIECES = [
  ..."ij,()+-*:|.12 _\n\t$&[]{}=>;'\"`\\/",
  ...["...", "->", "ow", "*/", "${i}", "\u2028", "\ufeff", "\u00a0", "\ud800", "\udc00", "\u0301", "𝒜", "__proto__"],
  ...["1.5", "9007199254740993", "|k|", "(h w)", "(2*x + k - 1 : 2)"],
];

/** Everything the layer does with a text; only an `EinsumError`, whose marks lie in the text, may come out. */
function survives(text: string, notation?: Notation): void {
  try {
    const spec = parseSpec(text, notation ? { notation } : {});
    expect(withoutPlaces(parseSpec(printSpec(spec), { notation: spec.notation }))).toEqual(withoutPlaces(spec));
    misreading(spec);
    outputTerm(spec);
  } catch (error) {
    if (!(error instanceof EinsumError)) throw error;
    for (const { span } of error.marks) {
      expect(span.start).toBeGreaterThanOrEqual(0);
      expect(span.end).toBeGreaterThanOrEqual(span.start);
      expect(span.end).toBeLessThanOrEqual(text.length);
    }
    expect(error.message).toContain(`[${error.code}]`);
    expect(error.message).not.toMatch(/[\r\u2028\u2029\ufeff]/);
  }
}

describe.each<Notation>(["compact", "named"])("in the %s notation", (notation) => {
  it("parses what it prints", () => {
    fc.assert(
      fc.property(anySpec(notation), (spec) => {
        const text = printSpec(spec);
        expect(withoutPlaces(parseSpec(text, { notation }))).toEqual(spec);
      }),
      { ...REPLAY, numRuns: 2500 },
    );
  });

  it("prints a text that is read in the same notation, where some term has two axes", () => {
    fc.assert(
      fc.property(anySpec(notation), (spec) => {
        const terms = spec.output ? [...spec.operands, spec.output] : spec.operands;
        fc.pre(notation === "compact" || terms.some(({ axes }) => axes.length > 1));
        expect(detectNotation(printSpec(spec))).toBe(notation);
      }),
      { ...REPLAY, numRuns: 500 },
    );
  });

  it("points every name at its place in the text", () => {
    fc.assert(
      fc.property(anySpec(notation), (tree) => {
        const { text, operands } = parseSpec(printSpec(tree), { notation });
        for (const { name, use, span } of operands.flatMap((term) => [...namesOf(term)])) {
          const found = text.slice(span.start, span.end);
          expect(found).toBe(use === "size" ? `|${name}|` : name);
        }
      }),
      { ...REPLAY, numRuns: 500 },
    );
  });

  it("gives nothing but an EinsumError for a spec with a mutation", () => {
    const mutation = fc.tuple(fc.nat(), fc.nat(3), fc.constantFrom(...PIECES));
    fc.assert(
      fc.property(anySpec(notation), fc.array(mutation, { minLength: 1, maxLength: 3 }), (spec, mutations) => {
        const text = mutations.reduce((mutated, [where, removed, piece]) => {
          const at = where % (mutated.length + 1);
          return mutated.slice(0, at) + piece + mutated.slice(at + removed);
        }, printSpec(spec));
        survives(text, notation);
        survives(text);
      }),
      { ...REPLAY, numRuns: 2000 },
    );
  });
});

describe("hostile text", () => {
  it("gives nothing but an EinsumError where it is random", () => {
    const pieces = fc.array(fc.constantFrom(...PIECES), { maxLength: 30 }).map((list) => list.join(""));
    const characters = fc.string({ unit: "binary", maxLength: 60 });
    const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 60 });
    const bytes = fc.uint8Array({ maxLength: 80 }).map((list) => String.fromCharCode(...list));
    const text = fc.oneof(
      pieces,
      characters,
      bytes,
      units.map((list) => String.fromCharCode(...list)),
    );
    fc.assert(
      fc.property(text, (sample) => survives(sample)),
      { ...REPLAY, numRuns: 4000 },
    );
  });

  it("ends soon however long it is", () => {
    const seeds = [
      "a",
      "ij,",
      "i ",
      "(",
      ")",
      "...",
      ".",
      "->",
      "1",
      "(i+",
      "(i)",
      "-",
      "+",
      "*",
      ":",
      "|",
      "=",
      " ",
      "2j",
      "\u0301",
    ];
    for (const length of [10_000, 100_000]) {
      for (const seed of seeds) {
        const text = seed.repeat(length / seed.length);
        survives(text);
        survives(text, "named");
        survives(`i,(${text})->i`);
        survives(`${text}$`, "compact");
      }
    }
  });

  it("parses a long spec as it does a short one", () => {
    const spec = parseSpec(`${"ij,".repeat(33_333)}(${"i+".repeat(10_000)}j)->${"i".repeat(10_000)}`);
    expect(spec.operands).toHaveLength(33_334);
    expect(spec.output?.axes).toHaveLength(10_000);
  });
});
