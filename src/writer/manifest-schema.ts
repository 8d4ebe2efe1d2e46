/**
 * The JSON schema of manifests, by which editors complete and check them: `templates/manifest.schema.json` is this value.
 *
 * Invariant: its fields are those that are read, and their words those that are known; the type checker and the tables that
 * both are made of see to it. It refuses nothing that is read, and leaves to the compiler what fits a spec.
 */
import { COMBINATIONS, REDUCTIONS } from "../ir/contraction.ts";
import { DTYPE_NAMES } from "../ir/dtype.ts";
import { LAYERS } from "../layers/describe-layer.ts";
import { OPTIMIZER_NAMES } from "../path/choose.ts";
import { OBJECTIVE_NAMES } from "../path/path.ts";
import type { LayerKernel } from "./layer-entry.ts";
import type { KernelEntry } from "./manifest-fields.ts";
import type { ManifestData } from "./manifest.ts";
import { IMPORT_EXTENSIONS, MODULE_LANGUAGES, TYPESCRIPT_VERSIONS, type Output } from "./output.ts";

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const integer: Schema = { type: "integer" };
const number: Schema = { type: "number" };
const size: Schema = { type: "integer", minimum: 0 };
const sizeOrName: Schema = { anyOf: [size, text] };
const identifier: Schema = { type: "string", pattern: "^[A-Za-z_][A-Za-z0-9_]*$", maxLength: 64 };

const listOf = (items: Schema): Schema => ({ type: "array", items });
const byName = (value: Schema): Schema => ({ type: "object", additionalProperties: value });
const oneOf = (words: readonly string[]): Schema => ({ enum: words });
const described = (description: string, schema: Schema): Schema => ({ description, ...schema });

function objectOf(properties: Schema, required: readonly string[] = []): Schema {
  return { type: "object", properties, required, additionalProperties: false };
}

const KERNEL_FIELDS: Readonly<Record<keyof KernelEntry, Schema>> = {
  name: described("Names the function and its file.", identifier),
  spec: described("The einsum: 'ij,jk->ik', or with names: 'b i (2*x + k), o i k -> b o x'.", text),
  shapes: described("One shape an operand; a name is a size left to run time.", listOf(listOf(sizeOrName))),
  description: described("What it is for, in the comment of the kernel.", text),
  operands: described("Names of the operands.", listOf(identifier)),
  params: described("Values of the parameters of the spec.", byName(integer)),
  sizes: described("Sizes of indices that the operands do not tell.", byName(size)),
  outputShape: described(
    "Shape of the result, where the spec leaves a choice.",
    listOf({ anyOf: [size, { type: "null" }] }),
  ),
  dtype: described("Dtype of all operands.", oneOf(DTYPE_NAMES)),
  dtypes: described("Dtypes, one an operand.", listOf(oneOf(DTYPE_NAMES))),
  strides: described(
    "Strides, one list an operand, in elements; null: row-major.",
    listOf({ anyOf: [listOf({ anyOf: [integer, text] }), { type: "null" }] }),
  ),
  offsets: described("Addresses of first elements, one an operand, in elements.", listOf(size)),
  notation: described("How names are told apart.", oneOf(["compact", "named"])),
  reduce: described("How elements under one output element become one.", oneOf(REDUCTIONS)),
  combine: described("How the operands' elements become one.", oneOf(COMBINATIONS)),
  optimize: described("The contraction order: an optimizer's name, or a path.", {
    anyOf: [oneOf(OPTIMIZER_NAMES), listOf(listOf(size))],
  }),
  memoryLimit: described("The most elements that an intermediate may have.", size),
  minimize: described("What the order is to have little of.", { anyOf: [oneOf(OBJECTIVE_NAMES), byName(number)] }),
  seed: described("Decides every random choice of the search.", integer),
  maxTime: described("Seconds of the search; modules may then differ from run to run.", number),
  unroll: described("How many values of an index one pass does.", byName(integer)),
  tile: described("How many values of an index one tile holds.", byName(integer)),
  order: described("The order of the loops of some indices, outermost first.", listOf(text)),
  stage: described("Which operands are copied into scratch.", listOf(text)),
  gradients: described("Operands: the gradient by each is a module, too.", listOf(identifier)),
};

const LAYER_FIELDS: Readonly<Record<Exclude<keyof LayerKernel, "layer" | "gradientBy"> | "gradients", Schema>> = {
  name: KERNEL_FIELDS.name,
  description: KERNEL_FIELDS.description,
  dtype: described("Dtype of all arrays.", oneOf(DTYPE_NAMES)),
  unroll: KERNEL_FIELDS.unroll,
  tile: KERNEL_FIELDS.tile,
  gradients: described("Arrays of the layer: the gradient by each is a module, too.", listOf(text)),
};

const OUTPUT_FIELDS: Readonly<Record<keyof Output, Schema>> = {
  module: described(
    "The language of the modules, and the ending of their files: ts by default.",
    oneOf(MODULE_LANGUAGES),
  ),
  declarations: described("Whether .d.ts stands beside modules in JavaScript.", { type: "boolean" }),
  importExtension: described(
    "What the index puts behind the names of modules: .js by default.",
    oneOf(IMPORT_EXTENSIONS),
  ),
  typescript: described(
    "The oldest TypeScript that is to read what is written: 5.7 by default.",
    oneOf(TYPESCRIPT_VERSIONS),
  ),
};

const MANIFEST_FIELDS: Readonly<Record<keyof ManifestData, Schema>> = {
  $schema: described("Where an editor finds this schema.", text),
  output: described("What is written.", { $ref: "#/definitions/output" }),
  kernels: described(
    "The kernels, each a module.",
    listOf({
      if: { type: "object", required: ["layer"] },
      then: { $ref: "#/definitions/layer" },
      else: { $ref: "#/definitions/kernel" },
    }),
  ),
};

/** The schema, in the draft that editors read. */
export function manifestSchema(): Schema {
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "A manifest of einsmith: the kernels to generate",
    ...objectOf(MANIFEST_FIELDS, ["kernels"]),
    definitions: {
      output: {
        ...objectOf(OUTPUT_FIELDS),
        if: { properties: { module: { const: "js" } }, required: ["module"] },
        then: { properties: { importExtension: { not: { const: ".ts" } } } },
        else: { properties: { declarations: { const: false } } },
      },
      kernel: { ...objectOf(KERNEL_FIELDS, ["name", "spec", "shapes"]), not: { required: ["dtype", "dtypes"] } },
      layer: {
        type: "object",
        properties: { layer: oneOf([...LAYERS.keys()]) },
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
  const { weighted = false, options = [] } = LAYERS.get(name) ?? {};
  const shape = listOf(size);
  const shapes = { input: shape, ...(weighted && { weight: shape }) };
  const own = Object.fromEntries(options.map((option) => [option, true]));
  return objectOf({ layer: true, ...shapes, ...own, ...LAYER_FIELDS }, ["layer", ...Object.keys(shapes)]);
}
