/**
 * The index of a written folder: exports every kernel, in an order that depends on the names alone.
 */
import type { ExportDeclarationStructure } from "ts-morph";
import { formatModule } from "./format.ts";
import { headerOf } from "./marker.ts";
import type { Output } from "./output.ts";
import { openTemplate, parseTypeScript } from "./packages.ts";

/** Returns the text of an index, `index.ts` or another: exports alone, which are the same in every language. */
export async function writeIndex(
  fileName: string,
  names: readonly string[],
  { importExtension }: Pick<Output, "importExtension">,
): Promise<string> {
  const template = openTemplate("index.ts").getExportDeclarations()[0]?.getStructure() as ExportDeclarationStructure;
  const file = parseTypeScript("index.ts", "");
  // By UTF-16 units: the default order of sort, the same on every machine.
  for (const name of [...names].sort()) {
    file.addExportDeclaration({ ...template, moduleSpecifier: `./${name}${importExtension}`, namedExports: [name] });
  }
  if (names.length === 0) file.addExportDeclaration({ namedExports: [] });
  return `${headerOf(fileName)}\n\n${await formatModule(file.getFullText(), "typescript")}`;
}
