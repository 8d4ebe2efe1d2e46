import { describe, expect, it } from "vitest";
import { runCli } from "./harness.ts";

const STRIDED = ["b(2*y+u),ou->boy", "--shape", "2,9", "--shape", "3,3", "--operands", "in,w"];

describe("einsmith compile --grad", () => {
  it("prints the kernel of the gradient by an operand, by its name or its position", async () => {
    const byName = await runCli(["compile", ...STRIDED, "--grad", "w"]);
    const byPosition = await runCli(["compile", ...STRIDED, "--grad", "1"]);
    expect(byName.stderr).toBe("");
    expect(byPosition.stdout).toBe(byName.stdout);
    const module = (await import(`data:text/javascript,${encodeURIComponent(byName.stdout)}`)) as {
      kernel(input: Float64Array, dout: Float64Array): Float64Array;
    };
    const input = Float64Array.from({ length: 18 }, (_, at) => at);
    const ones = new Float64Array(24).fill(1);
    const taps = [0, 1, 2].map((u) => [0, 9].flatMap((b) => [0, 2, 4, 6].map((y) => b + y + u)));
    const sums = taps.map((places) => places.reduce((sum, value) => sum + value, 0));
    expect([...module.kernel(input, ones)]).toEqual([...sums, ...sums, ...sums]);
  });

  it("refuses an operand that there is not", async () => {
    const { code, stdout, stderr } = await runCli(["compile", ...STRIDED, "--grad", "im"]);
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr:
        "error: there is no operand 'im' to take the gradient by [unknown-operand]\n" +
        "  remedy: did you mean 'in'? the operands are in, w\n",
    });
  });
});

describe("einsmith explain --grad", () => {
  it("says which contractions write the gradient", async () => {
    const { stdout } = await runCli(["explain", ...STRIDED, "--grad", "in", "--stage", "contraction"]);
    expect(stdout.split("\n\n")[0]).toBe(
      [
        "the gradient writes each element once, in these contractions:",
        "  din[b, 2*y] = sum over u, o of dout[b, o, y - u padded] * w[o, 2*u]",
        "  din[b, 2*y + 1] = sum over o of dout[b, o, y] * w[o, 1]",
      ].join("\n"),
    );
  });

  it("says what a gradient by a maximum computes first", async () => {
    const argv = ["explain", "c(2*y+u)->cy", "--shape", "2,8", "--size", "u=2", "--reduce", "max", "--grad", "0"];
    const { stdout } = await runCli([...argv, "--stage", "contraction"]);
    expect(stdout.split("\n\n")[0]).toBe(
      [
        "the gradient writes each element once, in these contractions:",
        "  aFirst[c, y] = first max over u of (a[c, 2*y + u], u)",
        "  da[c, 2*y + u] = u == aFirst[c, y] ? dout[c, y] : 0",
      ].join("\n"),
    );
  });

  it("says why a gradient accumulates", async () => {
    const { stdout } = await runCli(["explain", "(2*y+u)->", "--shape", "9", "--size", "u=3", "--grad", "a"]);
    expect(stdout).toContain(
      "the gradient accumulates, as no index of axis 0 of da can be solved for:\n  da[2*y + u] sum= dout",
    );
  });
});
