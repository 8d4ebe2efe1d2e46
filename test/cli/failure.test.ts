import { describe, expect, it } from "vitest";
import { reportFailure } from "../../src/cli/program.ts";
import { InternalError, UnsupportedError } from "../../src/support/errors.ts";
import { runCli } from "./harness.ts";

function report(error: unknown): { code: number; stderr: string } {
  let stderr = "";
  const output = { write: (text: string) => (stderr += text), isTerminal: false };
  const code = reportFailure(error, { stdout: output, stderr: output, cwd: "/", env: {} });
  return { code, stderr };
}

describe("reportFailure", () => {
  it("asks to report a bug, with its stack, and exits with 3", () => {
    const { code, stderr } = report(new InternalError("a loop has no index"));
    expect(code).toBe(3);
    expect(stderr).toMatch(
      /^error: a loop has no index \(this is a bug in einsmith, please report it\)\n( {4}at .*\n)+$/,
    );
    expect(report(new RangeError("too long")).stderr).toMatch(
      /^error: RangeError: too long \(this is a bug in einsmith, please report it\)\n( {4}at .*\n)+$/,
    );
    expect(report("nothing")).toEqual({
      code: 3,
      stderr: "error: nothing (this is a bug in einsmith, please report it)\n",
    });
  });

  it("shows no stack for what is not supported yet, and exits with 1", () => {
    expect(report(new UnsupportedError("complex numbers are not supported yet"))).toEqual({
      code: 1,
      stderr: "error: complex numbers are not supported yet\n",
    });
  });
});

describe("hostile names", () => {
  it.each([
    ["__proto__", "__proto__"],
    ["constructor", "constructor"],
    ["*/", "*/"],
    ["`${process.exit(9)}`", "`${process.exit(9)}`"],
    ["a\u2028b\nc", "a\u00b7b\u00b7c"],
  ])("are only names: %j", async (name, shown) => {
    expect(await runCli(["compile", "ij->ji", "--shape", "2,3", "--size", `${name}=3`])).toEqual({
      code: 1,
      stdout: "",
      stderr:
        `error: --size gives '${shown}', which is no index of the spec [unknown-size]\n` +
        "    ij->ji\n  remedy: leave it out, or name an index of the spec\n",
    });
  });
});
