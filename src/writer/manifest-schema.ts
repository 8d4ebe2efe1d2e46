/**
 * The JSON schema of manifests, by which editors complete and check them: `templates/manifest.schema.json` is this value.
 *
 * Invariant: its fields are those that are read, and their words those that are known: both are made of the same tables. It
 * refuses nothing that is read, and leaves to the compiler what fits a spec.
 */
import { LAYERS } from "../layers/describe-layer.ts";
import { described, text, type Reader, type Schema } from "./json-readers.ts";
import { fieldsOfLayer, LAYER_FIELDS } from "./layer-entry.ts";
import { KERNEL_FIELDS, KERNEL_NEEDS } from "./manifest-fields.ts";
import type { ManifestData } from "./manifest.ts";
import { OUTPUT_FIELDS } from "./output.ts";

function objectOf(properties: Schema, required: readonly string[] = []): Schema {
  return { type: "object", properties, required, additionalProperties: false };
}

function schemasOf(table: Readonly<Record<string, Reader<unknown>>>): Schema {
  return Object.fromEntries(Object.entries(table).map(([name, { schema }]) => [name, schema]));
}

const MANIFEST_FIELDS: Readonly<Record<keyof ManifestData, Schema>> = {
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

/** The schema, in the draft that editors read. */
export function manifestSchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A manifest of einsmith: the kernels to generate",
    ...objectOf(MANIFEST_FIELDS, ["kernels"]),
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
