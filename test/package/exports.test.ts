/**
 * The package as npm will see it: every file that package.json points at is one that the build makes or the repository
 * holds, and `.`, `./lazy` and `./writer` come with types.
 */
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import config from "../../tsup.config.ts";

interface Package {
  readonly type: string;
  readonly license: string;
  readonly sideEffects: boolean;
  readonly engines: { readonly node: string };
  readonly files: readonly string[];
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
}

const ROOT = new URL("../../", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as Package;

/** The files of `dist` that the build is configured to make. */
function builtFiles(): string[] {
  if (typeof config === "function" || Array.isArray(config)) throw new Error("the build has more than one part");
  const { entry, dts } = config;
  const typed = typeof dts === "object" ? dts.entry : undefined;
  const namesOf = (entries: unknown): string[] => Object.keys(entries as Record<string, string>);
  return [...namesOf(entry).map((name) => `./dist/${name}.js`), ...namesOf(typed).map((name) => `./dist/${name}.d.ts`)];
}

describe("package.json", () => {
  it("exports '.', './lazy' and './writer' with types before the code", () => {
    for (const entry of [".", "./lazy", "./writer"]) {
      const targets = manifest.exports[entry];
      expect(Object.keys(targets ?? {})).toEqual(["types", "import"]);
    }
  });

  it("points only at files that the build makes or the repository holds", () => {
    const targets = Object.values(manifest.exports).flatMap((target) =>
      typeof target === "string" ? [target] : Object.values(target),
    );
    const missing = [...targets, ...Object.values(manifest.bin)].filter(
      (target) => !builtFiles().includes(target) && !existsSync(new URL(target, ROOT)),
    );
    expect(missing).toEqual([]);
  });

  it("names the command", () => {
    expect(manifest.bin).toEqual({ einsmith: "./dist/cli.js" });
  });

  it("says that it is an ES module without side effects, for Node 20.19 and later, under the MIT licence", () => {
    const { type, sideEffects, engines, license } = manifest;
    expect({ type, sideEffects, engines, license }).toEqual({
      type: "module",
      sideEffects: false,
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

  it("builds from files that exist", () => {
    if (typeof config === "function" || Array.isArray(config)) throw new Error("the build has more than one part");
    const entries = Object.values(config.entry as Record<string, string>);
    expect(entries.filter((path) => !existsSync(new URL(path, ROOT)))).toEqual([]);
  });

  it("names every package that the writer and the command import", () => {
    const imported = ["cli-progress", "commander", "jsonc-parser", "picocolors", "prettier", "ts-morph"];
    expect(Object.keys(manifest.dependencies).sort()).toEqual(imported);
  });
});
