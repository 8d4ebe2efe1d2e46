import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { emitKernel } from "../../src/emit/kernel.ts";
import { arrayNameOf } from "../../src/ir/dtype.ts";
import type { Kernel, Statement } from "../../src/loops/kernel.ts";
import { at, binary, kernelOf, load, naiveMatmul, operand, output, stationaryMatmul } from "../support/kernels.ts";

/** A product of n x n matrices without a loop. */
function unrolledMatmul(n: number): Kernel {
  const [a, b, out] = [operand("a", n * n), operand("b", n * n), output("out", n * n)];
  const indices = Array.from({ length: n }, (_, index) => index);
  const body = indices.flatMap((i) =>
    indices.map((k): Statement => {
      const products = indices.map((j) => binary("mul", load(a, at(n * i + j)), load(b, at(n * j + k))));
      const value = products.reduce((left, right) => binary("add", left, right));
      return { kind: "store", buffer: out, address: at(n * i + k), value };
    }),
  );
  return kernelOf("matmul", [a, b], out, ...body);
}

describe("the estimate of bytecode", () => {
  it.each([
    ["loops", naiveMatmul()],
    ["32-bit loops", naiveMatmul("int32")],
    ["a stationary row", stationaryMatmul()],
    ["27 products", unrolledMatmul(3)],
    ["512 products", unrolledMatmul(8)],
  ])("is within an eighth of what V8 says of %s", (_, kernel) => {
    const { main } = emitKernel(kernel, { target: "javascript", documentation: [] });
    const arrays = [...kernel.operands, kernel.output].map(
      ({ dtype, length }) => `new ${arrayNameOf(dtype)}(${length})`,
    );
    const call = `matmul(${arrays.join(", ")})`;
    const text = emitKernel(kernel, { target: "javascript", documentation: [] }).text.replace("export ", "");
    const flags = ["--print-bytecode", "--print-bytecode-filter=matmul"];
    const printed = execFileSync(process.execPath, [...flags, "--eval", `${text};${call}`], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    const actual = Number(/^Bytecode length: (\d+)$/m.exec(printed)?.[1]);
    expect(main.bytecode / actual).toBeGreaterThan(7 / 8);
    expect(main.bytecode / actual).toBeLessThan(9 / 8);
  });

  it("stops a function that V8 would never optimise", () => {
    expect(() => emitKernel(unrolledMatmul(13), { target: "javascript", documentation: [] })).toThrow(
      /^function matmul would take about \d+ bytes of bytecode, more than the 50000 that V8 optimises: combine fewer operands in one step$/,
    );
  });
});
