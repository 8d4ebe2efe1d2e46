import { describe, expect, it } from "vitest";
import { symbol, symbols, type LazySymbol } from "../../src/lazy/index.ts";
import { messageOf } from "../support/message-of.ts";

const [x, y, k] = symbols("x y k") as [LazySymbol, LazySymbol, LazySymbol];

describe("index expressions", () => {
  it("print in ordinary notation, like terms added up", () => {
    const shown = [
      y.times(2).plus(k).minus(1),
      k.times(-1),
      x.minus(x),
      y.plus(y).plus(3).plus(-3),
      y.times(k.size).plus(k),
      x.plus(1).times(y.size.minus(2)),
      k.size.over(2).times(2).plus(x.size),
      x.plus(k.size).over(y.size),
    ].map(String);
    expect(shown).toEqual([
      "2*y + k - 1",
      "-k",
      "0",
      "2*y",
      "y*|k| + k",
      "x*|y| - 2*x + |y| - 2",
      "2*(|k|//2) + |x|",
      "(x + |k|)//|y|",
    ]);
  });

  it("tell symbols of one name apart", () => {
    expect(String(x.minus(symbol("x")))).toBe("x - x");
    expect(String(x.plus(y).substitute(symbol("x"), 0))).toBe("x + y");
  });

  it("divide exactly where they can, and round down where all is known", () => {
    expect(String(y.times(4).plus(6).over(2))).toBe("2*y + 3");
    expect(String(y.times(0).minus(7).over(2))).toBe("-4");
    expect(String(y.times(3).over(2))).toBe("(3*y)//2");
  });

  it("substitute, inside quotients too", () => {
    expect(String(x.times(2).plus(k).substitute(x, y.plus(1)))).toBe("2*y + k + 2");
    expect(String(k.size.over(2).substitute(k.size, 7))).toBe("3");
    expect(String(x.times(3).over(2).substitute(x, y.times(2)))).toBe("3*y");
  });

  it("are differentiated by indices and by sizes", () => {
    const address = x.times(2).plus(k.times(y.size)).minus(1);
    expect([x, k, y, y.size].map((by) => String(address.derivative(by)))).toEqual(["2", "|y|", "0", "k"]);
    expect(String(x.times(x).derivative(x))).toBe("2*x");
  });

  it("have the derivative of a quotient with its sign", () => {
    const [a, b] = [x.size, y.size];
    expect(String(a.over(b).derivative(a))).toBe("|y|//(|y|*|y|)");
    expect(String(a.over(b).derivative(b))).toBe("(-|x|)//(|y|*|y|)");
    expect(String(x.times(6).over(3).derivative(x))).toBe("2");
    expect(String(a.over(2).derivative(b))).toBe("0");
  });

  it("refuse a derivative that is no integer", () => {
    expect(messageOf(() => x.over(2).derivative(x))).toBe(
      "the derivative of 'x//2' by 'x' is no integer [lazy-derivative]\n" +
        "  remedy: a quotient rounded down rises in steps: split the index in two instead, as in x = 2*q + r",
    );
  });

  it("refuse what they are not made of", () => {
    expect(messageOf(() => x.over(0))).toBe("'x' is divided by 0 [lazy-division]");
    expect(messageOf(() => x.plus(0.5))).toBe(
      "an index expression is made of symbols, sizes and integers, found 0.5 [lazy-expression]",
    );
    expect(messageOf(() => x.derivative(x.plus(y)))).toBe(
      "'x + y' is neither an index nor a size [lazy-atom]\n  remedy: name a symbol, or the size of one",
    );
    expect(messageOf(() => symbol("2x"))).toBe(
      "'2x' cannot name a symbol [lazy-name]\n  remedy: use letters, digits and _, and begin with no digit",
    );
  });
});
