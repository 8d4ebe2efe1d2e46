/**
 * Whole messages about what a spec, its shapes and its options do not say together: the cases of `test/errors`, whose
 * input is a spec and the options of `compile`, and beside them what JSON cannot write.
 */
import { describe, expect, it } from "vitest";
import { array, compile, einsum, type CompileOptions } from "../../src/index.ts";
import { codeIn, codesOf, errorCasesOf, mistakeIn } from "../support/error-cases.ts";

const TOPICS = ["sizes", "bind", "options", "symbols"];

/** The files of their messages. */
const SOURCES = ["sizes", "bind", "options"];

/** Codes whose mistakes JSON cannot write; each has a test below. */
const ELSEWHERE = ["options-not-an-object", "unreadable", "not-a-compilation", "kernel-size", "size-count"];

describe.each(TOPICS)("messages about %s", (topic) => {
  it.each(errorCasesOf(topic))("$title", ({ input: [spec, options = "{}"], message }) => {
    expect(mistakeIn(() => compile(spec, JSON.parse(options) as CompileOptions)).message).toBe(message);
  });
});

it("has a case for every code", () => {
  const tested = new Set(TOPICS.flatMap(errorCasesOf).map(({ message }) => codeIn(message)));
  const wanted = SOURCES.flatMap(codesOf).filter((code) => !ELSEWHERE.includes(code));
  expect([...tested].sort()).toEqual([...new Set(wanted)].sort());
});

it("says that a getter throws, and keeps what it threw", () => {
  const cause = new Error("mine");
  const options = Object.defineProperty({}, "shapes", {
    enumerable: true,
    get: () => {
      throw cause;
    },
  });
  const error = mistakeIn(() => compile("i->", options as CompileOptions));
  expect(error.message).toBe("a getter or a proxy among the arguments throws this error's cause [unreadable]");
  expect(error.cause).toBe(cause);
});

function messageFor(spec: string, options: unknown): string {
  return mistakeIn(() => compile(spec, options as CompileOptions)).message;
}

describe("messages about values that JSON cannot write", () => {
  it.each([
    [undefined, "undefined"],
    [null, "null"],
    [3, "3"],
    ["ij", "'ij'"],
    [[[2, 3]], "a list"],
  ])("refuse %j as the options", (options, found) => {
    expect(messageFor("ij->", options)).toBe(
      `the options must be an object, found ${found} [options-not-an-object]\n` +
        "  remedy: pass { name: value }, or nothing",
    );
  });

  it.each([
    [NaN, "NaN"],
    [Infinity, "Infinity"],
    [3n, "3n"],
    [true, "true"],
    [Symbol("3"), "a symbol"],
    [() => 3, "a function"],
    [{ valueOf: () => 3 }, "an object"],
    [2 ** 53, "9007199254740992"],
  ])("refuse the size %s", (size, found) => {
    expect(messageFor("i->", { shapes: [[size]] })).toBe(
      `options.shapes[0][0] must be an integer of at least 0, found ${found} [invalid-option]`,
    );
  });

  it.each([
    [
      "a shape in a typed array",
      { shapes: [new Int32Array([3])] },
      "shapes[0] must be a list of sizes",
      "a typed array",
    ],
    ["shapes in a Set", { shapes: new Set([[3]]) }, "shapes must be a list with one shape per operand", "a Set"],
    ["a list of shapes with a hole", { shapes: new Array(1) }, "shapes[0] must be a list of sizes", "undefined"],
    ["a shape with a hole", { shapes: [new Array(1)] }, "shapes[0][0] must be an integer of at least 0", "undefined"],
    [
      "strides with a hole",
      { shapes: [[3]], strides: [new Array(1)] },
      "strides[0][0] must be an integer",
      "undefined",
    ],
    [
      "a Map of sizes, which has no fields",
      { shapes: [[3]], sizes: new Map([["i", 3]]) },
      "sizes must be an object from names to integers",
      "a Map",
    ],
    ["an operator that is a function", { shapes: [[3]], reduce: Math.max }, "reduce does not know", "a function"],
  ])("refuse %s", (_, options, wanted, found) => {
    const [first = ""] = messageFor("i->", options).split("\n");
    expect(first.replace(/ \[[a-z-]+\]$/, "")).toBe(
      wanted.endsWith("know") ? `options.${wanted} ${found}` : `options.${wanted}, found ${found}`,
    );
  });
});

describe("options", () => {
  it("read their own fields alone", () => {
    const inherited = Object.create({ i: 7 }) as Record<string, number>;
    expect(compile("i->", { shapes: [[3]], sizes: inherited }).contraction.indices).toEqual([
      { name: "i", size: 3, reduced: true },
    ]);
  });

  it("may come without a prototype", () => {
    const sizes = Object.assign(Object.create(null) as Record<string, number>, { r: 2 });
    expect(compile("i -> i r", { shapes: [[3]], sizes }).contraction.output.tensor.shape).toEqual([3, 2]);
  });

  it("take names that objects have by themselves for names", () => {
    const sizes = JSON.parse('{ "__proto__": 2, "constructor": 3 }') as Record<string, number>;
    const { contraction } = compile("i -> __proto__ constructor i", { shapes: [[4]], sizes });
    expect(contraction.output.tensor.shape).toEqual([2, 3, 4]);
    expect(messageFor("i -> __proto__ i", { shapes: [[4]] })).toContain("[unknown-output-index]");
  });

  it("read a getter", () => {
    const sizes = {
      get r(): number {
        return 2;
      },
    };
    expect(compile("i -> i r", { shapes: [[3]], sizes }).contraction.output.tensor.shape).toEqual([3, 2]);
  });

  it("know composed and decomposed letters as one name", () => {
    const { contraction } = compile("i -> i é", { shapes: [[3]], sizes: { "e\u0301": 2 } });
    expect(contraction.output.tensor.shape).toEqual([3, 2]);
  });
});

describe("einsum", () => {
  it("shows the spec where operands do not fit", () => {
    const action = (): unknown => einsum("ij,jk->ik", array([[1, 2]]), array([[1, 2, 3]]));
    expect(action()).toEqual({ data: new Float64Array([3, 6, 9]), shape: [1, 3] });
    const mistake = mistakeIn(() => einsum("ij,jk->ik", array([[1, 2]]), array([[1], [2], [3]])));
    expect(mistake.message).toBe(
      [
        "index 'j' has two sizes [size-conflict]",
        "    ij,jk->ik",
        "     ^ 2, axis 1 of operand 0",
        "       ^ 3, axis 0 of operand 1",
        "  remedy: give the axes equal sizes (1 broadcasts across operands), or name them differently",
      ].join("\n"),
    );
    expect(mistake.marks.map(({ span }) => span)).toEqual([
      { start: 1, end: 2 },
      { start: 3, end: 4 },
    ]);
  });
});
