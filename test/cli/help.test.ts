import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { runCli } from "./harness.ts";

async function helpOf(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCli([...argv, "--help"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

describe("--version", () => {
  it("prints the version of package.json", async () => {
    const file = await readFile(new URL("../../package.json", import.meta.url), "utf8");
    const { version } = JSON.parse(file) as { version: string };
    expect(await runCli(["--version"])).toEqual({ code: 0, stdout: `${version}\n`, stderr: "" });
  });
});

describe("--help", () => {
  it("lists the commands and the exit codes", async () => {
    expect(await helpOf()).toMatchInlineSnapshot(`
      "Usage: einsmith [options] [command]

      Compiles einsum specs to readable JavaScript and TypeScript kernels.

      Options:
        -V, --version                    print the version
        -h, --help                       print this help

      Commands:
        compile [options] <spec>         print or write the source of a kernel
        explain [options] <spec>         print every stage between a spec and its source
        generate [options]               write the modules of a manifest
        run [options] <spec> <files...>  evaluate a spec on arrays in .npy files
        path [options] <spec>            print the contraction path of a spec and what it costs
        help [command]                   print the help of a command

      A spec that begins with '-' goes behind '--': einsmith path --shape "" -- '->'
      Exit codes: 0 done, 1 a mistake in what was given or a difference found by --check, 2 wrong usage, 3 a bug in einsmith.
      "
    `);
  });

  it("compile", async () => {
    expect(await helpOf("compile")).toMatchInlineSnapshot(`
      "Usage: einsmith compile [options] <spec>

      print or write the source of a kernel

      Arguments:
        spec                        the einsum: 'ij,jk->ik', or with names: 'b i (2*x + k), o i k -> b o x'

      Options:
        -s, --shape <sizes>         shape of an operand, repeated for each: 2,3,32; a scalar's is ""; a name is a
                                    size left to run time: n,64
        -p, --param <name=integer>  value of a parameter of the spec (repeatable)
        -k, --size <name=size>      size of an index that the operands do not tell (repeatable)
        --notation <notation>       how names are told apart (choices: "compact", "named")
        --optimize <order>          contraction order: auto, auto-hq, left-to-right, greedy, optimal, dp,
                                    dynamic-programming, random-greedy, random-greedy-128, annealing, bisection,
                                    min-fill, min-degree, branch-1, branch-2, branch-all, or a path as in
                                    [[0,1],[0,1]]
        --memory-limit <elements>   most elements of an intermediate; indices are sliced where no order keeps to it
        --minimize <objective>      what a path is to have little of: flops, size, write, peak, or weights as in
                                    flops=1,write=64
        --seed <integer>            decides every random choice of a search; 0 by default
        --max-time <seconds>        search until it is over; one seed then gives many paths
        --reduce <reduction>        how elements under one output element become one (choices: "sum", "max", "min",
                                    "prod", "mean", "any", "all")
        --combine <combination>     how the operands' elements become one (choices: "mul", "add", "min", "max",
                                    "and", "or")
        --output-shape <sizes>      shape of the result, where the spec leaves a choice
        --dtype <dtype>             dtype of all operands, or of each, separated by commas: float64, float32, int8,
                                    int16, int32, int64, uint8, uint16, uint32, uint64
        --name <name>               name of the function
        --operands <names>          names of the operands, separated by commas
        --grad <operand>            the gradient by an operand, given by its name or its position, instead of the
                                    result
        --target <target>           language of the source; javascript by default (choices: "javascript",
                                    "typescript")
        -o, --out <file>            write the source there, whole or not at all: TypeScript to .ts, CommonJS to
                                    .cjs, else an ES module; - prints it
        -h, --help                  print this help

      Example: a 3 x 3 convolution with padding 1, as a TypeScript module (by the ending of its name); its gradient by the input
        $ einsmith compile 'bi(y+u-1)(x+v-1),oiuv->boyx' --shape 2,3,32,32 --shape 8,3,3,3 --out convolution.ts
        $ einsmith compile 'bi(y+u-1)(x+v-1),oiuv->boyx' --shape 2,3,32,32 --shape 8,3,3,3 --operands in,w --grad in
      "
    `);
  });

  it("explain", async () => {
    const help = await helpOf("explain");
    const passes = /(--after <pass> .*\(choices: )([^)]*)/.exec(help.replace(/\n {20,}/g, " "))?.[2];
    expect(passes).toMatch(/^"lower", "/);
    expect(help.replace(/(--after <pass> .*\(choices: )[^)]*/, "$1the passes")).toMatchInlineSnapshot(`
      "Usage: einsmith explain [options] <spec>

      print every stage between a spec and its source

      Arguments:
        spec                        the einsum: 'ij,jk->ik', or with names: 'b i (2*x + k), o i k -> b o x'

      Options:
        -s, --shape <sizes>         shape of an operand, repeated for each: 2,3,32; a scalar's is ""; a name is a
                                    size left to run time: n,64
        -p, --param <name=integer>  value of a parameter of the spec (repeatable)
        -k, --size <name=size>      size of an index that the operands do not tell (repeatable)
        --notation <notation>       how names are told apart (choices: "compact", "named")
        --optimize <order>          contraction order: auto, auto-hq, left-to-right, greedy, optimal, dp,
                                    dynamic-programming, random-greedy, random-greedy-128, annealing, bisection,
                                    min-fill, min-degree, branch-1, branch-2, branch-all, or a path as in
                                    [[0,1],[0,1]]
        --memory-limit <elements>   most elements of an intermediate; indices are sliced where no order keeps to it
        --minimize <objective>      what a path is to have little of: flops, size, write, peak, or weights as in
                                    flops=1,write=64
        --seed <integer>            decides every random choice of a search; 0 by default
        --max-time <seconds>        search until it is over; one seed then gives many paths
        --reduce <reduction>        how elements under one output element become one (choices: "sum", "max", "min",
                                    "prod", "mean", "any", "all")
        --combine <combination>     how the operands' elements become one (choices: "mul", "add", "min", "max",
                                    "and", "or")
        --output-shape <sizes>      shape of the result, where the spec leaves a choice
        --dtype <dtype>             dtype of all operands, or of each, separated by commas: float64, float32, int8,
                                    int16, int32, int64, uint8, uint16, uint32, uint64
        --name <name>               name of the function
        --operands <names>          names of the operands, separated by commas
        --grad <operand>            the gradient by an operand, given by its name or its position, instead of the
                                    result
        --target <target>           language of the source; javascript by default (choices: "javascript",
                                    "typescript")
        --stage <stage>             print one stage alone (repeatable): spec, sizes, contraction, path, nests,
                                    kernel, source, totals
        --after <pass>              print the kernel as it is after a pass (choices: the passes)
        -h, --help                  print this help

      Example: all stages of a strided convolution; its strides alone; its kernel before anything is unrolled
        $ einsmith explain 'bi(2*x+k),oik->box' --shape 2,3,33 --shape 8,3,3
        $ einsmith explain 'bi(2*x+k),oik->box' --shape 2,3,33 --shape 8,3,3 --stage contraction
        $ einsmith explain 'bi(2*x+k),oik->box' --shape 2,3,33 --shape 8,3,3 --after lower
      "
    `);
  });

  it("generate", async () => {
    expect(await helpOf("generate")).toMatchInlineSnapshot(`
      "Usage: einsmith generate [options]

      write the modules of a manifest

      Options:
        -m, --manifest <file>  the kernels to generate; - is the standard input (default: "templates/kernels.json")
        -o, --out <folder>     where their modules go (default: "generated")
        --check                write nothing; exit with 1 where a module differs from what would be written
        -h, --help             print this help

      Example: write the modules, and in CI find out whether they are still up to date
        $ einsmith generate --manifest kernels.json --out src/kernels
        $ einsmith generate --manifest kernels.json --out src/kernels --check
      "
    `);
  });

  it("run", async () => {
    expect(await helpOf("run")).toMatchInlineSnapshot(`
      "Usage: einsmith run [options] <spec> <files...>

      evaluate a spec on arrays in .npy files

      Arguments:
        spec                        the einsum: 'ij,jk->ik', or with names: 'b i (2*x + k), o i k -> b o x'
        files                       one .npy file for each operand; - is the standard input

      Options:
        -p, --param <name=integer>  value of a parameter of the spec (repeatable)
        -k, --size <name=size>      size of an index that the operands do not tell (repeatable)
        --notation <notation>       how names are told apart (choices: "compact", "named")
        --optimize <order>          contraction order: auto, auto-hq, left-to-right, greedy, optimal, dp,
                                    dynamic-programming, random-greedy, random-greedy-128, annealing, bisection,
                                    min-fill, min-degree, branch-1, branch-2, branch-all, or a path as in
                                    [[0,1],[0,1]]
        --reduce <reduction>        how elements under one output element become one (choices: "sum", "max", "min",
                                    "prod", "mean", "any", "all")
        --combine <combination>     how the operands' elements become one (choices: "mul", "add", "min", "max",
                                    "and", "or")
        --output-shape <sizes>      shape of the result, where the spec leaves a choice
        -o, --out <file>            write the result there, as .npy, instead of printing it; - writes to the
                                    standard output
        -h, --help                  print this help

      Example: a matrix product, printed and written
        $ einsmith run 'ij,jk->ik' a.npy b.npy
        $ einsmith run 'ij,jk->ik' a.npy b.npy --out c.npy
      "
    `);
  });

  it("path", async () => {
    expect(await helpOf("path")).toMatchInlineSnapshot(`
      "Usage: einsmith path [options] <spec>

      print the contraction path of a spec and what it costs

      Arguments:
        spec                        the einsum: 'ij,jk->ik', or with names: 'b i (2*x + k), o i k -> b o x'

      Options:
        -s, --shape <sizes>         shape of an operand, repeated for each: 2,3,32; a scalar's is ""; a name is a
                                    size left to run time: n,64
        -p, --param <name=integer>  value of a parameter of the spec (repeatable)
        -k, --size <name=size>      size of an index that the operands do not tell (repeatable)
        --notation <notation>       how names are told apart (choices: "compact", "named")
        --optimize <order>          contraction order: auto, auto-hq, left-to-right, greedy, optimal, dp,
                                    dynamic-programming, random-greedy, random-greedy-128, annealing, bisection,
                                    min-fill, min-degree, branch-1, branch-2, branch-all, or a path as in
                                    [[0,1],[0,1]]
        --memory-limit <elements>   most elements of an intermediate; indices are sliced where no order keeps to it
        --minimize <objective>      what a path is to have little of: flops, size, write, peak, or weights as in
                                    flops=1,write=64
        --seed <integer>            decides every random choice of a search; 0 by default
        --max-time <seconds>        search until it is over; one seed then gives many paths
        --json                      print the path as JSON
        --tree <form>               draw the contraction tree (choices: "svg", "text")
        -o, --out <file>            write it there, whole or not at all; - prints it
        -h, --help                  print this help

      Example: the order of a chain of three products
        $ einsmith path 'ij,jk,kl,lm->im' --shape 10,40 --shape 40,2 --shape 2,70 --shape 70,9
      Example: the same as a picture
        $ einsmith path 'ij,jk,kl,lm->im' --shape 10,40 --shape 40,2 --shape 2,70 --shape 70,9 --tree svg -o chain.svg
      "
    `);
  });

  it("prints titles in bold on a terminal", async () => {
    const { stdout } = await runCli(["--help"], { isTerminal: true });
    expect(stdout).toContain("\u001b[1mUsage:\u001b[22m einsmith");
    expect(stdout.replace(/\u001b\[\d+m/g, "")).toBe(await helpOf());
  });
});
