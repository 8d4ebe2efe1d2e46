import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNpy } from "../../src/cli/npy.ts";
import { EinsumError } from "../../src/support/errors.ts";
import { npyFile, rawNpyFile } from "./npy-file.ts";

const SEED = 20_250_115;

function messageOf(bytes: Uint8Array): string {
  try {
    readNpy(bytes, "a.npy");
  } catch (error) {
    if (error instanceof EinsumError) return error.message;
    throw error;
  }
  return "no error";
}

function headerMessage(header: string): string {
  return messageOf(rawNpyFile(header, "00"));
}

describe("files that are no arrays", () => {
  it("names the bytes a foreign file begins with", () => {
    const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
    expect(messageOf(png)).toBe(
      "a.npy is no .npy file: it begins with the bytes 89 50 4e 47 0d 0a [npy-magic]\n" +
        "  remedy: a .npy file begins with the bytes 93 4e 55 4d 50 59; numpy.save writes such files",
    );
    expect(messageOf(new Uint8Array(0))).toBe(
      "a.npy is no .npy file: it is empty [npy-magic]\n" +
        "  remedy: a .npy file begins with the bytes 93 4e 55 4d 50 59; numpy.save writes such files",
    );
  });

  it("refuses other format versions", () => {
    const file = npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "0000000000000000");
    file.set([4, 2], 6);
    expect(messageOf(file)).toBe(
      "a.npy is of .npy format version 4.2 [npy-version]\n" +
        "  remedy: versions 1.0, 2.0 and 3.0 are read: save it with numpy.save",
    );
  });

  it("says how much of a header is missing", () => {
    const file = npyFile("{'descr': '<f8', 'fortran_order': False, 'shape': (), }", "0000000000000000");
    const message = (length: number, needed: number): string =>
      `a.npy ends inside its header: it has ${length} bytes, and its header takes ${needed} [npy-truncated]\n` +
      "  remedy: the file is cut short: copy or save it again";
    expect(messageOf(file.slice(0, 7))).toBe(message(7, 8));
    expect(messageOf(file.slice(0, 9))).toBe(message(9, 10));
    expect(messageOf(file.slice(0, 100))).toBe(message(100, 128));
  });

  it("does not believe a header of four gigabytes", () => {
    const file = rawNpyFile("{}", "", 2);
    file.set([0xff, 0xff, 0xff, 0xff], 8);
    expect(messageOf(file)).toBe(
      "the header of a.npy claims to be 4294967295 bytes long [npy-header-length]\n" +
        "  remedy: headers of at most 1048576 bytes are read: save a plain array, without named fields",
    );
  });

  it("compares the data with the shape", () => {
    const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 1), }";
    expect(messageOf(npyFile(header, "00".repeat(15)))).toBe(
      "a.npy holds 15 bytes of data, but float64 of shape [2, 1] takes 16 [npy-length]\n" +
        "  remedy: the file is cut short: copy or save it again",
    );
    expect(messageOf(npyFile(header, "00".repeat(17)))).toBe(
      "a.npy holds 17 bytes of data, but float64 of shape [2, 1] takes 16 [npy-length]\n" +
        "  remedy: something follows the array: save one array a file",
    );
  });

  it("allocates nothing for a shape that the data cannot hold", () => {
    const header = `{'descr': '<f8', 'fortran_order': False, 'shape': (${"9007199254740991, ".repeat(30)}), }`;
    expect(messageOf(npyFile(header, "00"))).toBe(
      "a.npy holds 1 bytes of data, but float64 of shape [9007199254740991, 9007199254740991, 9007199254740991, " +
        "9007199254740991, 9007199254740991, 9007199254740991, 9007199254740991, 9007199254740991, ... 30 axes] takes " +
        "Infinity [npy-length]\n  remedy: the file is cut short: copy or save it again",
    );
  });
});

describe("dtypes that are refused", () => {
  const whole = 'array.astype("int64") where they are whole, array.astype("float64") where not';
  const text = `save the numbers that the text spells: ${whole}`;
  const complex = "save array.real and array.imag as two files: both together are all of it";
  const long =
    'save high = array.astype("float64") and low = (array - high).astype("float64") as two files: together they hold 106 ' +
    "bits of each number";
  const half = 'save array.astype("float32"), which holds each of them exactly';
  const bool =
    'save array.astype("int64") to count and to add, or array.astype("uint8") for NumPy\'s einsum of booleans, which is ' +
    "--reduce any --combine and";
  const raw =
    'save array.view("uint8") for the bytes as numbers; what was bfloat16, or another dtype of ml_dtypes, is saved whole by ' +
    'array.astype("float32") before it is saved';
  const dates = 'save array.view("int64"): each date as the count of its units since 1970';
  const spans = 'save array.view("int64"): each span as the count of its units';
  const fields = 'save each field as a file of its own: numpy.save("x.npy", array["x"]) for a field x';
  const objects = "save the numbers that the objects hold in a dtype that holds them all: " + whole;
  const known = "save one of the dtypes float64, float32, int8, int16, int32, int64, uint8, uint16, uint32, uint64";

  it.each([
    [
      "complex numbers",
      complex,
      "<c16 >c8 <c32 F D =G complex complex64 complex128 complex256 cdouble csingle clongdouble",
    ],
    ["floats of 16 bits", half, "<f2 >e float16 half"],
    ["floats of more than 64 bits", long, "<f16 >f12 g longdouble float128"],
    ["booleans", bool, "|b1 ? |? bool bool_ bool8"],
    ["Python objects", objects, "|O O object |O8 object_"],
    ["text", text, "<U5 >U1 U str str_ unicode T"],
    ["byte strings", text, "|S3 S a5 c bytes bytes_"],
    ["raw bytes", raw, "|V8 <V2 V void"],
    ["dates", dates, "<M8[ns] >M8[D] M datetime64 datetime64[ns]"],
    ["time spans", spans, "<m8[s] m timedelta64"],
    ["structured elements", fields, "f8,f4 2f8 (2,)f8"],
    ["elements of an unknown type", known, "__proto__ constructor f0 f3 i16 u0 < ! F8 float63 l8"],
  ])("%s", (meaning, remedy, spellings) => {
    for (const descr of spellings.split(" ")) {
      expect(headerMessage(`{'descr': '${descr}', 'fortran_order': False, 'shape': (1,), }`)).toBe(
        `a.npy holds ${meaning} (dtype '${descr}'), which einsmith does not compute with [npy-dtype]\n  remedy: ${remedy}`,
      );
    }
  });

  it("a list of fields, and an empty text", () => {
    const list = "[('x', '<f4'), ('y', '<f4', (2,))]";
    expect(headerMessage(`{'descr': ${list}, 'fortran_order': False, 'shape': (1,), }`)).toBe(
      `a.npy holds structured elements (dtype '${list}'), which einsmith does not compute with [npy-dtype]\n  remedy: ${fields}`,
    );
    expect(headerMessage("{'descr': '', 'fortran_order': False, 'shape': (1,), }")).toBe(
      `a.npy holds elements of an unknown type (dtype ''), which einsmith does not compute with [npy-dtype]\n  remedy: ${known}`,
    );
  });
});

describe("headers that are no headers", () => {
  const remedy =
    "\n  remedy: save the array again; a header reads {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }";

  it.each([
    ["", 0, 1, "the text ends here", "a string, an integer, True, False, None or a bracket"],
    ["[1, 2]", 0, 6, "not a dict", "'{'"],
    ["{'descr': os.system('ls')}", 10, 1, "found 'o'", "a string, an integer, True, False, None or a bracket"],
    ["{'descr' '<f8'}", 9, 1, "found '''", "':' after the key"],
    ["{'shape': (1 2)}", 13, 1, "found '2'", "',' or ')'"],
    ["{'shape': (1)}", 10, 3, "not a tuple", "',' behind the only value of a tuple"],
    ["{'shape': (1.5,)}", 11, 1, "found '1'", "a string, an integer, True, False, None or a bracket"],
    ["{'shape': (99999999999999999999,)}", 11, 20, "too large", "an integer below 2^53"],
    ["{'descr': '<f8'", 15, 1, "the text ends here", "',' or '}'"],
    ["{} {}", 3, 1, "found '{'", "the end of the header"],
    ["{'__proto__': 1}", 1, 11, "unknown key", "the keys 'descr', 'fortran_order', 'shape'"],
    ["{1: 1}", 1, 1, "unknown key", "the keys 'descr', 'fortran_order', 'shape'"],
    ["{'shape': (), 'shape': ()}", 14, 7, "a second time", "the key 'shape' once"],
    ["{'shape': (), 'descr': '<f8'}", 28, 1, "ends without it", "the key 'fortran_order'"],
    ["{'shape': (), 'descr': '<f8', 'fortran_order': 1}", 47, 1, "fortran_order", "True or False"],
    ["{'shape': (), 'descr': '<f8', 'fortran_order': None}", 47, 4, "fortran_order", "True or False"],
    ["{'shape': [1], 'descr': '<f8', 'fortran_order': True}", 10, 3, "shape", "a tuple of sizes"],
    ["{'shape': (-1,), 'descr': '<f8', 'fortran_order': True}", 11, 2, "a size", "an integer of at least 0"],
    ["{'shape': ('2',), 'descr': '<f8', 'fortran_order': True}", 11, 3, "a size", "an integer of at least 0"],
  ])("%j", (header, column, width, found, expected) => {
    expect(headerMessage(header)).toBe(
      `the header of a.npy cannot be read: expected ${expected} [npy-header]\n    ${header}\n` +
        `    ${" ".repeat(column)}${"^".repeat(width)} ${found}${remedy}`,
    );
  });

  it("does not follow brackets down the stack", () => {
    expect(headerMessage("{'shape': " + "(".repeat(60_000))).toBe(
      "the header of a.npy cannot be read: expected no more than 32 brackets inside each other [npy-header]\n" +
        `    {'shape': ${"(".repeat(86)}...\n    ${" ".repeat(42)}^ found '('${remedy}`,
    );
  });

  it("raises nothing but EinsumError for random bytes, headers and lengths", () => {
    const piece = fc.constantFrom("{", "}", "(", ")", "'descr'", "'<f8'", "'shape'", ":", ",", "1", "'", "\\", "True");
    const header = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.array(piece, { maxLength: 20 }).map((all) => all.join("")),
    );
    const bytes = fc
      .tuple(fc.uint8Array({ maxLength: 16 }), header, fc.constantFrom(1, 2, 3))
      .map(([data, text, version]) => rawNpyFile(text, Buffer.from(data).toString("hex"), version));
    fc.assert(
      fc.property(fc.oneof(bytes, fc.uint8Array()), (file) => {
        expect(messageOf(file)).toMatch(/ \[npy-[a-z-]+\]/);
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });
});
