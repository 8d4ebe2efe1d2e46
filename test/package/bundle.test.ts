/**
 * What a program pays that imports einsmith: the size of a bundle, minified and gzipped, and that nothing from outside
 * the package is in it.
 */
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** The stricter of the two readings. */
const KILOBYTE = 1000;

interface Bundle {
  readonly bytes: number;
  /** Paths from the repository of the files that are in it, and of what it still imports. */
  readonly inputs: readonly string[];
}

/** Bundles a program for browsers: a `node:` module or a package in it fails the build or shows in its inputs. */
async function bundle(program: string): Promise<Bundle> {
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: ROOT, sourcefile: "program.ts", loader: "ts" },
    absWorkingDir: ROOT,
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    metafile: true,
    write: false,
    logLevel: "silent",
  });
  const inputs = Object.entries(metafile.inputs).flatMap(([path, { imports }]) => [
    path,
    ...imports.filter(({ external }) => external).map((imported) => imported.path),
  ]);
  return { bytes: gzipSync(outputFiles[0]?.contents ?? "", { level: 9 }).length, inputs };
}

/** What a bundle holds from outside the pure part of `src`. */
function outsideOf({ inputs }: Bundle): string[] {
  return inputs.filter((path) => path !== "program.ts" && !/^src\/(?!writer\/|cli\/)/.test(path));
}

describe("the bundle of a program", () => {
  // What .ci/weigh.mjs measures of the packed package, by two bundlers, this sees at once.
  it.each([
    ["einsum", 46],
    ["jit", 70],
    ["conv2d", 53],
    ["solveSizes", 15],
    ["array, toNested", 5],
    ["EinsumError", 1],
  ])("that imports %s alone has at most %i KB", async (names, limit) => {
    const made = await bundle(`import { ${names} } from "./src/index.ts";\nconsole.log(${names});\n`);
    expect(outsideOf(made)).toEqual([]);
    expect(made.inputs).toContain("src/index.ts");
    expect(made.bytes).toBeGreaterThan(KILOBYTE / 2);
    expect(made.bytes).toBeLessThanOrEqual(limit * KILOBYTE);
  });

  it("that imports everything has at most 121 KB", async () => {
    const made = await bundle('import * as einsmith from "./src/index.ts";\nconsole.log(einsmith);\n');
    expect(outsideOf(made)).toEqual([]);
    expect(made.inputs).toContain("src/index.ts");
    expect(made.bytes).toBeGreaterThan(KILOBYTE);
    expect(made.bytes).toBeLessThanOrEqual(121 * KILOBYTE);
  });

  it("that imports nothing of it holds nothing of it: what has side effects is not in it", async () => {
    const made = await bundle('import "./src/index.ts";\nconsole.log(1);\n');
    expect(made.bytes).toBeLessThan(100);
  });

  it("is measured for what it is: a program with a package in it is not pure", async () => {
    const made = await bundle(
      'import "./src/index.ts";\nimport picocolors from "picocolors";\nconsole.log(picocolors);\n',
    );
    expect(outsideOf(made)).toEqual([expect.stringMatching(/node_modules\/picocolors\/picocolors.browser.js$/)]);
  });
});
