import { describe, expect, it } from "vitest";
import { runCli } from "./harness.ts";

const CONVOLUTION = ["explain", "bi(2*x+k-1),oik->box", "--shape", "2,3,8", "--shape", "4,3,3"];

async function explain(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli([...CONVOLUTION, ...argv]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("einsmith explain", () => {
  it("shows every stage under its heading, and each alone", async () => {
    const all = await explain();
    const stages = ["spec", "sizes", "contraction", "path", "nests", "kernel", "source", "totals"];
    expect([...all.matchAll(/^==> (.*)$/gm)].map(([, stage]) => stage)).toEqual(stages);
    const alone = await Promise.all(stages.map(async (stage) => `==> ${stage}\n${await explain("--stage", stage)}`));
    expect(alone.join("\n")).toBe(all);
  });

  it("shows which windows steps run over as one index, and what that saves", async () => {
    const argv = [
      "explain",
      "(y+u)(x+v),u,v->yx",
      "--shape",
      "34,34",
      "--shape",
      "3",
      "--shape",
      "3",
      "--stage",
      "path",
    ];
    const { code, stdout, stderr } = await runCli(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatchInlineSnapshot(`
      "  complete contraction  (y+u)(x+v),u,v->yx
        sizes                 y 32, x 32, u 3, v 3
        naive scaling         4
        optimized scaling     3
        naive FLOP count      27648
        optimized FLOP count  12672
        theoretical speedup   2.182
        largest intermediate  1088 elements
        peak memory           2112 elements

        step  scaling  FLOP count  elements  contraction            remaining
        0     3        6528        1088      (y + u) xv, u -> y xv  v, y xv
        1     3        6144        1024      v, y (x + v) -> y x    y x

        window  stands for  values  instead of
        xv      x + v       34      32 x 3 = 96
      "
    `);
  });

  it("shows the spec, axis by axis", async () => {
    expect(await explain("--stage", "spec")).toMatchInlineSnapshot(`
      "bi(2*x+k-1),oik->box  (compact notation)

        operand 0  b  i  (2*x+k-1)
        operand 1  o  i  k
        output     b  o  x
      "
    `);
  });

  it("shows where each size comes from", async () => {
    expect(await explain("--stage", "sizes")).toMatchInlineSnapshot(`
      "  index  size  round  from
        b      2     1      axis 0 of operand 0, b
        o      4     1      axis 0 of operand 1, o
        x      4     2      axis 2 of operand 0, (2*x+k-1)
        i      3     1      axis 1 of operand 0, i
        k      3     1      axis 2 of operand 1, k
      "
    `);
  });

  it("shows roles, strides and addresses", async () => {
    expect(await explain("--stage", "contraction")).toMatchInlineSnapshot(`
      "out[b, o, x] = sum over i, k of A[b, i, 2*x + k - 1 padded] * B[o, i, k]
        A    float64  2 x 3 x 8, strides 24 8 1
        B    float64  4 x 3 x 3, strides 9 3 1
        out  float64  2 x 4 x 4, strides 16 4 1

        index  size  role        stride in A  stride in B  stride in out
        b      2     left        24           0            16
        o      4     right       0            9            4
        x      4     left        2            0            1
        i      3     contracted  8            3            0
        k      3     contracted  1            1            0

        tensor  address
        A       24*b + 8*i + 2*x + k - 1
        B       9*o + 3*i + k
        out     16*b + 4*o + x
      "
    `);
  });

  it("counts operations, bytes and code", async () => {
    const totals = await explain("--stage", "totals");
    const source = await explain("--stage", "source");
    const rows = new Map(
      totals
        .trimEnd()
        .split("\n")
        .map((line) => line.trim().split(/ {2,}/) as [string, string]),
    );
    const length = (source.length - 1).toLocaleString("en-US");
    expect(rows.get("flops")).toBe((2 * 2 * 4 * 4 * 3 * 3).toLocaleString("en-US"));
    expect(rows.get("bytes read")).toBe(((2 * 3 * 8 + 4 * 3 * 3) * 8).toLocaleString("en-US"));
    expect(rows.get("bytes written")).toBe((2 * 4 * 4 * 8).toLocaleString("en-US"));
    expect(rows.get("code size")).toMatch(new RegExp(`^${length} characters, [1-9][0-9]* functions?$`));
    expect(rows.get("bytecode")).toMatch(/^about [1-9][0-9,]* bytes$/);
  });

  it("shows the kernel after a pass", async () => {
    const lowered = await explain("--after", "lower");
    expect(lowered).toMatch(/^kernel /);
    expect(lowered).not.toBe(await explain("--stage", "kernel"));
  });

  it("colours headings on a terminal", async () => {
    const { stdout } = await runCli(CONVOLUTION, { isTerminal: true });
    expect(stdout.startsWith("\u001b[1m\u001b[36m==> spec\u001b[39m\u001b[22m\n")).toBe(true);
  });
});

describe("figures and stages of explain", () => {
  it.each([
    ["ij->i", "8,16"],
    ["ij->ji", "8,16"],
    ["ii->i", "3,3"],
    ["ijk->", "2,3,4"],
    ["ij,jk,kl->il", "8,16 16,4 4,5"],
    ["(2*x+k),k->x", "33 3"],
    ["(y+u)(x+v),u,v->yx", "20,20 3 3"],
    ["i,i->i", "1 5"],
    ["ij,jk->ik", "2,0 0,3"],
  ])("counts the same flops everywhere: %s", async (spec, shapes) => {
    const argv = ["explain", spec, ...shapes.split(" ").flatMap((shape) => ["--shape", shape])];
    const { stdout } = await runCli(argv);
    const figure = (pattern: RegExp): number => Number((pattern.exec(stdout)?.[1] ?? "none").replaceAll(",", ""));
    const flops = figure(/optimized FLOP count +(\S+)/);
    expect(figure(/^ {2}flops +(\S+)/m)).toBe(flops);
    expect(flops === 0 ? stdout : figure(/^ \* (\d+) flops/m)).toEqual(
      flops === 0 ? expect.stringContaining("No arithmetic") : flops,
    );
  });

  it("prints all the stages that are asked for, each once, in the order of the pipeline", async () => {
    const ask = async (...stages: string[]): Promise<string> =>
      (await runCli(["explain", "ij->i", "--shape", "2,3", ...stages.flatMap((stage) => ["--stage", stage])])).stdout;
    const both = await ask("sizes", "spec");
    expect(both).toBe(`==> spec\n${await ask("spec")}\n==> sizes\n${await ask("sizes")}`);
    expect(await ask("spec", "sizes", "spec")).toBe(both);
    expect(await ask("path", "path")).toBe(await ask("path"));
  });
});
