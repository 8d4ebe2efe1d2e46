/**
 * NumPy's spellings of element types, as `numpy.dtype` reads them:
 *
 *     [ "<" | ">" | "=" | "|" ] ( kind bytes | letter | name )        <f8, |u1, >q, =L, d, float64, intc
 *
 * A letter is a type of C; `l` and `long` are C's long as 64-bit systems other than Windows have it, of 8 bytes.
 */
import { arrayOf, DTYPE_NAMES, type Dtype } from "../ir/dtype.ts";
import { required } from "../support/errors.ts";
import { npyDtype } from "../support/messages/npy.ts";

/** An element type as it lies in a file. */
export interface NpyDtype {
  readonly dtype: Dtype;
  readonly order: "little" | "big" | "native";
}

/** Each dtype by its kind and bytes, which is what is written, by its letters, and by its names, past ones included. */
const SPELLINGS: Readonly<Record<Dtype, readonly string[]>> = {
  float64: ["f8", "d", "float64", "double", "float", "float_"],
  float32: ["f4", "f", "float32", "single"],
  int8: ["i1", "b", "int8", "byte"],
  int16: ["i2", "h", "int16", "short"],
  int32: ["i4", "i", "int32", "intc"],
  int64: ["i8", "q", "l", "p", "n", "int64", "longlong", "long", "intp", "int", "int_", "int0"],
  uint8: ["u1", "B", "uint8", "ubyte"],
  uint16: ["u2", "H", "uint16", "ushort"],
  uint32: ["u4", "I", "uint32", "uintc"],
  uint64: ["u8", "Q", "L", "P", "N", "uint64", "ulonglong", "ulong", "uintp", "uint", "uint0"],
};

/** Kinds of elements that are refused: what they are called, and how to save them so that nothing is lost. */
type Refusal = readonly [spellings: RegExp, meaning: string, remedy: string];

const NUMBERS = 'array.astype("int64") where they are whole, array.astype("float64") where not';

/** Matched in this order against a spelling without its byte order; the last takes all. */
const REFUSALS: readonly Refusal[] = [
  [
    /^(?:b1|\?|bool_?|bool8)$/,
    "booleans",
    'save array.astype("int64") to count and to add, ' +
      'or array.astype("uint8") for NumPy\'s einsum of booleans, which is --reduce any --combine and',
  ],
  [/^(?:f2|e|half|float16)$/, "floats of 16 bits", 'save array.astype("float32"), which holds each of them exactly'],
  [
    /^(?:f(?:10|12|16)|g|longdouble|longfloat|float(?:80|96|128))$/,
    "floats of more than 64 bits",
    'save high = array.astype("float64") and low = (array - high).astype("float64") as two files: ' +
      "together they hold 106 bits of each number",
  ],
  [
    /^(?:c\d+|[FDG]|complex\d*_?|c(?:single|double|float|longdouble|longfloat)|singlecomplex)$/,
    "complex numbers",
    "save array.real and array.imag as two files: both together are all of it",
  ],
  [
    /^(?:O\d*|object_?)$/,
    "Python objects",
    `save the numbers that the objects hold in a dtype that holds them all: ${NUMBERS}`,
  ],
  [/^(?:[Sac]\d*|bytes\d*_?|string_?)$/, "byte strings", `save the numbers that the text spells: ${NUMBERS}`],
  [/^(?:U\d*|T|str\d*_?|unicode_?|StringDType.*)$/, "text", `save the numbers that the text spells: ${NUMBERS}`],
  [
    /^(?:V\d*|void\d*)$/,
    "raw bytes",
    'save array.view("uint8") for the bytes as numbers; what was bfloat16, or another dtype of ml_dtypes, ' +
      'is saved whole by array.astype("float32") before it is saved',
  ],
  [/^(?:M|datetime)/, "dates", 'save array.view("int64"): each date as the count of its units since 1970'],
  [/^(?:m|timedelta)/, "time spans", 'save array.view("int64"): each span as the count of its units'],
  [
    /^[[({]|,|^\d/,
    "structured elements",
    'save each field as a file of its own: numpy.save("x.npy", array["x"]) for a field x',
  ],
  [/^/, "elements of an unknown type", `save one of the dtypes ${Object.keys(SPELLINGS).join(", ")}`],
];

const ORDERS = { "<": "little", ">": "big", "=": "native", "|": "native", "": "native" } as const;

/** Reads the spelling of a dtype, or throws the error that says how to save such elements; `file` names their file. */
export function parseNpyDtype(descr: string, file: string): NpyDtype {
  const [, sign = "", spelling = ""] = /^([<>=|]?)(.*)$/s.exec(descr) ?? [];
  const order = ORDERS[sign as keyof typeof ORDERS];
  // NumPy reads the bytes as a number: i08 is i8.
  const code = spelling.replace(/^([fiu])0+(?=\d)/, "$1");
  const dtype = DTYPE_NAMES.find((name) => SPELLINGS[name].includes(code));
  if (dtype) return { dtype, order };
  const [, meaning, remedy] = required(
    REFUSALS.find(([spellings]) => spellings.test(spelling)),
    "a refusal",
  );
  throw npyDtype(file, descr, meaning, remedy);
}

/** How NumPy writes a dtype of little-endian data: `<f8`, `|u1`. */
export function printNpyDtype(dtype: Dtype): string {
  return (arrayOf(dtype).BYTES_PER_ELEMENT === 1 ? "|" : "<") + required(SPELLINGS[dtype][0], "a spelling");
}
