/**
 * How written code looks: prettier with every option pinned, so that neither a user's configuration nor an editor's
 * changes a byte.
 */
import type { Options } from "prettier";
import type { Target } from "../emit/source.ts";
import { loadPackage } from "./packages.ts";

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
