/**
 * What a manifest says of the files that are written: their language, what stands beside them, and how the index names
 * them.
 *
 * Invariant: an output that was read names files that are written.
 */
import { manifestOutput } from "../support/messages/manifest.ts";
import { described, flag, oneOf, readFields, type Readers } from "./json-readers.ts";
import { placeOf, type JsonNode, type JsonSource } from "./json-tree.ts";

const MODULE_LANGUAGES = ["js", "ts"] as const;
const IMPORT_EXTENSIONS = [".ts", ".js", ""] as const;
/** The versions of TypeScript from which on there is more to say. */
export const TYPESCRIPT_VERSIONS = ["5.0", "5.7"] as const;

export type TypeScriptVersion = (typeof TYPESCRIPT_VERSIONS)[number];

/** The field `output` of a manifest; what is absent is as in `OUTPUT`. */
export interface OutputOptions {
  /** The language of the modules, and the ending of their files. */
  readonly module?: (typeof MODULE_LANGUAGES)[number];
  /** Whether declarations, `.d.ts`, stand beside modules in JavaScript. */
  readonly declarations?: boolean;
  /** What the index puts behind the name of a module. */
  readonly importExtension?: (typeof IMPORT_EXTENSIONS)[number];
  /** The oldest TypeScript that is to read modules and declarations. */
  readonly typescript?: TypeScriptVersion;
}

export type Output = Required<OutputOptions>;

/** What is written where a manifest does not say: an import of `./x.js` finds `x.ts` under every resolution. */
export const OUTPUT: Output = { module: "ts", declarations: false, importExtension: ".js", typescript: "5.7" };

export const OUTPUT_FIELDS: Readers<Output> = {
  module: described(
    "The language of the modules, and the ending of their files: ts by default.",
    oneOf(MODULE_LANGUAGES),
  ),
  declarations: described("Whether .d.ts stands beside modules in JavaScript.", flag),
  importExtension: described(
    "What the index puts behind the names of modules: .js by default.",
    oneOf(IMPORT_EXTENSIONS),
  ),
  typescript: described(
    "The oldest TypeScript that is to read what is written: 5.7 by default.",
    oneOf(TYPESCRIPT_VERSIONS),
  ),
};

/** Reads the field `output`; refuses what would name files that are not written. */
export function readOutput(source: JsonSource, node: JsonNode): Output {
  const { read, fields } = readFields(source, node, OUTPUT_FIELDS, { what: "an object" });
  const output: Output = { ...OUTPUT, ...read };
  const refuse = (field: keyof Output, problem: string, remedy: string): void => {
    const given = fields.get(field);
    if (given) throw manifestOutput(placeOf(source, given.value), problem, remedy);
  };
  if (output.module === "ts" && output.declarations) {
    const remedy = 'leave "declarations" out, or write "module": "js"';
    refuse("declarations", "modules in TypeScript need no declarations beside them", remedy);
  }
  if (output.module === "js" && output.importExtension === ".ts") {
    const remedy = 'write ".js" or "", or "module": "ts"';
    refuse("importExtension", "an index of modules in JavaScript finds no file that ends in .ts", remedy);
  }
  return output;
}
