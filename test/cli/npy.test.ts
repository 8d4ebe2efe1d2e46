import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../src/cli/npy.ts";
import { checkArray, elementsOf as inRowMajorOrder } from "../../src/jit/nd-array.ts";
import { arrayOf, DTYPE_NAMES, dtypeOfArray, isBig, type Dtype, type TypedArray } from "../../src/ir/dtype.ts";
import { elementCount, rowMajorStrides } from "../../src/ir/tensor.ts";
import { hexBytes, npyFile, rawNpyFile } from "./npy-file.ts";

const SEED = 20_250_114;

/** Each as NumPy 2.4 writes it with `numpy.save`: the header's text and the bytes of the data. */
const NUMPY_FILES = [
  { header: "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }", data: "000000000000f83f00000000000000c0" },
  { header: "{'descr': '<i4', 'fortran_order': False, 'shape': (), }", data: "07000000" },
  { header: "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 3), }", data: "" },
] as const;

describe("readNpy", () => {
  it("reads what NumPy writes", () => {
    const read = NUMPY_FILES.map(({ header, data }) => readNpy(npyFile(header, data)));
    expect(read).toEqual([
      { data: Float64Array.of(1.5, -2), shape: [2], strides: [1] },
      { data: Int32Array.of(7), shape: [], strides: [] },
      { data: new Float32Array(0), shape: [0, 3], strides: [3, 1] },
    ]);
  });

  it("reads Fortran order as strides", () => {
    const header = "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }";
    const array = readNpy(npyFile(header, "000003000100040002000500"));
    expect(array).toEqual({ data: Int16Array.of(0, 3, 1, 4, 2, 5), shape: [2, 3], strides: [1, 2] });
    expect(inRowMajorOrder(checkArray(array, "it"))).toEqual(Int16Array.of(0, 1, 2, 3, 4, 5));
  });

  it("swaps the bytes of big-endian data", () => {
    const floats = "{'descr': '>f4', 'fortran_order': False, 'shape': (3,), }";
    expect(readNpy(npyFile(floats, "000000003f80000040000000", 2)).data).toEqual(Float32Array.of(0, 1, 2));
    const integers = "{'descr': '>u8', 'fortran_order': False, 'shape': (2,), }";
    expect(readNpy(npyFile(integers, "00000000000000010000000000000002", 3)).data).toEqual(BigUint64Array.of(1n, 2n));
  });

  it("takes '=', '|' and no sign for the byte order of the machine", () => {
    for (const descr of ["=i4", "|i4", "i4"]) {
      const bytes = new Uint8Array(Int32Array.of(-5).buffer);
      const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (1,)}`;
      expect(readNpy(npyFile(header, Buffer.from(bytes).toString("hex"))).data).toEqual(Int32Array.of(-5));
    }
  });

  it("reads a header in any order, with Python 2's long integers, double quotes and loose white space", () => {
    const header = `{ "shape" : ( 2L , ) ,\n u'fortran_order':False,\t'descr':"|u1"}`;
    expect(readNpy(npyFile(header, "0102"))).toEqual({ data: Uint8Array.of(1, 2), shape: [2], strides: [1] });
  });

  it("reads data that begins at an odd place of its buffer", () => {
    const file = writeNpy({ data: Float64Array.of(1, 2), shape: [2] });
    const shifted = new Uint8Array(file.length + 1);
    shifted.set(file, 1);
    expect(readNpy(shifted.subarray(1)).data).toEqual(Float64Array.of(1, 2));
  });

  /** What `numpy.dtype` makes of each spelling, in the terms of this package; asked of NumPy 2.4 on Linux; `float_`, `int0` and `uint0` are of NumPy 1. */
  const SPELLINGS: Readonly<Record<Dtype, string>> = {
    float64: "f8 d float64 double float float_",
    float32: "f4 f float32 single",
    int8: "i1 b int8 byte",
    int16: "i2 h int16 short",
    int32: "i4 i int32 intc",
    int64: "i8 q l p n int64 longlong long intp int int_ int0 i08",
    uint8: "u1 B uint8 ubyte",
    uint16: "u2 H uint16 ushort",
    uint32: "u4 I uint32 uintc",
    uint64: "u8 Q L P N uint64 ulonglong ulong uintp uint uint0",
  };

  it.each(DTYPE_NAMES)(
    "reads every spelling of %s, in every byte order, version, order of axes and alignment",
    (dtype) => {
      const values = [1, 2, 3, 4, 5, 6].map((value) => (isBig(dtype) ? BigInt(value) : value));
      for (const spelling of SPELLINGS[dtype].split(" ")) {
        for (const sign of ["<", ">", "=", "|", ""]) {
          for (const version of [1, 2, 3]) {
            // Without the padding, data begins wherever the header ends: a space more moves it by a byte.
            const order = version === 2 ? "True" : "False";
            const header = `{'descr': '${sign}${spelling}', 'fortran_order': ${order}, 'shape': (3, 2), }`;
            const data = hexBytes(encode(values, dtype, sign === ">"));
            const spaces = " ".repeat(version + header.length);
            const file = rawNpyFile(header + spaces, data, version);
            for (const bytes of [file, Buffer.from(file), Buffer.concat([Buffer.alloc(3), file]).subarray(3)]) {
              const array = readNpy(bytes);
              expect(dtypeOfArray(array.data)).toBe(dtype);
              expect([...array.data]).toEqual(values);
              expect(array.strides).toEqual(version === 2 ? [1, 3] : [2, 1]);
            }
          }
        }
      }
    },
  );

  it("leaves the bytes of the file as they are", () => {
    const file = Buffer.from(npyFile("{'descr': '>f8', 'fortran_order': False, 'shape': (1,), }", "3ff8000000000000"));
    const before = hexBytes(file);
    expect(readNpy(file).data).toEqual(Float64Array.of(1.5));
    expect(hexBytes(file)).toBe(before);
  });

  it.each([
    [
      [0, 2 ** 53 - 1],
      [2 ** 53 - 1, 1],
      [1, 1],
    ],
    [
      [2 ** 53 - 1, 0],
      [1, 1],
      [1, 2 ** 53 - 1],
    ],
    [
      [0, 2 ** 53 - 1, 2 ** 53 - 1],
      [0, 0, 0],
      [1, 1, 2 ** 53 - 1],
    ],
    [
      [2 ** 53 - 1, 2 ** 53 - 1, 0],
      [2 ** 53 - 1, 1, 1],
      [0, 0, 0],
    ],
  ])("reads the shape %j of no element, with strides that are integers", (shape, strides, fortranStrides) => {
    const header = (order: string): string =>
      `{'descr': '<f8', 'fortran_order': ${order}, 'shape': (${shape.join(", ")}), }`;
    expect(readNpy(rawNpyFile(header("False"), ""))).toEqual({ data: new Float64Array(0), shape, strides });
    expect(readNpy(rawNpyFile(header("True"), ""))).toEqual({
      data: new Float64Array(0),
      shape,
      strides: fortranStrides,
    });
  });
});

describe("writeNpy", () => {
  it("writes what NumPy writes, byte for byte", () => {
    for (const { header, data } of NUMPY_FILES) {
      const file = npyFile(header, data);
      expect(hexBytes(writeNpy(readNpy(file)))).toBe(hexBytes(file));
    }
  });

  it("begins data at a multiple of 64, as NumPy does where the header fills its line exactly", () => {
    for (let axes = 0; axes < 40; axes++) {
      const shape = new Array<number>(axes).fill(1);
      const file = writeNpy({ data: Int8Array.of(3), shape });
      expect(file.length % 64).toBe(1);
      expect(readNpy(file).shape).toEqual(shape);
    }
  });

  it("writes headers that version 1.0 cannot count in version 2.0, aligned, and reads them back", () => {
    for (const axes of [100, 21_000, 21_900, 30_000]) {
      const shape = new Array<number>(axes).fill(1);
      const file = writeNpy({ data: Float64Array.of(2.5), shape });
      expect(file[6]).toBe(axes < 21_500 ? 1 : 2);
      expect(file.length % 64).toBe(8);
      expect(readNpy(file)).toMatchObject({ data: Float64Array.of(2.5), shape });
    }
  });

  it("writes any layout in C order, and every dtype comes back", () => {
    fc.assert(
      fc.property(layouts(), ({ dtype, data, shape, strides, offset }) => {
        const back = readNpy(writeNpy({ data, shape, strides, offset }));
        expect(dtypeOfArray(back.data)).toBe(dtype);
        expect(back.shape).toEqual(shape);
        expect(back.strides).toEqual(rowMajorStrides(shape));
        expect([...back.data]).toEqual(elementsOf(data, shape, strides, offset));
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  it("reads back every dtype in Fortran order and either byte order", () => {
    fc.assert(
      fc.property(layouts(), fc.boolean(), fc.boolean(), ({ dtype, shape, values }, fortran, big) => {
        const count = elementCount(shape);
        const descr = `${big ? ">" : "<"}${dtype[0]}${arrayOf(dtype).BYTES_PER_ELEMENT}`;
        const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
        const header = `{'descr': '${descr}', 'fortran_order': ${fortran ? "True" : "False"}, 'shape': ${tuple}, }`;
        const file = npyFile(header, hexBytes(encode(values.slice(0, count), dtype, big)));
        const { data, strides } = readNpy(file);
        expect([...data]).toEqual(values.slice(0, count));
        const expected = fortran ? rowMajorStrides([...shape].reverse()).reverse() : rowMajorStrides(shape);
        expect(strides).toEqual(expected);
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

type Values = (number | bigint)[];

/** A buffer of small integers, read through strides of any sign that stay inside it. */
function layouts() {
  return fc
    .record({
      dtype: fc.constantFrom(...DTYPE_NAMES),
      shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
      steps: fc.array(fc.integer({ min: -3, max: 5 }), { minLength: 3, maxLength: 3 }),
      integers: fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 64, maxLength: 64 }),
    })
    .map(({ dtype, shape, steps, integers }) => {
      const strides = shape.map((_, axis) => steps[axis] as number);
      const back = shape.map((size, axis) => Math.min(0, (strides[axis] as number) * (size - 1)));
      const offset = back.reduce((sum, reach) => sum - reach, 0);
      const values: Values = integers.map((value) => (isBig(dtype) ? BigInt(value) : value));
      return { dtype, shape, strides, offset, values, data: typed(values, dtype) };
    });
}

function typed(values: Values, dtype: Dtype): TypedArray {
  const data = new (arrayOf(dtype))(values.length);
  values.forEach((value, at) => (data[at] = value as never));
  return data;
}

function elementsOf(data: TypedArray, shape: readonly number[], strides: readonly number[], at: number): Values {
  if (shape.length === 0) return [data[at] as number];
  const [size, stride] = [shape[0] as number, strides[0] as number];
  return Array.from({ length: size }, (_, i) => i).flatMap((i) =>
    elementsOf(data, shape.slice(1), strides.slice(1), at + i * stride),
  );
}

/** Encodes with a DataView, which knows both byte orders. */
function encode(values: Values, dtype: Dtype, big: boolean): Uint8Array {
  const width = arrayOf(dtype).BYTES_PER_ELEMENT;
  const view = new DataView(new ArrayBuffer(values.length * width));
  const setters: Record<Dtype, (at: number, value: never) => void> = {
    float64: (at, value) => view.setFloat64(at, value, !big),
    float32: (at, value) => view.setFloat32(at, value, !big),
    int8: (at, value) => view.setInt8(at, value),
    int16: (at, value) => view.setInt16(at, value, !big),
    int32: (at, value) => view.setInt32(at, value, !big),
    int64: (at, value) => view.setBigInt64(at, value, !big),
    uint8: (at, value) => view.setUint8(at, value),
    uint16: (at, value) => view.setUint16(at, value, !big),
    uint32: (at, value) => view.setUint32(at, value, !big),
    uint64: (at, value) => view.setBigUint64(at, value, !big),
  };
  values.forEach((value, at) => setters[dtype](at * width, value as never));
  return new Uint8Array(view.buffer);
}
