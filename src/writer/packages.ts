/**
 * The packages that the writer works with, loaded when they are first needed: `prettier` and `ts-morph` are installed beside
 * einsmith by who writes modules, since a program that evaluates specs has no use for them.
 *
 * Invariant: importing the writer loads none, so that it can be imported, and bundled, where they are missing.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import type * as jsoncParser from "jsonc-parser";
import type * as prettier from "prettier";
import type { Options } from "prettier";
import type * as tsMorph from "ts-morph";
import type { Target } from "../emit/source.ts";
import { packageMissing, templatesMissing } from "../support/messages/files.ts";

/** What can be loaded. Types alone are imported: a bundler that followed code would meet some that no bundle can run. */
interface Packages {
  readonly "jsonc-parser": typeof jsoncParser;
  readonly prettier: typeof prettier;
  readonly "ts-morph": typeof tsMorph;
}

/** Loads a package, once. Refuses one that is not installed, and says how to install it. */
export function loadPackage<Name extends keyof Packages>(name: Name): Packages[Name] {
  const load = loaderHere();
  try {
    load?.resolve(name);
  } catch {
    throw packageMissing(name);
  }
  if (!load) throw packageMissing(name);
  return load(name) as Packages[Name];
}

/**
 * Reads a file of einsmith's package. A module finds its own package by its name; the code of a bundle finds it where it is
 * installed.
 */
function readOwn(path: string): string {
  const manifest = loaderHere()?.resolve("einsmith/package.json") ?? "";
  return readFileSync(join(manifest, "..", path), "utf8");
}

/** The version in package.json, `0.1.0`. */
export function readVersion(): string {
  const { version } = JSON.parse(readOwn("package.json")) as { readonly version: string };
  return version;
}

/** What loads packages as this file would; undefined in a bundle of CommonJS, which does not know where it is. */
function loaderHere(): NodeJS.Require | undefined {
  const { url } = import.meta as Partial<ImportMeta>;
  return url === undefined ? undefined : createRequire(url);
}

/** Reads and parses a template of the package's `templates/`. */
export function openTemplate(name: string): tsMorph.SourceFile {
  let text: string;
  try {
    text = readOwn(`templates/${name}`);
  } catch {
    throw templatesMissing(name);
  }
  return parseTypeScript(name, text);
}

/** Parses a text in a project of its own: no disk, no libraries, no configuration. */
export function parseTypeScript(name: string, text: string): tsMorph.SourceFile {
  const { Project } = loadPackage("ts-morph");
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    skipFileDependencyResolution: true,
  });
  return project.createSourceFile(name, text);
}

/** Every option is pinned, so that neither a user's configuration nor an editor's changes a byte. */
const STYLE: Options = {
  arrowParens: "always",
  bracketSpacing: true,
  embeddedLanguageFormatting: "off",
  endOfLine: "lf",
  experimentalOperatorPosition: "end",
  experimentalTernaries: false,
  insertPragma: false,
  objectWrap: "preserve",
  plugins: [],
  printWidth: 120,
  quoteProps: "as-needed",
  requirePragma: false,
  semi: true,
  singleQuote: false,
  tabWidth: 2,
  trailingComma: "all",
  useTabs: false,
};

/** Lays out a module; the result ends in one line feed. */
export async function formatModule(text: string, target: Target): Promise<string> {
  return loadPackage("prettier").format(text, { ...STYLE, parser: target === "typescript" ? "typescript" : "babel" });
}
