import { describe, expect, it } from "vitest";
import { code, commaSeparated, literal, Name, type Code, commentLines, docComment } from "../../src/emit/code.ts";
import { layOut } from "../../src/emit/block.ts";

describe("code", () => {
  it("puts names, numbers and code together", () => {
    const element = code`${new Name("a")}[${3}]`;
    expect(code`${element} = ${-0} + ${1.5};`.text).toBe("a[3] = -0 + 1.5;");
  });

  it("refuses text that slipped past the types", () => {
    const text = "alert(1)" as unknown as Code;
    expect(() => code`x = ${text};`).toThrow(
      "a string in a code template (this is a bug in einsmith, please report it)",
    );
  });

  it("refuses a name that is no identifier", () => {
    expect(() => new Name("a;b")).toThrow('"a;b" is no identifier (this is a bug in einsmith, please report it)');
  });

  it.each([
    [Infinity, "Infinity"],
    [-Infinity, "-Infinity"],
    [NaN, "NaN"],
    [-0, "-0"],
    [1e21, "1e21"],
    [5e-324, "5e-324"],
    [0.1, "0.1"],
    [true, "true"],
    [-(2n ** 63n), "-9223372036854775808n"],
    ['"; alert(1); "', '"\\"; alert(1); \\""'],
    ["`${x}`\\", '"`${x}`\\\\"'],
    ["\n\r\u2028\u2029", '"\\n\\r\\u2028\\u2029"'],
  ])("writes the literal %s as %s", (value, expected) => {
    expect(literal(value).text).toBe(expected);
  });

  it("separates by commas", () => {
    expect(commaSeparated([]).text).toBe("");
    expect(commaSeparated([new Name("a"), code`b`, new Name("c")]).text).toBe("a, b, c");
  });
});

describe("comments", () => {
  it("stay comments whatever they hold", () => {
    const lines = commentLines(["ij,jk->ik", "*/ alert(1) /*", "a\nb\u2028c\r\nd", "\u202etxt\u0000", "/"]);
    expect(lines).toEqual(["ij,jk->ik", "* / alert(1) /*", "a", "b", "c", "d", "\u00b7txt\u00b7", "/"]);
    expect(docComment(lines).join("\n").indexOf("*/")).toBe(docComment(lines).join("\n").length - 2);
  });

  it("take one line for one line, and none for none", () => {
    expect(docComment(["one"])).toEqual(["/** one */"]);
    expect(docComment([])).toEqual([]);
    expect(docComment(["one", "", "two"])).toEqual(["/**", " * one", " *", " * two", " */"]);
  });
});

describe("layOut", () => {
  it("leaves a line that fits alone", () => {
    expect(layOut("out[i] = a[i];", "  ")).toEqual(["  out[i] = a[i];"]);
  });

  it("breaks at the loosest operator, never inside a bracket if it can", () => {
    const product = "aLongName[16 * i + j] * bLongName[16 * j + k]";
    expect(layOut(`out[16 * i + k] += ${product} + ${product} + ${product};`, "")).toEqual([
      `out[16 * i + k] += ${product} +`,
      `  ${product} + ${product};`,
    ]);
  });

  it("breaks inside parentheses where the sum is", () => {
    const terms = Array.from({ length: 9 }, (_, at) => `Math.imul(a${at}, b${at})`);
    expect(layOut(`acc0 = (acc0 + ${terms.join(" + ")}) | 0;`, "    ")).toEqual([
      `    acc0 = (acc0 + ${terms.slice(0, 4).join(" + ")} +`,
      `      ${terms.slice(4, 8).join(" + ")} +`,
      `      ${terms.slice(8).join(" + ")}) | 0;`,
    ]);
  });

  it("leaves a long line without an operator alone", () => {
    const line = "x".repeat(200) + ";";
    expect(layOut(line, "")).toEqual([line]);
  });
});
