/**
 * The manifest: the list of kernels to generate, as JSON.
 *
 *     { "kernels": [{ "name": "matmul4", "spec": "ij,jk->ik", "shapes": [[4, 4], [4, 4]] },
 *                   { "layer": "conv2d", "input": [1, 64, 56, 56], "weight": [64, 64, 3, 3], "padding": 1 }] }
 *
 * Invariant: a parsed manifest has valid fields of the right types, and names that differ even where case does not count.
 */
import { LAYERS } from "../layers/describe-layer.ts";
import { isRefusal, published, type EinsumError, type UnsupportedError } from "../support/errors.ts";
import {
  lineAt,
  manifestDuplicateName,
  manifestEntries,
  manifestField,
  manifestMissingField,
  manifestOutput,
  type ManifestPlace,
} from "../support/messages/manifest.ts";
import { invalidOption } from "../support/messages/options.ts";
import {
  described,
  fieldsOf,
  flag,
  oneOf,
  parseJson,
  placeOf,
  readFields,
  text,
  wrongType,
  type JsonNode,
  type JsonSource,
  type Reader,
  type Readers,
  type Schema,
} from "./json.ts";
import {
  fieldsOfLayer,
  isLayer,
  KERNEL_FIELDS,
  KERNEL_NEEDS,
  kernelsOf,
  LAYER_FIELDS,
  readKernelEntry,
  readLayer,
  type GradientEntry,
  type KernelEntry,
  type LayerEntry,
  type LayerKernel,
} from "./manifest-fields.ts";

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
  readonly kernels: readonly (KernelEntry | GradientEntry | LayerKernel)[];
  /** The file as messages name it. */
  readonly fileName: string;
  readonly text: string;
  /** Where each kernel's name stands, in the order of `kernels`. */
  readonly places: readonly ManifestPlace[];
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
): { readonly manifest: Manifest; readonly problems: readonly Problem[] } {
  const source: JsonSource = { fileName, text };
  const problems: Problem[] = [];
  const { kernels: kernelNodes, output: outputNode } = partsOf(source, problems);
  const output = outputNode && orProblem(problems, outputNode.offset, () => readOutput(source, outputNode));
  const kernels: Manifest["kernels"][number][] = [];
  const places: ManifestPlace[] = [];
  const seen = new Map<string, { readonly name: string; readonly place: ManifestPlace }>();
  for (const node of kernelNodes) {
    for (const { entry, name } of orProblem(problems, node.offset, () => readEntries(source, node)) ?? []) {
      const place = placeOf(source, name);
      const folded = entry.name.toLowerCase();
      const other = seen.get(folded);
      if (other) {
        const { line } = lineAt(text, other.place.span.start);
        problems.push({ offset: node.offset, error: manifestDuplicateName(place, entry.name, other.name, line) });
        continue;
      }
      seen.set(folded, { name: entry.name, place });
      kernels.push(entry);
      places.push(place);
    }
  }
  return { manifest: { fileName, text, output: output ?? OUTPUT, kernels, places }, problems };
}

/** Runs an action; what the caller did wrong becomes a problem at a place. */
export function orProblem<T>(problems: Problem[], offset: number, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!isRefusal(error)) throw error;
    problems.push({ offset, error });
    return undefined;
  }
}

/** Throws what is wrong, if anything is: one error as it is, several as one that holds them all, as they stand in the file. */
export function refuseProblems(fileName: string, problems: readonly Problem[]): void {
  const errors = [...problems].sort((a, b) => a.offset - b.offset).map(({ error }) => error);
  if (errors[0]) throw errors.length === 1 ? errors[0] : manifestEntries(fileName, errors);
}

/** The kernels that an entry asks for: its own, and its gradients. */
function readEntries(
  source: JsonSource,
  node: JsonNode,
): readonly { readonly entry: Manifest["kernels"][number]; readonly name: JsonNode }[] {
  if (isLayer(source, node)) return readLayer(source, node);
  const { entry, name } = readKernelEntry(source, node);
  return kernelsOf(entry).map((kernel) => ({ entry: kernel, name }));
}

export const MANIFEST_FIELDS: readonly string[] = ["kernels", "output", "$schema"];

/** The nodes of the kernels, and that of what is to be written; a field beside them hides nothing that is wrong with them. */
function partsOf(
  source: JsonSource,
  problems: Problem[],
): { readonly kernels: readonly JsonNode[]; readonly output: JsonNode | undefined } {
  const root = parseJson(source);
  const fields = fieldsOf(source, root, "an object with the field 'kernels'");
  for (const { name, key } of fields.values()) {
    if (MANIFEST_FIELDS.includes(name)) continue;
    problems.push({ offset: key.offset, error: manifestField(placeOf(source, key), name, MANIFEST_FIELDS) });
  }
  const kernels = fields.get("kernels")?.value;
  const output = fields.get("output")?.value;
  // Under another name, the kernels are not missing.
  if (!kernels && problems[0]) throw problems[0].error;
  if (!kernels) throw manifestMissingField(placeOf(source, { ...root, length: 1 }), "kernels", "the manifest");
  if (kernels.type !== "array") throw wrongType(source, kernels, "a list of kernels");
  return { kernels: kernels.children ?? [], output };
}

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
function readOutput(source: JsonSource, node: JsonNode): Output {
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

function objectOf(properties: Schema, required: readonly string[] = []): Schema {
  return { type: "object", properties, required, additionalProperties: false };
}

function schemasOf(table: Readonly<Record<string, Reader<unknown>>>): Schema {
  return Object.fromEntries(Object.entries(table).map(([name, { schema }]) => [name, schema]));
}

const MANIFEST_PROPERTIES: Readonly<Record<keyof ManifestData, Schema>> = {
  $schema: described("Where an editor finds this schema.", text).schema,
  output: { description: "What is written.", $ref: "#/definitions/output" },
  kernels: {
    description: "The kernels, each a module.",
    type: "array",
    items: {
      if: { type: "object", required: ["layer"] },
      then: { $ref: "#/definitions/layer" },
      else: { $ref: "#/definitions/kernel" },
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
    ...objectOf(MANIFEST_PROPERTIES, ["kernels"]),
    definitions: {
      output: {
        ...objectOf(schemasOf(OUTPUT_FIELDS)),
        if: { properties: { module: { const: "js" } }, required: ["module"] },
        then: { properties: { importExtension: { not: { const: ".ts" } } } },
        else: { properties: { declarations: { const: false } } },
      },
      kernel: { ...objectOf(schemasOf(KERNEL_FIELDS), KERNEL_NEEDS), not: { required: ["dtype", "dtypes"] } },
      layer: {
        type: "object",
        properties: { layer: { enum: [...LAYERS.keys()] } },
        allOf: [...LAYERS.keys()].map((name) => ({
          if: { properties: { layer: { const: name } } },
          then: schemaOfLayer(name),
        })),
      },
    },
  };
}

/** The values of a layer's options are for the layer to judge: it knows its axes. */
function schemaOfLayer(name: string): Schema {
  const { shapes, options } = fieldsOfLayer(name);
  const own = Object.fromEntries(Object.keys(options).map((option) => [option, true]));
  const properties = { layer: true, ...schemasOf(shapes), ...own, ...schemasOf(LAYER_FIELDS) };
  return objectOf(properties, ["layer", ...Object.keys(shapes)]);
}
