import { describe, expect, it } from "vitest";
import { emitKernel } from "../../src/emit/kernel.ts";
import type { Kernel } from "../../src/loops/kernel.ts";
import { verifyKernel } from "../../src/loops/verify-kernel.ts";
import { naiveMatmul, paddedMean, stationaryMatmul } from "../support/kernels.ts";
import { anyAndAll, largestProduct, longSum, mixedSum, remainder, smallestBig } from "./samples.ts";

function emitted(kernel: Kernel): string {
  verifyKernel(kernel);
  return emitKernel(kernel, { target: "javascript", documentation: [] }).text;
}

describe("emitKernel, to JavaScript", () => {
  it("writes a matrix product as a hand would", () => {
    expect(emitted(naiveMatmul())).toBe(`export function matmul(a, b, out = new Float64Array(20)) {
  if (a.length < 12) throw new RangeError("matmul: a needs 12 elements, found " + a.length);
  if (b.length < 15) throw new RangeError("matmul: b needs 15 elements, found " + b.length);
  if (out.length !== 20) throw new RangeError("matmul: out must have 20 elements, found " + out.length);
  for (let i = 0; i < 4; i++) {
    for (let k = 0; k < 5; k++) {
      let acc0 = 0;
      for (let j = 0; j < 3; j++) {
        acc0 += a[3 * i + j] * b[5 * j + k];
      }
      out[5 * i + k] = acc0;
    }
  }
  return out;
}
`);
  });

  it("keeps a 32-bit accumulator wrapped", () => {
    expect(emitted(naiveMatmul("int32"))).toBe(`export function matmul(a, b, out = new Int32Array(20)) {
  if (a.length < 12) throw new RangeError("matmul: a needs 12 elements, found " + a.length);
  if (b.length < 15) throw new RangeError("matmul: b needs 15 elements, found " + b.length);
  if (out.length !== 20) throw new RangeError("matmul: out must have 20 elements, found " + out.length);
  for (let i = 0; i < 4; i++) {
    for (let k = 0; k < 5; k++) {
      let acc0 = 0;
      for (let j = 0; j < 3; j++) {
        acc0 = (acc0 + Math.imul(a[3 * i + j], b[5 * j + k])) | 0;
      }
      out[5 * i + k] = acc0;
    }
  }
  return out;
}
`);
  });

  it("keeps a 64-bit accumulator wrapped", () => {
    expect(emitted(naiveMatmul("int64"))).toBe(`export function matmul(a, b, out = new BigInt64Array(20)) {
  if (a.length < 12) throw new RangeError("matmul: a needs 12 elements, found " + a.length);
  if (b.length < 15) throw new RangeError("matmul: b needs 15 elements, found " + b.length);
  if (out.length !== 20) throw new RangeError("matmul: out must have 20 elements, found " + out.length);
  for (let i = 0; i < 4; i++) {
    for (let k = 0; k < 5; k++) {
      let acc0 = 0n;
      for (let j = 0; j < 3; j++) {
        acc0 = BigInt.asIntN(64, acc0 + a[3 * i + j] * b[5 * j + k]);
      }
      out[5 * i + k] = acc0;
    }
  }
  return out;
}
`);
  });

  it("adds a row of products to the output at once", () => {
    expect(emitted(stationaryMatmul())).toBe(`export function matmul(a, b, out = new Float64Array(20)) {
  if (a.length < 12) throw new RangeError("matmul: a needs 12 elements, found " + a.length);
  if (b.length < 15) throw new RangeError("matmul: b needs 15 elements, found " + b.length);
  if (out.length !== 20) throw new RangeError("matmul: out must have 20 elements, found " + out.length);
  out.fill(0);
  for (let i = 0; i < 4; i++) {
    const aAt = 3 * i;
    const a0 = a[aAt];
    const a1 = a[aAt + 1];
    const a2 = a[aAt + 2];
    for (let k = 0; k < 5; k++) {
      out[5 * i + k] += a0 * b[k] + a1 * b[k + 5] + a2 * b[k + 10];
    }
  }
  return out;
}
`);
  });

  it("leaves it to an unsigned array to wrap a sum", () => {
    expect(emitted(stationaryMatmul("uint32"))).toBe(`export function matmul(a, b, out = new Uint32Array(20)) {
  if (a.length < 12) throw new RangeError("matmul: a needs 12 elements, found " + a.length);
  if (b.length < 15) throw new RangeError("matmul: b needs 15 elements, found " + b.length);
  if (out.length !== 20) throw new RangeError("matmul: out must have 20 elements, found " + out.length);
  out.fill(0);
  for (let i = 0; i < 4; i++) {
    const aAt = 3 * i;
    const a0 = a[aAt];
    const a1 = a[aAt + 1];
    const a2 = a[aAt + 2];
    for (let k = 0; k < 5; k++) {
      out[5 * i + k] += Math.imul(a0, b[k]) + Math.imul(a1, b[k + 5]) + Math.imul(a2, b[k + 10]);
    }
  }
  return out;
}
`);
  });

  it("leaves it to an array of BigInts to wrap a sum", () => {
    expect(emitted(stationaryMatmul("uint64"))).toBe(`export function matmul(a, b, out = new BigUint64Array(20)) {
  if (a.length < 12) throw new RangeError("matmul: a needs 12 elements, found " + a.length);
  if (b.length < 15) throw new RangeError("matmul: b needs 15 elements, found " + b.length);
  if (out.length !== 20) throw new RangeError("matmul: out must have 20 elements, found " + out.length);
  out.fill(0n);
  for (let i = 0; i < 4; i++) {
    const aAt = 3 * i;
    const a0 = a[aAt];
    const a1 = a[aAt + 1];
    const a2 = a[aAt + 2];
    for (let k = 0; k < 5; k++) {
      out[5 * i + k] += a0 * b[k] + a1 * b[k + 5] + a2 * b[k + 10];
    }
  }
  return out;
}
`);
  });

  it("gives each of several routines a function, and scratch to the module", () => {
    expect(emitted(paddedMean())).toBe(`const padded = /* @__PURE__ */ new Float64Array(8);

/** copies a into padded */
function mean3Step1(a) {
  for (let x = 0; x < 6; x++) {
    padded[x + 1] = a[x];
  }
}

/** averages windows of 3 */
function mean3Step2(out) {
  for (let x = 0; x < 6; x += 2) {
    out[x] = (padded[x] + padded[x + 1] + padded[x + 2]) / 3;
    out[x + 1] = (padded[x + 1] + padded[x + 2] + padded[x + 3]) / 3;
  }
}

export function mean3(a, out = new Float64Array(6)) {
  if (a.length < 6) throw new RangeError("mean3: a needs 6 elements, found " + a.length);
  if (out.length !== 6) throw new RangeError("mean3: out must have 6 elements, found " + out.length);
  mean3Step1(a);
  mean3Step2(out);
  return out;
}
`);
  });

  it("breaks a long sum at an operator", () => {
    expect(emitted(longSum())).toBe(`export function dot(a, b, out = new Float32Array(1)) {
  if (a.length < 8) throw new RangeError("dot: a needs 8 elements, found " + a.length);
  if (b.length < 8) throw new RangeError("dot: b needs 8 elements, found " + b.length);
  if (out.length !== 1) throw new RangeError("dot: out must have 1 element, found " + out.length);
  out[0] = a[0] * b[7] + a[1] * b[6] + a[2] * b[5] + a[3] * b[4] + a[4] * b[3] + a[5] * b[2] +
    a[6] * b[1] + a[7] * b[0];
  return out;
}
`);
  });

  it("wraps to narrow integers before it compares", () => {
    expect(emitted(largestProduct())).toBe(`export function largest(a, b, out = new Int8Array(1)) {
  if (a.length < 9) throw new RangeError("largest: a needs 9 elements, found " + a.length);
  if (b.length < 9) throw new RangeError("largest: b needs 9 elements, found " + b.length);
  if (out.length !== 1) throw new RangeError("largest: out must have 1 element, found " + out.length);
  let acc0 = -128;
  for (let i = 0; i < 9; i++) {
    acc0 = Math.max(acc0, (Math.imul(a[i], b[8 - i]) << 24) >> 24);
  }
  out[0] = acc0;
  return out;
}
`);
  });

  it("wraps a named sum to 32 bits", () => {
    expect(emitted(mixedSum())).toBe(`export function mixed(a, b, out = new Uint32Array(4)) {
  if (a.length < 4) throw new RangeError("mixed: a needs 4 elements, found " + a.length);
  if (b.length < 4) throw new RangeError("mixed: b needs 4 elements, found " + b.length);
  if (out.length !== 4) throw new RangeError("mixed: out must have 4 elements, found " + out.length);
  for (let i = 0; i < 4; i++) {
    const sum = (a[i] + b[i]) >>> 0;
    out[i] = Math.imul(out[i], sum);
  }
  return out;
}
`);
  });

  it("names what a comparison of BigInts reads twice", () => {
    expect(emitted(smallestBig())).toBe(`export function smallest(a, b, out = new BigInt64Array(1)) {
  if (a.length < 4) throw new RangeError("smallest: a needs 4 elements, found " + a.length);
  if (b.length < 4) throw new RangeError("smallest: b needs 4 elements, found " + b.length);
  if (out.length !== 1) throw new RangeError("smallest: out must have 1 element, found " + out.length);
  out.fill(9223372036854775807n);
  for (let i = 0; i < 4; i++) {
    const x = out[0];
    const x2 = a[i];
    const x3 = BigInt(b[i]);
    const x4 = x2 < x3 ? x2 : x3;
    out[0] = x < x4 ? x : x4;
  }
  return out;
}
`);
  });

  it("writes truth as conditions", () => {
    expect(emitted(anyAndAll())).toBe(`export function some(a, b, out = new Float64Array(4)) {
  if (a.length < 4) throw new RangeError("some: a needs 4 elements, found " + a.length);
  if (b.length < 4) throw new RangeError("some: b needs 4 elements, found " + b.length);
  if (out.length !== 4) throw new RangeError("some: out must have 4 elements, found " + out.length);
  for (let i = 0; i < 4; i++) {
    out[i] = out[i] !== 0 || (a[i] !== 0 && b[i] !== 0) || b[3 - i] !== 0 ? 1 : 0;
  }
  return out;
}
`);
  });

  it("writes blocks, constants and negative coefficients", () => {
    expect(emitted(remainder())).toBe(`const padded = /* @__PURE__ */ new Float32Array(5).fill(-Infinity);

export function remainder(a, out = new Float64Array(5)) {
  if (a.length < 5) throw new RangeError("remainder: a needs 5 elements, found " + a.length);
  if (out.length !== 5) throw new RangeError("remainder: out must have 5 elements, found " + out.length);
  for (let i = 0; i < 4; i += 2) {
    out[i] = a[i] * -2;
  }
  {
    const i = 4;
    out[i] = -0 - (Infinity - NaN);
    padded[4 - i] = (1e21 * 0.5) / (3 * 7);
  }
  return out;
}
`);
  });
});
