/**
 * The package as npm will see it: every file that package.json points at is one that the build makes or the repository
 * holds, and every entry has types and one class of each error.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface Package {
  readonly type: string;
  readonly license: string;
  readonly sideEffects: readonly string[];
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly peerDependencies: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta: Readonly<Record<string, { readonly optional: boolean }>>;
}

const ROOT = new URL("../../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as Package;

/** The source of a file of `dist`: the build leaves every file where it is. */
function sourceOf(target: string): string {
  return target.replace(/^(\.\/)?dist\//, "./src/").replace(/(\.d\.ts|\.js)$/, ".ts");
}

/** The entries that hold code, by name. */
const ENTRIES = [".", "./grad", "./layers", "./lazy", "./path", "./sizes", "./writer"];

async function importEntry(entry: string): Promise<Record<string, unknown>> {
  const { default: target = "" } = manifest.exports[entry] as Readonly<Record<string, string>>;
  return (await import(new URL(sourceOf(target), ROOT).href)) as Record<string, unknown>;
}

describe("package.json", () => {
  it("exports every entry with types before the code, which 'import' and 'require' both get", () => {
    expect(Object.keys(manifest.exports)).toEqual([...ENTRIES, "./package.json"]);
    for (const entry of ENTRIES) expect(Object.keys(manifest.exports[entry] ?? {})).toEqual(["types", "default"]);
  });

  it("points only at files that the build makes or the repository holds", () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    const all = [...targets, ...Object.values(manifest.bin), ...manifest.sideEffects];
    expect(all.filter((target) => !existsSync(new URL(sourceOf(target), ROOT)))).toEqual([]);
  });

  it("names the command", () => {
    expect(manifest.bin).toEqual({ einsmith: "dist/cli/main.js" });
  });

  it("says that it is an ES module of whose files two have side effects, for Node 20.19 and later, under the MIT licence", () => {
    const { type, sideEffects, engines, license } = manifest;
    expect({ type, sideEffects, engines, license }).toEqual({
      type: "module",
      sideEffects: ["./dist/entries/path.js", "./dist/cli/main.js", "./src/entries/path.ts", "./src/cli/main.ts"],
      engines: { node: ">=20.19" },
      license: "MIT",
    });
  });

  it("publishes what the commands need at run time, what the documentation shows, and no code of the repository", () => {
    expect(manifest.files).toEqual(expect.arrayContaining(["dist", "templates", "docs"]));
    expect(
      manifest.files.filter((file) => /^(test|src|bench|examples)/.test(file) && !/\.(md|svg|png)$/.test(file)),
    ).toEqual([]);
  });

  it("is built, with its types, before it is packed", () => {
    expect(manifest.scripts["prepack"]).toBe("npm run build --silent");
    expect(manifest.scripts["build"]).toMatch(/ && tsc -p tsconfig\.build\.json$/);
  });

  it("names every package that the writer and the command import, the large ones as optional peers", () => {
    expect(Object.keys(manifest.dependencies)).toEqual(["cli-progress", "commander", "jsonc-parser", "picocolors"]);
    expect(Object.keys(manifest.peerDependencies)).toEqual(["prettier", "ts-morph"]);
    expect(manifest.peerDependenciesMeta).toEqual({ prettier: { optional: true }, "ts-morph": { optional: true } });
  });
});

describe("the entries", () => {
  it("share one class of each error", async () => {
    const { EinsumError, InternalError, UnsupportedError } = await importEntry(".");
    for (const entry of ENTRIES)
      expect(await importEntry(entry)).toMatchObject({ EinsumError, InternalError, UnsupportedError });
  });

  it("are all in 'einsmith', but for lazy and writer", async () => {
    const whole = await importEntry(".");
    for (const entry of ["./grad", "./layers", "./path", "./sizes"])
      expect(whole).toMatchObject(await importEntry(entry));
  });

  it("hold what they are named after", async () => {
    const namesOf = async (entry: string): Promise<string[]> => Object.keys(await importEntry(entry));
    expect(await namesOf("./sizes")).toEqual(expect.arrayContaining(["deriveSizes", "inferSizes", "solveSizes"]));
    const gradients = ["einsumGrad", "compileGradient", "convGrad", "maxPoolGrad", "layerGradients"];
    expect(await namesOf("./grad")).toEqual(expect.arrayContaining(gradients));
    expect((await namesOf("./layers")).filter((name) => /Grad/.test(name))).toEqual([]);
    expect(await namesOf("./layers")).toEqual(expect.arrayContaining(["conv2d", "convSpec", "compileLayer", "pad"]));
    expect(await namesOf("./path")).toEqual(
      expect.arrayContaining(["contractionPath", "autoHq", "dp", "randomGreedy"]),
    );
  });
});
