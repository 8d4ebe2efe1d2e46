/** Remedies in the language of where they are given: on the command line, in a manifest, through the API. */
import { readdirSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { compile, type CompileOptions } from "../../src/compile.ts";
import { EinsumError } from "../../src/support/errors.ts";
import { speaking } from "../../src/support/words.ts";
import { MANIFEST_WORDS } from "../../src/support/messages/manifest.ts";
import { inFolder, runCli } from "./harness.ts";

interface Case {
  readonly spec: string;
  readonly options: CompileOptions;
  readonly argv: readonly string[];
  /** What each front end says, in this order: API, command line, manifest. */
  readonly says: readonly [api: string, commandLine: string, manifest: string];
}

const CASES: readonly Case[] = [
  {
    spec: "ij->ijz",
    options: { shapes: [[2, 3]] },
    argv: ["--shape", "2,3"],
    says: [
      "to repeat the result along it, give its size in options.sizes",
      "to repeat the result along it, give its size with --size z=3",
      'to repeat the result along it, give its size in "sizes"',
    ],
  },
  {
    spec: "(x + k) -> x",
    options: { shapes: [[9]] },
    argv: ["--shape", "9"],
    says: [
      "give its size, or that of 'k', in options.sizes",
      "give its size, or that of 'k', with --size x=3",
      `give its size, or that of 'k', in "sizes"`,
    ],
  },
  {
    spec: "ij->i",
    options: { shapes: [[2, 3]], sizes: { j: 4 } },
    argv: ["--shape", "2,3", "--size", "j=4"],
    says: [
      "index 'j' is given size 4 in options.sizes, but an axis has size 3",
      "index 'j' is given size 4 with --size j=4, but an axis has size 3",
      `index 'j' is given size 4 in "sizes", but an axis has size 3`,
    ],
  },
  {
    spec: "ij->i",
    options: { shapes: [[2, 3]], sizes: { j: 4 } },
    argv: ["--shape", "2,3", "--size", "j=4"],
    says: ["leave 'j' out of options.sizes", "leave 'j' out of --size", `leave 'j' out of "sizes"`],
  },
  {
    spec: "ij->i",
    options: { shapes: [[2, 3]], sizes: { q: 4 } },
    argv: ["--shape", "2,3", "--size", "q=4"],
    says: ["options.sizes gives 'q'", "error: --size gives 'q'", `"sizes" gives 'q'`],
  },
  {
    spec: "ij->i",
    options: { shapes: [[2, 3]], params: { s: 4 } },
    argv: ["--shape", "2,3", "--param", "s=4"],
    says: ["options.params gives 's'", "error: --param gives 's'", `"params" gives 's'`],
  },
  {
    spec: "(i*j)->",
    options: { shapes: [[2]] },
    argv: ["--shape", "2"],
    says: [
      "bind the others in options.params, or",
      "bind the others with --param, or",
      'bind the others in "params", or',
    ],
  },
  {
    spec: "ij->i",
    options: { shapes: [[2, 3]], params: { j: 4 } },
    argv: ["--shape", "2,3", "--param", "j=4"],
    says: ["leave it out of options.params", "leave it out of --param", 'leave it out of "params"'],
  },
  {
    spec: "i->(2*i)",
    options: { shapes: [[4]], outputShape: [3] },
    argv: ["--shape", "4", "--output-shape", "3"],
    says: [
      "or ask for more in options.outputShape",
      "or ask for more with --output-shape",
      'or ask for more in "outputShape"',
    ],
  },
  {
    spec: "ij->i",
    options: { shapes: [[2, 3]], outputShape: [2, 2] },
    argv: ["--shape", "2,3", "--output-shape", "2,2"],
    says: ["options.outputShape has 2 sizes", "error: --output-shape has 2 sizes", '"outputShape" has 2 sizes'],
  },
  {
    spec: "ij->i",
    options: { shapes: [[2, 3]], outputShape: [5] },
    argv: ["--shape", "2,3", "--output-shape", "5"],
    says: ["options.outputShape asks for 5", "error: --output-shape asks for 5", '"outputShape" asks for 5'],
  },
  {
    spec: "ij,jk->ik",
    options: { shapes: [[2, 3]] },
    argv: ["--shape", "2,3"],
    says: ["give one array or shape for each", "give one --shape for each", 'give one shape in "shapes" for each'],
  },
  {
    spec: "ij,jk->ik",
    options: {
      shapes: [
        [2, 3],
        [3, 2],
      ],
      operands: ["a"],
    },
    argv: ["--shape", "2,3", "--shape", "3,2", "--operands", "a"],
    says: ["options.operands has 1 entry", "error: --operands has 1 entry", '"operands" has 1 entry'],
  },
  {
    spec: "ij,jk->ik",
    options: {
      shapes: [
        [2, 3],
        [3, 2],
      ],
      dtypes: ["float32"] as never,
    },
    argv: [],
    says: ["options.dtypes has 1 entry", "", '"dtypes" has 1 entry'],
  },
  {
    spec: "ij,jk,kl->il",
    options: {
      shapes: [
        [2, 3],
        [3, 2],
        [2, 2],
      ],
      combine: "add",
      optimize: [
        [0, 1],
        [0, 1],
      ],
    },
    argv: "--shape 2,3 --shape 3,2 --shape 2,2 --combine add --optimize [[0,1],[0,1]]".split(" "),
    says: [
      'in one step: set optimize to "auto"',
      "in one step: pass --optimize auto",
      'in one step: set "optimize" to "auto"',
    ],
  },
  {
    spec: "a1->a",
    options: { shapes: [[2]] },
    argv: ["--shape", "2"],
    says: ['or set notation to "named"', "or pass --notation named", 'or set "notation" to "named"'],
  },
  {
    spec: "ij,jk->ik",
    options: {
      shapes: [
        [20, 3],
        [3, 20],
      ],
      memoryLimit: 10,
    },
    argv: ["--shape", "20,3", "--shape", "3,20", "--memory-limit", "10"],
    says: ["options.memoryLimit is 10", "error: --memory-limit is 10", '"memoryLimit" is 10'],
  },
  {
    spec: "ij->i",
    options: { shapes: [[8, 8]], tile: { q: 2 } },
    argv: [],
    says: ["options.tile names 'q'", "", `"tile" names 'q'`],
  },
  {
    spec: "ij->i",
    options: { shapes: [[8, 8]], order: ["j", "j"] },
    argv: [],
    says: ["options.order names 'j' twice", "", `"order" names 'j' twice`],
  },
];

function apiMessage(spec: string, options: CompileOptions): string {
  try {
    compile(spec, options);
  } catch (error) {
    if (error instanceof EinsumError) return error.message;
    throw error;
  }
  return "";
}

describe("a remedy that names an option", () => {
  it.each(CASES)("$spec, $argv", async ({ spec, options, argv, says: [api, commandLine, manifest] }) => {
    expect(apiMessage(spec, options)).toContain(api);
    if (argv.length > 0 && commandLine !== "") {
      for (const command of ["compile", "explain"]) {
        const { code, stderr } = await runCli([command, spec, ...argv]);
        expect(code).toBe(1);
        expect(stderr).toContain(commandLine);
        expect(stderr).not.toContain("options.");
      }
    }
    if (manifest === "") return;
    await inFolder(async (folder) => {
      const entry = { name: "k", spec, ...options };
      await writeFile(join(folder, "kernels.json"), JSON.stringify({ kernels: [entry] }));
      const { stderr } = await runCli(["generate", "-m", "kernels.json"], { cwd: folder });
      expect(stderr).toContain(manifest);
      expect(stderr).not.toContain("options.");
    });
  });

  it("speaks through run of files, and through path of shapes", async () => {
    const { stderr } = await runCli(["path", "ij->ijz", "--shape", "2,3"]);
    expect(stderr).toContain("give its size with --size z=3");
  });

  it("speaks the API's language again after a front end, whatever the action did", () => {
    expect(() =>
      speaking(MANIFEST_WORDS, () => {
        throw new Error("any");
      }),
    ).toThrow("any");
    expect(apiMessage("ij->ijz", { shapes: [[2, 3]] })).toContain("in options.sizes");
  });
});

describe("messages", () => {
  it("name options by these words alone", () => {
    const root = new URL("../../src/", import.meta.url);
    const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
    expect(files.length).toBeGreaterThan(100);
    const found = files
      .filter((file) => file !== "support/words.ts")
      .flatMap((file) => {
        const code = readFileSync(new URL(file, root), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
        // Within a text, an option by its path, and a word that an option is to be set to.
        const texts = code.match(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g) ?? [];
        return (
          texts
            .map((text) => text.replace(/\$\{[^{}]*\}/g, ""))
            // What says why a kernel is interpreted, and what only einsum and jit lack: programs alone read it.
            .filter((text) => !/^"options\.(?:memoryLimit|maxTime|minimize|evaluate is false)"$/.test(text))
            .filter((text) => /\boptions\.(?!ts\b)\w|set (?:notation|optimize) to/.test(text))
            .map((text) => `${file}: ${text}`)
        );
      });
    expect(found).toEqual([]);
  });
});
