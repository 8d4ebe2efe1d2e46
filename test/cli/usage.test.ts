import { describe, expect, it } from "vitest";
import { runCli } from "./harness.ts";

const SHAPES = ["--shape", "2,3", "--shape", "3,4"];

/** What is printed for wrong usage; nothing goes to stdout. */
async function usageOf(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli(argv);
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  return stderr;
}

describe("wrong usage exits with 2", () => {
  it.each([
    [["compil", "ij->ji"], "error: unknown command 'compil'\n(Did you mean compile?)\n"],
    [["compile"], "error: missing required argument 'spec'\n"],
    [["compile", "ij->ji"], "error: option '-s, --shape <sizes>' is missing: give one for each operand\n"],
    [["compile", "ij->ji", "--shpe", "2,3"], "error: unknown option '--shpe'\n(Did you mean --shape?)\n"],
    [["compile", "ij->ji", "--shape"], "error: option '-s, --shape <sizes>' argument missing\n"],
    [["compile", "ij->ji", "ji", "--shape", "2,3"], TOO_MANY],
    [["run", "ij->ji"], "error: missing required argument 'files'\n"],
    [["generate", "--chek"], "error: unknown option '--chek'\n(Did you mean --check?)\n"],
    [["path", "ij->ji", "--shape", "2,3", "--jsn"], "error: unknown option '--jsn'\n(Did you mean --json?)\n"],
    [
      ["explain", "ij->ji", "--shape", "2,3", "--stage", "path", "--after", "lower"],
      "error: option '--after <pass>' cannot be used with option '--stage <stage>'\n",
    ],
  ])("%j", async (argv, message) => {
    expect(await usageOf(...argv)).toBe(message);
  });

  it.each(["-> i", "->", "-  > i", "-i->i"])("names '--' for a spec that is taken for an option: %s", async (spec) => {
    const hint = `A spec that begins with '-' goes behind '--' and all options: -- '${spec}'\n`;
    for (const command of ["path", "compile", "explain", "run"]) {
      expect(await usageOf(command, spec, "--shape", "2")).toBe(`error: unknown option '${spec}'\n${hint}`);
    }
  });

  it.each(["ij-", "-", "ij,jk-", "i j -", "(2*x+k) - "])("says that a shell took the '>': %s", async (spec) => {
    expect(await usageOf("path", "--shape", "2", "--", spec)).toBe(
      `error: command-argument value '${spec}' is invalid for argument 'spec'. It ends in '-', as where a shell takes ` +
        "the '>' of '->' for itself: put quotes around it, as in 'ij->i'\n",
    );
  });

  it("prints the help where no command is named", async () => {
    const { stdout } = await runCli(["--help"]);
    expect(await usageOf()).toBe(stdout);
  });
});

const TOO_MANY = "error: too many arguments for 'compile'. Expected 1 argument but got 2.\n";

describe("values of options that cannot be read", () => {
  const optionError = (flags: string, value: string, message: string): string =>
    `error: option '${flags}' argument '${value}' is invalid. ${message}\n`;

  it.each(["2,,3", "-1", "1.5", "2 3", "99999999999999999999", "0x10", "1e3"])("--shape %s", async (value) => {
    const part = value.split(",").find((size) => !/^\d{1,15}$/.test(size)) ?? value;
    expect(await usageOf("compile", "ij->ji", `--shape=${value}`)).toBe(
      optionError("-s, --shape <sizes>", value, `'${part}' is no size: a shape reads 2,3,32, and that of a scalar ""`),
    );
  });

  it.each(["s", "s=", "=2", "s=1.5", "s=x", "s==2", "s=99999999999999999999"])("--param %s", async (value) => {
    expect(await usageOf("compile", "ij->ji", ...SHAPES, "--param", value)).toBe(
      optionError("-p, --param <name=integer>", value, "Write name=integer, as in s=2"),
    );
  });

  it("--size of less than nothing", async () => {
    expect(await usageOf("compile", "ij->ji", ...SHAPES, "--size", "k=-1")).toBe(
      optionError("-k, --size <name=size>", "k=-1", "Write name=size, as in k=3"),
    );
  });

  it("--param given twice", async () => {
    expect(await usageOf("compile", "ij->ji", ...SHAPES, "--param", "s=1", "--param", "s=2")).toBe(
      optionError("-p, --param <name=integer>", "s=2", "'s' has a value already"),
    );
  });

  it("names that are nearly one of those known", async () => {
    const spec = ["compile", "ij->ji", ...SHAPES];
    expect(await usageOf(...spec, "--target", "typescrpt")).toBe(
      optionError("--target <target>", "typescrpt", "It is one of javascript, typescript. Did you mean typescript?"),
    );
    expect(await usageOf(...spec, "--reduce", "average")).toBe(
      optionError("--reduce <reduction>", "average", "It is one of sum, max, min, prod, mean, any, all."),
    );
    expect(await usageOf(...spec, "--dtype", "float64,flaot32")).toBe(
      optionError(
        "--dtype <dtype>",
        "float64,flaot32",
        "It is one of float64, float32, int8, int16, int32, int64, uint8, uint16, uint32, uint64. " +
          "Did you mean float32?",
      ),
    );
  });

  it.each(["[[0,1]", "[0,1]", '[["a"]]', "[[0.5]]"])("--optimize %s", async (value) => {
    expect(await usageOf("path", "ij,jk->ik", ...SHAPES, "--optimize", value)).toBe(
      optionError("--optimize <order>", value, "A path is a list of steps, each a list of positions: [[0,1],[0,1]]."),
    );
  });

  it.each([
    ["--minimize <objective>", "time", "It is one of flops, size, write, peak."],
    ["--minimize <objective>", "wirte", "It is one of flops, size, write, peak. Did you mean write?"],
    ["--minimize <objective>", "flops=1,size=2", "'size=2' is no weight: weights read flops=1,write=64"],
    ["--minimize <objective>", "flops=-1", "'flops=-1' is no weight: weights read flops=1,write=64"],
    ["--seed <integer>", "0.5", "Write a whole number."],
    ["--max-time <seconds>", "1s", "Write a number of seconds above 0, as in 0.5"],
    ["--max-time <seconds>", "0", "Write a number of seconds above 0, as in 0.5"],
    ["--memory-limit <elements>", "0", "Write a whole number of at least 1."],
  ])("%s %s", async (flags, value, problem) => {
    const [flag = ""] = flags.split(" ");
    for (const command of ["path", "compile", "explain"]) {
      expect(await usageOf(command, "ij,jk->ik", ...SHAPES, flag, value)).toBe(optionError(flags, value, problem));
    }
  });

  it("shows control characters of an argument as stand-ins", async () => {
    expect(await usageOf("compile", "ij->ji", "--\u001b[31mred")).toBe("error: unknown option '--\u00b7[31mred'\n");
  });
});

describe("a user's mistake exits with 1", () => {
  it("shows the spec with carets, and no stack", async () => {
    const { code, stdout, stderr } = await runCli(["path", "ij,jk->ik", "--shape", "2,3", "--shape", "4,5"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toBe(`error: index 'j' has two sizes [size-conflict]
    ij,jk->ik
     ^ 3, axis 1 of operand 0
       ^ 4, axis 0 of operand 1
  remedy: give the axes equal sizes (1 broadcasts across operands), or name them differently
`);
  });

  it("colours the message on a terminal, unless NO_COLOR is set", async () => {
    const argv = ["path", "ij,jk->ik", "--shape", "2,3", "--shape", "4,5"];
    const plain = await runCli(argv);
    const coloured = await runCli(argv, { isTerminal: true });
    expect(coloured.stderr).toContain("\u001b[1merror:\u001b[22m");
    expect(coloured.stderr).toMatch(/\u001b\[31m\^+\u001b\[39m/);
    expect(coloured.stderr.replace(/\u001b\[\d+m/g, "")).toBe(plain.stderr);
    expect(await runCli(argv, { isTerminal: true, env: { NO_COLOR: "1" } })).toEqual(plain);
    expect(await runCli(argv, { isTerminal: true, env: { TERM: "dumb" } })).toEqual(plain);
  });
});
