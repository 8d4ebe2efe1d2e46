/** Who verifies what a compilation made: what prints or writes it, and lazy graphs; not `compile`, nor what runs kernels. */
import { beforeEach, describe, expect, it, vi } from "vitest";
import { compileKernel } from "../../src/cli/compile.ts";
import { compile, compileLayer, einsum, globalAvgPool, globalAvgPoolSpec, jit } from "../../src/index.ts";
import { tensor } from "../../src/lazy/index.ts";
import { verifyCompilation } from "../../src/loops/verify-compilation.ts";
import { verifyKernel } from "../../src/loops/verify-kernel.ts";
import { InternalError } from "../../src/support/errors.ts";

vi.mock("../../src/loops/verify-kernel.ts", { spy: true });

const options = { shapes: [[2]] };
const image = { data: new Float64Array(4), shape: [1, 1, 4] };

describe("a kernel", () => {
  beforeEach(() => void vi.mocked(verifyKernel).mockClear());

  it.each<[string, number, () => unknown]>([
    ["the command line", 1, () => compileKernel("i->", {}, options)],
    ["a lazy graph", 1, () => tensor(2).exp().kernel],
    ["compile", 0, () => compile("i->", options)],
    ["compileLayer", 0, () => compileLayer(globalAvgPoolSpec([1, 1, 4]))],
    ["jit", 0, () => jit("i->", options)],
    ["einsum", 0, () => einsum("uvw->v", image)],
    ["a layer", 0, () => globalAvgPool(image)],
  ])("is verified, or trusted, by %s", (_, times, make) => {
    make();
    expect(verifyKernel).toHaveBeenCalledTimes(times);
  });

  it("is refused as a bug where it is malformed", () => {
    const made = compile("i->", options);
    const kernel = { ...made.kernel, routines: made.kernel.routines.map((routine) => ({ ...routine })) };
    expect(() => verifyCompilation({ ...made, kernel })).not.toThrow();
    const output = { ...kernel.output, length: 0 };
    expect(() => verifyCompilation({ ...made, kernel: { ...kernel, output } })).toThrow(InternalError);
  });
});
