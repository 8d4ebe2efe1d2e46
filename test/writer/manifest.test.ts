import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EinsumError } from "../../src/support/errors.ts";
import type { KernelEntry } from "../../src/writer/manifest-fields.ts";
import { parseManifest } from "../../src/writer/manifest.ts";

/** The message of the error that a manifest raises. */
function messageOf(text: string): string {
  try {
    parseManifest(text, "kernels.json");
  } catch (error) {
    if (error instanceof EinsumError) return error.message;
    throw error;
  }
  return "no error";
}

/** A manifest of one kernel whose further fields are the text, on a line of their own. */
function withFields(fields: string): string {
  return `{"kernels": [{"name": "k", "spec": "i->i", "shapes": [[4]],\n${fields}}]}`;
}

function withName(name: string): string {
  return `{"kernels": [\n{"name": ${JSON.stringify(name)}, "spec": "i->i", "shapes": [[4]]}]}`;
}

describe("a valid manifest", () => {
  it("gives the kernels in their order, with all their fields", () => {
    const kernels = [
      {
        name: "conv",
        spec: "(s*y + k) , k -> y",
        shapes: [[9], ["n"]],
        description: "What it is for.",
        operands: ["x", "w"],
        params: { s: 2 },
        sizes: { k: 3 },
        outputShape: [null],
        dtype: "float32",
        strides: [[-1], null],
        offsets: [8, 0],
        notation: "named",
        reduce: "max",
        combine: "add",
        optimize: [[0, 1]],
        memoryLimit: 4096,
        minimize: "size",
        seed: -3,
        maxTime: 0.5,
        unroll: { y: 2 },
        order: ["y"],
        stage: [],
        tile: { y: 4 },
      },
      { name: "a", spec: "i->i", shapes: [[4]], dtypes: ["int8"], optimize: "greedy" },
      { name: "b", spec: "i->i", shapes: [[4]], minimize: { flops: 1, write: 0.5 } },
    ];
    expect(parseManifest(JSON.stringify({ $schema: "x", kernels }), "kernels.json").kernels).toEqual(kernels);
  });

  it("knows where each name stands", () => {
    const { places } = parseManifest(withName("k"), "kernels.json");
    expect(places.map(({ text, span }) => text.slice(span.start, span.end))).toEqual(['"k"']);
  });

  it("may list no kernel", () => {
    expect(parseManifest('{"kernels": []}', "kernels.json").kernels).toEqual([]);
  });

  it("is the package's own", () => {
    const text = readFileSync(new URL("../../templates/kernels.json", import.meta.url), "utf8");
    expect(parseManifest(text, "kernels.json").kernels.length).toBeGreaterThan(30);
  });

  it("keeps sizes called __proto__ and constructor as plain entries", () => {
    const { kernels } = parseManifest(withFields('"sizes": {"__proto__": 3, "constructor": 4}'), "kernels.json");
    expect(Object.entries((kernels[0] as KernelEntry).sizes ?? {})).toEqual([
      ["__proto__", 3],
      ["constructor", 4],
    ]);
    expect(Object.getPrototypeOf((kernels[0] as KernelEntry).sizes)).toBe(Object.prototype);
  });
});

describe("messages about a manifest", () => {
  it("says where the text is no JSON", () => {
    expect(messageOf('{\n  "kernels": [1 2]\n}')).toBe(
      [
        "kernels.json:2:17: expected ',' [manifest-syntax]",
        '      "kernels": [1 2]',
        "                    ^",
        "  remedy: the manifest is strict JSON: double quotes, no comments, no comma at the end of a list",
      ].join("\n"),
    );
  });

  it.each([
    ["", "kernels.json:1:1: expected a value [manifest-syntax]"],
    ["{} {}", "kernels.json:1:4: expected the end of the file [manifest-syntax]"],
    ["// hello\n{}", "kernels.json:1:1: a comment [manifest-syntax]"],
    ["{kernels: []}", "kernels.json:1:2: an unknown word [manifest-syntax]"],
    ['{"kernels": [],}', "kernels.json:1:16: expected a field's name in double quotes [manifest-syntax]"],
    ['{"kernels" []}', "kernels.json:1:12: expected ':' [manifest-syntax]"],
    ['{"kernels": [}', "kernels.json:1:14: expected a value [manifest-syntax]"],
    ['{"kernels": [', "kernels.json:1:14: expected ']' [manifest-syntax]"],
    ['{"kernels": []', "kernels.json:1:15: expected '}' [manifest-syntax]"],
    ['{"a": "b', "kernels.json:1:7: a text without closing quote [manifest-syntax]"],
    ['{"a": "\\q"}', "kernels.json:1:7: an unknown escape in a text [manifest-syntax]"],
    ['{"a": "\\u12"}', "kernels.json:1:7: an incomplete \\u escape [manifest-syntax]"],
    ['{"a": "\n"}', "kernels.json:1:7: a text without closing quote [manifest-syntax]"],
    ['{"a": "\t"}', "kernels.json:1:7: a control character in a text [manifest-syntax]"],
    ['{"a": 1.}', "kernels.json:1:7: an incomplete number [manifest-syntax]"],
  ])("names what is wrong in %j", (text, summary) => {
    expect(messageOf(text).split("\n")[0]).toBe(summary);
  });

  it("refuses a text that nests too deep", () => {
    expect(messageOf(`{"kernels":\n${"[".repeat(200_000)}`).replace(/\n {4}\[.*\n/, "\n    [...\n")).toBe(
      [
        "kernels.json:2:32: lists and objects nest more than 32 deep [manifest-too-deep]",
        "    [...",
        `    ${" ".repeat(31)}^`,
        "  remedy: remove the brackets that are too many",
      ].join("\n"),
    );
  });

  it("refuses a text that is too large", () => {
    expect(messageOf(" ".repeat(4194305))).toBe(
      [
        "kernels.json: the manifest has 4194305 bytes, more than 4194304 [manifest-too-large]",
        "  remedy: split it into several manifests, each with a folder of its own",
      ].join("\n"),
    );
  });

  it("suggests the field that was meant", () => {
    expect(messageOf(withFields('"outputshape": [4]'))).toBe(
      [
        "kernels.json:2:1: unknown field 'outputshape' [manifest-field]",
        '    "outputshape": [4]}]}',
        "    ^^^^^^^^^^^^^",
        "  remedy: did you mean 'outputShape'?",
      ].join("\n"),
    );
  });

  it("lists the fields where none is near", () => {
    expect(messageOf('{"list": []}')).toBe(
      [
        "kernels.json:1:2: unknown field 'list' [manifest-field]",
        '    {"list": []}',
        "     ^^^^^^",
        "  remedy: the fields are kernels, output, $schema",
      ].join("\n"),
    );
  });

  it.each(["__proto__", "constructor", "toString", "hasOwnProperty"])("knows no field %s", (field) => {
    expect(messageOf(withFields(`"${field}": {}`))).toBe(
      [
        `kernels.json:2:1: unknown field '${field}' [manifest-field]`,
        `    "${field}": {}}]}`,
        `    ${"^".repeat(field.length + 2)}`,
        "  remedy: the fields are name, spec, shapes, description, operands, params, sizes, outputShape, dtype, dtypes, " +
          "strides, offsets, notation, reduce, combine, optimize, memoryLimit, minimize, seed, maxTime, unroll, tile, order, stage, gradients",
      ].join("\n"),
    );
  });

  it("names the field that is missing", () => {
    expect(messageOf('{"kernels": [\n  {"name": "k", "spec": "i->i"}\n]}')).toBe(
      [
        "kernels.json:2:3: the kernel has no 'shapes' [manifest-missing-field]",
        '      {"name": "k", "spec": "i->i"}',
        "      ^",
        '  remedy: add a field "shapes"',
      ].join("\n"),
    );
    expect(messageOf("{}")).toBe(
      [
        "kernels.json:1:1: the manifest has no 'kernels' [manifest-missing-field]",
        "    {}",
        "    ^",
        '  remedy: add a field "kernels"',
      ].join("\n"),
    );
  });

  it("refuses a field given twice", () => {
    expect(messageOf(withFields('"spec": "ii->"'))).toBe(
      [
        "kernels.json:2:1: the field 'spec' is given twice [manifest-duplicate-field]",
        '    "spec": "ii->"}]}',
        "    ^^^^^^",
        "  remedy: keep one of the two",
      ].join("\n"),
    );
  });

  it("refuses dtype beside dtypes", () => {
    expect(messageOf(withFields('"dtypes": ["int8"], "dtype": "int8"'))).toBe(
      [
        "kernels.json:2:1: 'dtype' and 'dtypes' exclude each other [manifest-conflict]",
        '    "dtypes": ["int8"], "dtype": "int8"}]}',
        "    ^^^^^^^^",
        "  remedy: keep one of the two",
      ].join("\n"),
    );
  });

  it("says which type it expected and what it found", () => {
    expect(messageOf('{"kernels": [{"name": "k", "spec": "i->i",\n "shapes": [[4, "n"], 4]}]}')).toBe(
      [
        "kernels.json:2:23: expected a shape: a list of sizes, found 4 [manifest-type]",
        '     "shapes": [[4, "n"], 4]}]}',
        "                          ^",
        "  remedy: write a shape: a list of sizes",
      ].join("\n"),
    );
  });

  it.each([
    ["[]", "expected an object with the field 'kernels', found a list"],
    ['{"kernels": {}}', "expected a list of kernels, found an object"],
    ['{"kernels": [null]}', "expected a kernel: an object, found null"],
    [withFields('"description": 3'), "expected a text, found 3"],
    [withFields('"operands": "x"'), "expected a list of names, one an operand, found the text 'x'"],
    [withFields('"params": [1]'), "expected an object of integers, found a list"],
    [withFields('"params": {"s": 1.5}'), "expected an integer, found 1.5"],
    [withFields('"params": {"s": 1e999}'), "expected an integer, found Infinity"],
    [withFields('"sizes": {"s": -1}'), "expected a size, found -1"],
    [withFields('"sizes": true'), "expected an object of sizes, found true"],
    [withFields('"outputShape": [9007199254740992]'), "expected a size, found 9007199254740992"],
    [withFields('"strides": [1]'), "expected a list of strides, found 1"],
    [withFields('"offsets": 1'), "expected a list of offsets, one an operand, found 1"],
    [withFields('"optimize": [0, 1]'), "expected a step: a list of positions, found 0"],
    [withFields('"optimize": false'), "expected a text, found false"],
    [withFields('"memoryLimit": 0.5'), "expected a size, found 0.5"],
    [withFields('"minimize": 3'), "expected a text, found 3"],
    [withFields('"minimize": {"flops": "1"}'), "expected a number, found the text '1'"],
    [withFields('"seed": 0.5'), "expected an integer, found 0.5"],
    [withFields('"maxTime": "1s"'), "expected a number, found the text '1s'"],
  ])("names the types in %j", (text, problem) => {
    expect(messageOf(text).split("\n")[0]).toMatch(/^kernels\.json:\d+:\d+: .* \[manifest-type\]$/);
    expect(messageOf(text)).toContain(`: ${problem} [`);
  });

  it("suggests the word that was meant", () => {
    expect(messageOf(withFields('"reduce": "maxx"'))).toBe(
      [
        "kernels.json:2:11: 'maxx' is none of sum, max, min, prod, mean, any, all [manifest-value]",
        '    "reduce": "maxx"}]}',
        "              ^^^^^^",
        "  remedy: did you mean 'max'?",
      ].join("\n"),
    );
    expect(messageOf(withFields('"notation": "toString"'))).toBe(
      [
        "kernels.json:2:13: 'toString' is none of compact, named [manifest-value]",
        '    "notation": "toString"}]}',
        "                ^^^^^^^^^^",
        "  remedy: write one of those",
      ].join("\n"),
    );
  });

  it("refuses a name listed twice", () => {
    const kernel = '{"name": "k", "spec": "i->i", "shapes": [[4]]}';
    expect(messageOf(`{"kernels": [\n${kernel},\n${kernel}]}`)).toBe(
      [
        "kernels.json:3:10: the kernel 'k' is listed already, in line 2 [manifest-duplicate-name]",
        `    ${kernel}]}`,
        "             ^^^",
        "  remedy: give each kernel a name of its own",
      ].join("\n"),
    );
  });

  it("refuses names that differ only in case", () => {
    const kernel = (name: string): string => `{"name": "${name}", "spec": "i->i", "shapes": [[4]]}`;
    expect(messageOf(`{"kernels": [\n${kernel("Conv")},\n${kernel("conv")}]}`)).toBe(
      [
        "kernels.json:3:10: the kernels 'conv' and 'Conv' of line 2 differ only in case: " +
          "some systems hold both names for one file [manifest-duplicate-name]",
        `    ${kernel("conv")}]}`,
        "             ^^^^^^",
        "  remedy: give each kernel a name of its own",
      ].join("\n"),
    );
  });
});

describe("names of kernels", () => {
  it.each(["conv3x3", "_", "_private", "__proto__", "constructor", "toString", "T", "a".repeat(64)])(
    "may be %s",
    (name) => {
      expect(parseManifest(withName(name), "kernels.json").kernels[0]?.name).toBe(name);
    },
  );

  it("are refused with a caret under them", () => {
    expect(messageOf(withName("../evil"))).toBe(
      [
        "kernels.json:2:10: the name '../evil' is not an identifier [manifest-name]",
        '    {"name": "../evil", "spec": "i->i", "shapes": [[4]]}]}',
        "             ^^^^^^^^^",
        "  remedy: use letters, digits and underscores, as in 'conv3x3'",
      ].join("\n"),
    );
  });

  it.each([
    ["index", "is taken: index.ts exports all kernels"],
    ["erf", "is reserved: JavaScript or emitted code uses it"],
    ["class", "is reserved: JavaScript or emitted code uses it"],
    ["then", "would turn the module that exports it into a promise"],
    ["NUL", "is a device on Windows, so no file can have it"],
    ["b".repeat(65), "has more than 64 characters"],
  ])("are told to change where they are written as names are: %s", (name, problem) => {
    const message = messageOf(withName(name));
    expect(message).toContain(` ${problem} [manifest-name]`);
    expect(message.split("\n").at(-1)).toBe("  remedy: choose another name");
  });

  it.each([
    ["", "is empty"],
    ["a/b", "is not an identifier"],
    ["a\\b", "is not an identifier"],
    [".", "is not an identifier"],
    ["..", "is not an identifier"],
    ["a.b", "is not an identifier"],
    ["a\0b", "is not an identifier"],
    ["C:evil", "is not an identifier"],
    ["*/", "is not an identifier"],
    ["a\u2028b", "is not an identifier"],
    ["a\n", "is not an identifier"],
    ["${x}", "is not an identifier"],
    ["`", "is not an identifier"],
    ['"', "is not an identifier"],
    ["1x", "is not an identifier"],
    ["é", "is not an identifier"],
    ["a\u200db", "is not an identifier"],
    ["a".repeat(65), "has more than 64 characters"],
    ["index", "is taken: index.ts exports all kernels"],
    ["Index", "is taken: index.ts exports all kernels"],
    ["then", "would turn the module that exports it into a promise"],
    ["__esModule", "is reserved: bundlers mark modules with it"],
    ["con", "is a device on Windows, so no file can have it"],
    ["LPT1", "is a device on Windows, so no file can have it"],
    ["class", "is reserved: JavaScript or emitted code uses it"],
    ["await", "is reserved: JavaScript or emitted code uses it"],
    ["eval", "is reserved: JavaScript or emitted code uses it"],
    ["undefined", "is reserved: JavaScript or emitted code uses it"],
    ["Float64Array", "is reserved: JavaScript or emitted code uses it"],
    ["Math", "is reserved: JavaScript or emitted code uses it"],
  ])("may not be %j", (name, problem) => {
    const lines = messageOf(withName(name)).split("\n");
    expect(lines[0]).toMatch(/^kernels\.json:2:10: the name '.*' .* \[manifest-name\]$/);
    expect(lines[0]).toContain(`' ${problem} [`);
    expect(lines).toHaveLength(4);
  });

  it("holds operands to the same rule, though they need no file", () => {
    const { kernels } = parseManifest(withFields('"operands": ["index"]'), "k");
    expect((kernels[0] as KernelEntry).operands).toEqual(["index"]);
    expect(messageOf(withFields('"operands": ["x = 1"]'))).toContain("the name 'x = 1' is not an identifier");
  });
});

describe("hostile manifests", () => {
  it("accepts exactly the JSON that JSON.parse accepts", () => {
    const piece = fc.constantFrom(
      ...'{}[],:"\\ \n\t1-.e+truefalsn/*u0',
      '"kernels"',
      '"name"',
      "null",
      "\u2028",
      "\ufeff",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join("");
        expect(messageOf(text).includes("[manifest-syntax]")).toBe(!isJson(text));
      }),
      { seed: 20240, numRuns: 3000 },
    );
  });

  it("raises nothing but EinsumError for random JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        messageOf(JSON.stringify({ kernels: value }));
        messageOf(JSON.stringify({ kernels: [value] }));
        messageOf(withFields(`"sizes": ${JSON.stringify(value)}, "optimize": ${JSON.stringify(value)}`));
      }),
      { seed: 20241, numRuns: 500 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
