/**
 * The manifest: the list of kernels to generate, as JSON.
 *
 *     { "kernels": [{ "name": "matmul4", "spec": "ij,jk->ik", "shapes": [[4, 4], [4, 4]] },
 *                   { "layer": "conv2d", "input": [1, 64, 56, 56], "weight": [64, 64, 3, 3], "padding": 1 }] }
 *
 * Invariant: a parsed manifest has valid fields of the right types, and names that differ even where case does not count.
 */
import { isRefusal, published, type EinsumError, type UnsupportedError } from "../support/errors.ts";
import * as messages from "../support/messages/manifest.ts";
import { invalidOption } from "../support/messages/options.ts";
import {
  described,
  fieldsOf,
  flag,
  missingField,
  objectOf,
  oneOf,
  parseJson,
  readFields,
  text,
  wrongType,
  type Json,
  type Reader,
  type Readers,
  type Schema,
} from "./json.ts";
import { ENTRY_SCHEMAS, readEntry, type KernelEntry, type LayerEntry, type ReadKernel } from "./manifest-fields.ts";

/** A manifest as its JSON gives it. */
export interface ManifestData {
  /** Where an editor finds the schema; ignored. */
  readonly $schema?: string;
  /** What is written: modules in TypeScript where absent. */
  readonly output?: OutputOptions;
  readonly kernels: readonly (KernelEntry | LayerEntry)[];
}

/** A manifest that was read and found valid. */
export interface Manifest extends Omit<ManifestData, "kernels" | "output"> {
  readonly output: Output;
  readonly kernels: readonly ReadKernel["entry"][];
  /** The file as messages name it. */
  readonly fileName: string;
  readonly text: string;
  /** Where each kernel's name stands, in the order of `kernels`. */
  readonly places: readonly messages.ManifestPlace[];
}

/**
 * Reads a manifest. `fileName` is what messages call it; nothing is read from disk.
 *
 * Refuses, with line and column: text that is no strict JSON, unknown, missing and repeated fields, values of the wrong
 * type, names that are no identifiers or no safe file names, and two kernels that would share a file.
 */
export const parseManifest = /* @__PURE__ */ published(function parseManifest(
  text: string,
  fileName: string,
): Manifest {
  if (typeof text !== "string") throw invalidOption("text", text, "the text of a manifest");
  if (typeof fileName !== "string") throw invalidOption("fileName", fileName, "a text");
  const { manifest, problems } = readManifest(text, fileName);
  refuseProblems(fileName, problems);
  return manifest;
});

/** What is wrong with an entry, and where in the text it stands. */
export interface Problem {
  readonly offset: number;
  readonly error: EinsumError | UnsupportedError;
}

/** Reads the entries that are right, and collects what is wrong with the others. */
export function readManifest(
  text: string,
  fileName: string,
): { readonly manifest: Manifest; readonly problems: Problem[] } {
  const problems: Problem[] = [];
  const root = parseJson(text, fileName);
  const fields = fieldsOf(root, "an object with the field 'kernels'");
  for (const [name, { key }] of fields) {
    // It hides nothing that is wrong with the kernels.
    orProblem(problems, key.place, () => {
      if (!MANIFEST_FIELDS.includes(name)) throw messages.manifestField(key.place, name, MANIFEST_FIELDS);
    });
  }
  const listed = fields.get("kernels")?.value;
  // Under another name, the kernels are not missing.
  if (!listed) throw problems[0]?.error ?? missingField(root, "kernels", "the manifest");
  if (listed.type !== "array") throw wrongType(listed, "a list of kernels");
  const given = fields.get("output")?.value;
  const output = given && orProblem(problems, given.place, () => readOutput(given));
  const read = new Map<string, ReadKernel>();
  const add = (kernel: ReadKernel): void => {
    const { name } = kernel.entry;
    const folded = name.toLowerCase();
    const other = read.get(folded);
    if (other) {
      const { line } = messages.lineAt(text, other.place.span.start);
      throw messages.manifestDuplicateName(kernel.place, name, other.entry.name, line);
    }
    read.set(folded, kernel);
  };
  for (const json of listed.children) {
    const asked = orProblem(problems, json.place, () => readEntry(json)) ?? [];
    for (const kernel of asked) orProblem(problems, json.place, () => add(kernel));
  }
  const kernels = [...read.values()].map(({ entry }) => entry);
  const places = [...read.values()].map(({ place }) => place);
  return { manifest: { fileName, text, output: output ?? OUTPUT, kernels, places }, problems };
}

/** Runs an action; what the caller did wrong becomes a problem at a place. */
export function orProblem<T>(problems: Problem[], { span }: messages.ManifestPlace, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    problems.push({ offset: span.start, error });
    return undefined;
  }
}

/** Throws what is wrong, if anything is: one error as it is, several as one that holds them all, as they stand in the file. */
export function refuseProblems(fileName: string, problems: readonly Problem[]): void {
  const errors = [...problems].sort((a, b) => a.offset - b.offset).map(({ error }) => error);
  if (errors[0]) throw errors.length === 1 ? errors[0] : messages.manifestEntries(fileName, errors);
}

export const MANIFEST_FIELDS: readonly string[] = ["kernels", "output", "$schema"];

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

const OUTPUT_FIELDS: Readers<Output> = {
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
function readOutput(json: Json): Output {
  const { read, fields } = readFields(json, OUTPUT_FIELDS, "an object");
  const output: Output = { ...OUTPUT, ...read };
  const refuse = (field: keyof Output, problem: string, remedy: string): void => {
    const given = fields.get(field)?.value;
    if (given) throw messages.manifestOutput(given.place, problem, remedy);
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

const MANIFEST_SCHEMAS: Readonly<Record<keyof ManifestData, Pick<Reader<unknown>, "schema">>> = {
  $schema: described("Where an editor finds this schema.", text),
  output: { schema: { description: "What is written.", $ref: "#/definitions/output" } },
  kernels: {
    schema: {
      description: "The kernels, each a module.",
      type: "array",
      items: {
        if: { type: "object", required: ["layer"] },
        then: { $ref: "#/definitions/layer" },
        else: { $ref: "#/definitions/kernel" },
      },
    },
  },
};

/**
 * The JSON schema of manifests, in the draft that editors read, by which they complete and check them:
 * `templates/manifest.schema.json` is this value.
 *
 * Its fields are those that are read, and their words those that are known: both are made of the same tables. It refuses
 * nothing that is read, and leaves to the compiler what fits a spec.
 */
export function manifestSchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A manifest of einsmith: the kernels to generate",
    ...objectOf(MANIFEST_SCHEMAS, ["kernels"]),
    definitions: {
      output: {
        ...objectOf(OUTPUT_FIELDS),
        if: { properties: { module: { const: "js" } }, required: ["module"] },
        then: { properties: { importExtension: { not: { const: ".ts" } } } },
        else: { properties: { declarations: { const: false } } },
      },
      ...ENTRY_SCHEMAS,
    },
  };
}
