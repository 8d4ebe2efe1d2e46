/**
 * What a manifest says of the files that are written: their language, what stands beside them, and how the index names
 * them.
 *
 * Invariant: an output that was read names files that are written.
 */
import { manifestField, manifestOutput } from "../support/messages/manifest.ts";
import { flag, oneOf, wrongType, type Reader } from "./json-readers.ts";
import { fieldsOf, placeOf } from "./json-tree.ts";

export const MODULE_LANGUAGES = ["js", "ts"] as const;
export const IMPORT_EXTENSIONS = [".ts", ".js", ""] as const;
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

const READERS: { readonly [Field in keyof Output]: Reader<Output[Field]> } = {
  module: oneOf(MODULE_LANGUAGES),
  declarations: flag,
  importExtension: oneOf(IMPORT_EXTENSIONS),
  typescript: oneOf(TYPESCRIPT_VERSIONS),
};

export const OUTPUT_FIELDS = Object.keys(READERS) as readonly (keyof Output)[];

/** Reads the field `output`; refuses what would name files that are not written. */
export const readOutput: Reader<Output> = (source, node) => {
  if (node.type !== "object") throw wrongType(source, node, "an object");
  const fields = fieldsOf(source, node);
  const read = fields.map(({ name, key, value }) => {
    const field = OUTPUT_FIELDS.find((known) => known === name);
    if (!field) throw manifestField(placeOf(source, key), name, OUTPUT_FIELDS);
    return [field, READERS[field](source, value)] as const;
  });
  const output: Output = { ...OUTPUT, ...Object.fromEntries(read) };
  const refuse = (field: keyof Output, problem: string, remedy: string): void => {
    const given = fields.find(({ name }) => name === field);
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
};
