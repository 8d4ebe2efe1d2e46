/** What programs do with symbolic tensors: the worked example, fused kernels, and the ways to hand in arrays. */
import { describe, expect, it } from "vitest";
import {
  add,
  concatenate,
  div,
  exp,
  max,
  mul,
  pad,
  relu,
  sub,
  symbol,
  symbols,
  tensor,
  type LazySymbol,
  type LazyTensor,
} from "../../src/lazy/index.ts";
import { compile } from "../../src/index.ts";
import { emitModule } from "../../src/writer/index.ts";
import { evaluateSource } from "../support/evaluate.ts";

const [i, j, k] = symbols("i j k") as [LazySymbol, LazySymbol, LazySymbol];

function ramp(length: number): Float64Array {
  return Float64Array.from({ length }, (_, at) => (at % 7) - 3);
}

function valuesOf(result: { readonly data: ArrayLike<number | bigint> }): (number | bigint)[] {
  return Array.from(result.data);
}

describe("the worked example", () => {
  const X = tensor(symbol("x"));
  const W = tensor(symbol("k"));
  const [c, s, so, w] = symbols("c s so w") as [LazySymbol, LazySymbol, LazySymbol, LazySymbol];
  const C = tensor(128, 20);
  const XB = mul(C.to(c, s), X.to(s));
  const cols = XB.to([c, so, w], { where: [[s, so.plus(w.times(2))]] });
  const Y = cols.mul(W.to(w)).sum(w);
  Y.setSize(128, 16);
  Y.unify();

  it("solves for the shapes of its inputs", () => {
    expect([X.shape, W.shape, Y.shape]).toEqual([[20], [3], [128, 16]]);
  });

  it("is one contraction of three operands, on a path of its own", () => {
    const { contractions, paths } = Y.kernel;
    expect(contractions).toHaveLength(1);
    expect(paths[0]?.path).toHaveLength(2);
    expect(paths[0]?.spec).toBe("c (so + 2*w), (so + 2*w), w -> c so");
  });

  it("gives the right numbers, its arrays named after its variables", () => {
    const [x, weights, scale] = [ramp(20), ramp(3), ramp(2560)];
    const found = Y.compute({ X: x, W: weights, C: scale });
    const expected = Array.from({ length: 128 * 16 }, (_, at) => {
      const [row, out] = [Math.floor(at / 16), at % 16];
      const part = (tap: number): number =>
        (scale[20 * row + out + 2 * tap] ?? NaN) * (x[out + 2 * tap] ?? NaN) * (weights[tap] ?? NaN);
      return part(0) + part(1) + part(2);
    });
    expect([found.shape, valuesOf(found)]).toEqual([[128, 16], expected]);
    expect(valuesOf(Y.compute({ C: scale, W: weights, X: x }))).toEqual(expected);
    expect(valuesOf(Y.compute([x, weights, scale]))).toEqual(expected);
    expect(
      valuesOf(
        Y.compute(
          new Map([
            [C, scale],
            [W, weights],
            [X, x],
          ]),
        ),
      ),
    ).toEqual(expected);
  });

  it("shows its loops with their sizes", () => {
    const lines = Y.loopTree.split("\n").map((line) => line.replace(/ unroll \d+$/, ""));
    expect(lines.slice(-5)).toEqual([
      "// out[c, so] = sum over w of d[c, so + 2*w] * t0[so, w]",
      "nest out[16*c + so] sum= d[20*c + 2*w + so] * t0[3*so + w]",
      "  for c 128",
      "  for so 16",
      "  for w 3 unrolled",
    ]);
  });
});

describe("fusion", () => {
  function convolution(): Readonly<Record<"x" | "w" | "y", LazyTensor>> {
    const [o, ic, y, tap] = symbols("o ic y tap") as [LazySymbol, LazySymbol, LazySymbol, LazySymbol];
    const length = symbol("length");
    const x = tensor(ic, length, { name: "x" });
    const w = tensor(o, ic, tap, { name: "w" });
    const b = tensor(o, { name: "b" });
    const windows = x.to([ic, y, tap], { where: [[length, y.plus(tap).minus(1)]] });
    return { x, w, y: relu(add(mul(windows, w).sum(ic, tap), b)).to(o, y) };
  }

  it("makes relu(conv(x, w) + b) one contraction, whose module has one kernel", () => {
    const { x, w, y } = convolution();
    const arrays = { x: { data: ramp(100), shape: [2, 50] }, w: { data: ramp(18), shape: [3, 2, 3] }, b: ramp(3) };
    const found = y.compute(arrays);
    const expected = Array.from({ length: 150 }, (_, at) => {
      const [o, place] = [Math.floor(at / 50), at % 50];
      let sum = arrays.b[o] ?? NaN;
      for (let ic = 0; ic < 2; ic++) {
        for (let tap = 0; tap < 3; tap++) {
          const from = place + tap - 1;
          if (from >= 0 && from < 50)
            sum += (arrays.x.data[50 * ic + from] ?? NaN) * (arrays.w.data[6 * o + 3 * ic + tap] ?? NaN);
        }
      }
      return Math.max(sum, 0);
    });
    expect([found.shape, valuesOf(found)]).toEqual([[3, 50], expected]);
    x.setSize(2, 50);
    w.setSize(3, 2, 3);
    const { contractions, source } = y.compile({ name: "convolution" });
    expect(contractions).toHaveLength(1);
    expect(source.main.documentation[0]).toBe("`ic (y + tap - 1), o ic tap -> o y`, then relu(out + b[o])");
    const run = evaluateSource(source);
    expect([...run(arrays.x.data, arrays.w.data, arrays.b)]).toEqual(expected);
  });

  it("puts the activation of an operand into its padded copy", () => {
    const [n, y, tap] = symbols("n y tap") as [LazySymbol, LazySymbol, LazySymbol];
    const x = tensor(n, { name: "x" });
    const w = tensor(tap, { name: "w" });
    const windows = relu(x).to([y, tap], { where: [[n, y.plus(tap).minus(1)]] });
    const result = windows.mul(w).sum(tap).setSize(40);
    w.setSize(3);
    expect(result.kernel.contractions).toHaveLength(1);
    expect(result.loopTree.split("\n").slice(0, 2)).toEqual([
      "// Copies x into xPadded, whose border holds 0.",
      "nest xPadded[y + 1] = relu(x[y])",
    ]);
    const found = valuesOf(result.compute({ x: Float64Array.from({ length: 40 }, (_, at) => at - 20), w: [1, 1, 1] }));
    expect(found.slice(19, 24)).toEqual([0, 1, 3, 6, 9]);
  });

  it("computes a softmax in four nests, what is used twice once", () => {
    const x = tensor(i, j, { name: "x" });
    const shifted = exp(sub(x, x.max(j)));
    const y = div(shifted, shifted.sum(j)).setSize(2, 3);
    expect(y.kernel.contractions).toHaveLength(4);
    expect(y.kernel.source.text.match(/Math\.exp/g)).toHaveLength(6);
    const found = valuesOf(
      y.compute({
        x: [
          [1, 2, 3],
          [5, 5, 5],
        ],
      }),
    ) as number[];
    const total = 1 + Math.exp(-1) + Math.exp(-2);
    const expected = [Math.exp(-2) / total, Math.exp(-1) / total, 1 / total, 1 / 3, 1 / 3, 1 / 3];
    found.forEach((value, at) => expect(value).toBeCloseTo(expected[at] ?? NaN, 15));
  });

  it("reads what differs for each value of an index in the nest that reduces it", () => {
    const [points, centres] = [tensor(i, k, { name: "points" }), tensor(j, k, { name: "centres" })];
    const distances = points.sub(centres).pow(2).sum(k).to(i, j).setSize(2, 2);
    points.setSize(2, 3);
    expect(distances.kernel.contractions).toHaveLength(1);
    const found = distances.compute({
      points: [
        [0, 0, 0],
        [1, 2, 3],
      ],
      centres: [
        [1, 1, 1],
        [0, 0, 4],
      ],
    });
    expect(valuesOf(found)).toEqual([3, 16, 5, 6]);
  });
});

describe("large graphs", () => {
  it("stay small: what is used twice is computed once, and long chains are cut", () => {
    const x = tensor(2, { name: "x" });
    let doubled: LazyTensor = x;
    for (let step = 0; step < 40; step++) doubled = doubled.add(doubled);
    expect(valuesOf(doubled.compute({ x: [1, 3] }))).toEqual([2 ** 40, 3 * 2 ** 40]);
    expect(doubled.kernel.contractions.length).toBeLessThan(10);
    let chain: LazyTensor = x;
    for (let step = 0; step < 500; step++) chain = chain.add(1).relu();
    expect(valuesOf(chain.compute({ x: [1, -3] }))).toEqual([501, 499]);
    let nested: LazyTensor = x;
    for (let step = 0; step < 12; step++) nested = nested.silu();
    const silu = (value: number): number => value / (1 + Math.exp(-value));
    const expected = [1, 3].map((value) => Array.from({ length: 12 }).reduce<number>((result) => silu(result), value));
    expect(valuesOf(nested.compute({ x: [1, 3] }))).toEqual(expected);
  });

  it("have axes of size 0, and scalars", () => {
    const empty = tensor(0, 3, { name: "empty" });
    const given = { empty: new Float64Array(0) };
    expect(valuesOf(empty.sum([0]).add(1).compute(given))).toEqual([1, 1, 1]);
    expect(empty.mul(2).compute(given)).toEqual({ data: new Float64Array(0), shape: [0, 3] });
    const [x, scalar] = [tensor(3, { name: "x" }), tensor({ name: "scalar" })];
    expect(
      valuesOf(
        scalar
          .mul(x)
          .sum()
          .compute({ x: [1, 2, 3], scalar: 2 }),
      ),
    ).toEqual([12]);
  });
});

describe("views", () => {
  it("permute, repeat, take diagonals, split and merge", () => {
    const a = tensor(2, 3, { name: "a" });
    const given = {
      a: [
        [1, 2, 3],
        [4, 5, 6],
      ],
    };
    expect(valuesOf(a.to(i, j).to(j, i).compute(given))).toEqual([1, 4, 2, 5, 3, 6]);
    const repeated = a.to(i, j).to(i, k, j).setSize(2, 2, 3);
    expect(valuesOf(repeated.compute(given))).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    const n = symbol("n");
    const flat = a.to(i, j).to([n], { where: [[n, i.times(j.size).plus(j)]] });
    expect([flat.compute(given).shape, valuesOf(flat.compute(given))]).toEqual([[6], [1, 2, 3, 4, 5, 6]]);
    const [h, w] = symbols("h w") as [LazySymbol, LazySymbol];
    const split = flat.to([h, w], { where: [[n, h.times(w.size).plus(w)]] }).setSize(3, 2);
    expect([split.compute(given).shape, valuesOf(split.sum(w).compute(given))]).toEqual([
      [3, 2],
      [3, 7, 11],
    ]);
    const square = tensor(2, 2, { name: "a" }).to(i, j);
    const d = symbol("d");
    expect(
      valuesOf(
        square
          .to([d], {
            where: [
              [i, d],
              [j, d],
            ],
          })
          .compute({
            a: [
              [1, 2],
              [3, 4],
            ],
          }),
      ),
    ).toEqual([1, 4]);
  });

  it("pad, crop and concatenate", () => {
    const a = tensor(3, { name: "a" });
    const given = { a: [1, 2, 3] };
    expect(valuesOf(pad(a, [[1, 2]]).compute(given))).toEqual([0, 1, 2, 3, 0, 0]);
    expect(valuesOf(pad(a, [[2, 0]], -Infinity).compute(given))).toEqual([-Infinity, -Infinity, 1, 2, 3]);
    expect(valuesOf(pad(a, [[-1, 1]], 1).compute(given))).toEqual([2, 3, 1]);
    expect(valuesOf(pad(a, [[0, -2]]).compute(given))).toEqual([1]);
    for (const value of [-1, 2.5, -1e300, 7, Infinity, NaN]) {
      expect(valuesOf(pad(a, [[1, 1]], value).compute(given))).toEqual([value, 1, 2, 3, value]);
      expect(
        valuesOf(
          pad(a, [[0, 2]], value)
            .mul(2)
            .sum()
            .compute(given),
        ),
      ).toEqual([2 * (6 + 2 * value)]);
    }
    const whole = { uint8: 255, int16: -32768, int32: 1e9, int64: -(2 ** 52), uint64: 2 ** 52 } as const;
    for (const [dtype, value] of Object.entries(whole) as [keyof typeof whole, number][]) {
      const padded = pad(tensor(2, { dtype, name: "a" }), [[1, 0]], value).compute({ a: [3, 4] });
      expect(Array.from(padded.data as ArrayLike<number | bigint>, Number)).toEqual([value, 3, 4]);
    }
    const b = tensor(2, { name: "b" });
    expect(valuesOf(concatenate([a, b, a]).compute({ ...given, b: [8, 9] }))).toEqual([1, 2, 3, 8, 9, 1, 2, 3]);
  });

  it("pool with what is read outside below everything", () => {
    const [n, y, tap] = symbols("n y tap") as [LazySymbol, LazySymbol, LazySymbol];
    const x = tensor(n, { name: "x" });
    const windows = x.to([y, tap], { where: [[n, y.times(2).plus(tap).minus(1)]], outside: -Infinity });
    windows.setSize(3, 3);
    const pooled = windows.max(tap);
    const found = pooled.compute({ x: { data: Float64Array.of(-5, -4, -3, -2, -1), shape: [5] } });
    expect(valuesOf(found)).toEqual([-4, -2, -1]);
    expect(pooled.kernel.contractions).toHaveLength(1);
  });

  it("pool without branches, borders peeled, where nothing else is computed", () => {
    const [c, n, y, tap] = symbols("c n y tap") as [LazySymbol, LazySymbol, LazySymbol, LazySymbol];
    const x = tensor(c, n, { name: "x", dtype: "float32" });
    const windows = x.to([c, y, tap], { where: [[n, y.times(2).plus(tap).minus(1)]], outside: -Infinity });
    windows.setSize(4, 500, 3);
    const pooled = windows.max(tap);
    const data = Float32Array.from({ length: 4000 }, (_, at) => ((at * 37) % 101) - 50);
    const expected = Array.from({ length: 2000 }, (_, at) => {
      const [row, first] = [Math.floor(at / 500), 2 * (at % 500) - 1];
      return Math.max(...data.subarray(1000 * row + Math.max(0, first), 1000 * row + Math.min(1000, first + 3)));
    });
    const given = { x: { data, shape: [4, 1000] } };
    expect(valuesOf(pooled.compute(given))).toEqual(expected);
    expect(pooled.kernel.kernel.output).toMatchObject({ dtype: "int32", bitsOf: "float32" });
    expect(pooled.kernel.kernel.scratch).toEqual([]);
    const doubled = pooled.mul(2);
    expect(valuesOf(doubled.compute(given))).toEqual(expected.map((value) => 2 * value));
    expect(doubled.kernel.kernel.output).not.toHaveProperty("bitsOf");
  });
});

describe("alignment", () => {
  it("meets axes without names from the right, as NumPy does", () => {
    const [a, b, row, column] = [tensor(2, 3), tensor(2, 3), tensor(3), tensor(2, 1)];
    const data = [
      [1, 2, 3],
      [4, 5, 6],
    ];
    expect(valuesOf(add(a, b).compute([data, data]))).toEqual([2, 4, 6, 8, 10, 12]);
    expect(valuesOf(mul(a, row).compute([data, [1, 10, 100]]))).toEqual([1, 20, 300, 4, 50, 600]);
    expect(valuesOf(sub(column, a).compute([data, [[1], [4]]]))).toEqual([0, -1, -2, 0, -1, -2]);
    expect(valuesOf(sub(1, a).sum(0).compute([data]))).toEqual([-3, -5, -7]);
    expect(valuesOf(max(a, 4).min([-1]).compute([data]))).toEqual([4, 4]);
  });
});

describe("dtypes", () => {
  it("keep integers where operations are exact in them, and promote as NumPy does elsewhere", () => {
    const a = tensor(3, { name: "a", dtype: "int8" });
    const b = tensor(3, { name: "b", dtype: "int16" });
    const given = { a: Int8Array.of(-128, 100, 7) };
    expect(a.neg().compute(given).data).toEqual(Int8Array.of(-128, -100, -7));
    expect(a.add(a).compute(given).data).toEqual(Int8Array.of(0, -56, 14));
    expect(
      a
        .add(a)
        .mul(b)
        .compute({ ...given, b: Int16Array.of(1, 2, 3) }).data,
    ).toEqual(Int16Array.of(0, -112, 42));
    expect(a.exp().dtype).toBe("float64");
    expect(a.mean().compute(given).data).toEqual(Float64Array.of(-7));
    expect(a.relu().sum().compute(given).data).toEqual(Int8Array.of(107));
    const big = tensor(2, { name: "a", dtype: "int64" });
    expect(
      big
        .mul(3)
        .max(0)
        .compute({ a: BigInt64Array.of(-5n, 7n) }).data,
    ).toEqual(BigInt64Array.of(0n, 21n));
    const single = tensor(2, { name: "a", dtype: "float32" });
    expect(single.sqrt().compute({ a: Float32Array.of(4, 9) }).data).toEqual(Float32Array.of(2, 3));
  });
});

describe("inputs", () => {
  it("give open sizes by their shapes, and take any strides", () => {
    const a = tensor(i, j, { name: "a" });
    const data = { data: ramp(6), shape: [3, 2], strides: [1, 3] };
    const found = a.mul(2).compute({ a: data });
    expect([found.shape, valuesOf(found)]).toEqual([
      [3, 2],
      [-6, 0, -4, 2, -2, 4],
    ]);
    const wider = a.mul(2).compute({ a: { data: ramp(8), shape: [2, 4] } });
    expect(wider.shape).toEqual([2, 4]);
  });

  it("are called by their names, by letters that no index has, or in order", () => {
    const a = tensor(symbol("a"));
    const named = a.named("weights");
    expect(
      a
        .mul(1)
        .setSize(2)
        .kernel.inputs.map(({ name }) => name),
    ).toEqual(["b"]);
    expect(valuesOf(named.mul(2).compute({ weights: [1, 2] }))).toEqual([2, 4]);
    const scalar = tensor({ name: "scalar" });
    expect(scalar.add(1).compute({ scalar: 2 })).toEqual({ data: Float64Array.of(3), shape: [] });
  });
});

describe("the kernel", () => {
  it("is one module, in memory and on disk", async () => {
    const x = tensor(2, 3, { name: "x" });
    const y = x.sub(x.mean([1])).relu();
    const compiled = y.compile({ name: "centred", target: "typescript" });
    const text = await emitModule(compiled, { description: "Centres rows." });
    expect(text).toContain(
      "export function centred(x: Float64Array, out: Float64Array = new Float64Array(6)): Float64Array {",
    );
    const run = evaluateSource(y.compile({ name: "centred" }).source);
    expect([...run(Float64Array.of(1, 2, 3, 4, 5, 9))]).toEqual([0, 0, 1, 0, 0, 3]);
  });

  it("is the one that a spec gives, for the same contraction", () => {
    const [a, b] = [tensor(i, j), tensor(j, k)];
    const product = mul(a, b).sum(j).setSize(4, 6);
    a.setSize(4, 5);
    const shapes = [
      [4, 5],
      [5, 6],
    ];
    expect(product.kernel.source.main.body).toBe(compile("ij,jk->ik", { shapes }).source.main.body);
  });
});
