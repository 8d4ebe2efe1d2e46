import { describe, expect, it } from "vitest";
import { Scope } from "../../src/emit/code.ts";

describe("Scope", () => {
  it.each([
    ["i", "i"],
    ["ow", "ow"],
    ["naïve", "naïve"],
    ["β", "β"],
    ["名", "名"],
    ["$a", "$a"],
    ["__proto__", "__proto__"],
    ["constructor", "constructor"],
    ["a'", "a"],
    ["a b", "ab"],
    ["x; alert(1)//", "xalert1"],
    ["7", "_7"],
    ["", "_"],
    ["\u2028", "_"],
    ["a\u200db", "ab"],
    ["e\u0301", "\u00e9"],
    ["class", "class_"],
    ["let", "let_"],
    ["await", "await_"],
    ["eval", "eval_"],
    ["arguments", "arguments_"],
    ["undefined", "undefined_"],
    ["NaN", "NaN_"],
    ["Math", "Math_"],
    ["BigInt", "BigInt_"],
    ["Float64Array", "Float64Array_"],
    ["x".repeat(10_000), "x".repeat(64)],
  ])("declares %j as %s", (preferred, expected) => {
    expect(new Scope().declare(preferred).text).toBe(expected);
  });

  it("numbers a name that is taken, readably after a digit", () => {
    const scope = new Scope();
    const texts = ["i", "i", "i", "a0", "a0", "i2", "class", "class"].map((name) => scope.declare(name).text);
    expect(texts).toEqual(["i", "i2", "i3", "a0", "a0_2", "i2_2", "class_", "class_2"]);
  });

  it("never shadows a name of a scope around it", () => {
    const outer = new Scope();
    outer.declare("i");
    expect(outer.nest().nest().declare("i").text).toBe("i2");
  });

  it("never declares above what a scope inside it declared already", () => {
    const outer = new Scope();
    outer.nest().nest().declare("i");
    expect(outer.declare("i").text).toBe("i2");
  });

  it("lets scopes beside each other share names", () => {
    const outer = new Scope();
    expect([outer.nest().declare("i").text, outer.nest().declare("i").text]).toEqual(["i", "i"]);
  });
});
