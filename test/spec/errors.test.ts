import { describe, expect, it } from "vitest";
import type { Notation } from "../../src/spec/ast.ts";
import { outputTerm } from "../../src/spec/names.ts";
import { parseSpec } from "../../src/spec/parser.ts";
import { codeIn, codesOf, errorCasesOf, mistakeIn } from "../support/error-cases.ts";

const cases = errorCasesOf("spec");

describe("messages about a spec", () => {
  it.each(cases)("$title", ({ input: [spec, notation], message }) => {
    const options = notation === undefined ? {} : { notation: notation as Notation };
    expect(mistakeIn(() => outputTerm(parseSpec(spec, options))).message).toBe(message);
  });

  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [3, "3"],
    [["ij"], "a list"],
    [{ toString: () => "ij" }, "an object"],
    [Symbol("ij"), "a symbol"],
  ])("refuses a spec that is no string: %s", (found, kind) => {
    const message = [
      `a spec is a string, found ${kind} [spec-not-text]`,
      "  remedy: pass a text such as 'ij,jk->ik'",
    ].join("\n");
    expect(mistakeIn(() => parseSpec(found as string)).message).toBe(message);
  });

  it.each([
    ["einops", "'einops'"],
    ["__proto__", "'__proto__'"],
    [1, "1"],
  ])("refuses the notation %s", (found, shown) => {
    const message = [
      `there is no notation ${shown} [unknown-notation]`,
      `  remedy: set notation to "compact" or "named", or leave it out`,
    ].join("\n");
    expect(mistakeIn(() => parseSpec("ij", { notation: found as Notation })).message).toBe(message);
  });

  it("has a case for every code", () => {
    const tested = cases.map(({ message }) => codeIn(message));
    expect([...new Set([...tested, "spec-not-parsed", "spec-not-text", "unknown-notation"])].sort()).toEqual(
      codesOf("spec"),
    );
  });
});
