/**
 * The fields of kernels and layers in the manifest: how each is read from its JSON, and what the schema says of it.
 *
 * Invariant: what a reader returns has the type the field promises; anything else was an error with its place. What
 * the values mean (that shapes fit the spec, say) is the compiler's to judge.
 */
import type { CompileOptions } from "../compile.ts";
import { COMBINATIONS, REDUCTIONS } from "../ir/contraction.ts";
import { DTYPE_NAMES } from "../ir/dtype.ts";
import { LAYERS, nameLayer, type LayerDescription } from "../layers/describe-layer.ts";
import type { LayerSpec, Shape } from "../layers/layer-spec.ts";
import { OPTIMIZER_NAMES, type OptimizerName } from "../path/choose.ts";
import { OBJECTIVE_NAMES, type LinearPath } from "../path/path.ts";
import { required } from "../support/errors.ts";
import * as messages from "../support/messages/manifest.ts";
import {
  anything,
  described,
  either,
  fieldsOf,
  identifier,
  integer,
  kernelName,
  listOf,
  locating,
  number,
  objectOf,
  oneOf,
  orNull,
  readFields,
  recordOf,
  size,
  text,
  type Json,
  type Reader,
  type Readers,
  type Schema,
} from "./json.ts";

/** The options of `compile` that a manifest has not, or writes otherwise. */
type NotInJson = "evaluate" | "onPass" | "onProgress" | "strides" | "target";

/** A kernel as the manifest's JSON gives it: the options of `compile`, and what is said of the file. */
export interface KernelEntry extends Omit<CompileOptions, NotInJson> {
  /** Names the function and its file. */
  readonly name: string;
  /** The einsum. */
  readonly spec: string;
  /** What it is for, in the kernel's doc comment. */
  readonly description?: string;
  /** null: row-major. */
  readonly strides?: readonly (readonly (number | string)[] | null)[];
  readonly offsets?: readonly number[];
  /** The contraction order: an optimizer's name or a linear path. */
  readonly optimize?: OptimizerName | LinearPath;
  /** Operands, by name: the gradient by each is a kernel, too, called as this one with `GradX` behind it for `x`. */
  readonly gradients?: readonly string[];
}

/** The kernel of a gradient, as an entry of the manifest asks for it. */
export interface GradientEntry extends Omit<KernelEntry, "gradients"> {
  /** The operand that it is the gradient by. */
  readonly gradientBy: string;
}

const integersByName = recordOf("an object of integers", integer);
const weights = recordOf("an object of weights", number);
const path = listOf("a path: a list of steps", listOf("a step: a list of positions", size));
const perOperand = <T>(what: string, item: Reader<T>): Reader<readonly T[]> =>
  listOf(`a list of ${what}, one an operand`, item);
const symbolicShape = listOf("a shape: a list of sizes", either("string", text, size));
const strides = listOf("a list of strides", either("string", text, integer));

const KERNEL_FIELDS: Readers<KernelEntry> = {
  name: described("Names the function and its file.", kernelName),
  spec: described("The einsum: 'ij,jk->ik', or with names: 'b i (2*x + k), o i k -> b o x'.", text),
  shapes: described("One shape an operand; a name is a size left to run time.", perOperand("shapes", symbolicShape)),
  description: described("What it is for, in the comment of the kernel.", text),
  operands: described("Names of the operands.", perOperand("names", identifier)),
  params: described("Values of the parameters of the spec.", integersByName),
  sizes: described("Sizes of indices that the operands do not tell.", recordOf("an object of sizes", size)),
  outputShape: described(
    "Shape of the result, where the spec leaves a choice.",
    listOf("a shape: a list of sizes", orNull(size)),
  ),
  dtype: described("Dtype of all operands.", oneOf(DTYPE_NAMES)),
  dtypes: described("Dtypes, one an operand.", perOperand("dtypes", oneOf(DTYPE_NAMES))),
  strides: described(
    "Strides, one list an operand, in elements; null: row-major.",
    listOf("a list of strides, one list an operand", orNull(strides)),
  ),
  offsets: described("Addresses of first elements, one an operand, in elements.", perOperand("offsets", size)),
  notation: described("How names are told apart.", oneOf(["compact", "named"])),
  reduce: described("How elements under one output element become one.", oneOf(REDUCTIONS)),
  combine: described("How the operands' elements become one.", oneOf(COMBINATIONS)),
  optimize: described(
    "The contraction order: an optimizer's name, or a path.",
    either("array", path, oneOf(OPTIMIZER_NAMES)),
  ),
  memoryLimit: described("The most elements that an intermediate may have.", size),
  minimize: described("What the order is to have little of.", either("object", weights, oneOf(OBJECTIVE_NAMES))),
  seed: described("Decides every random choice of the search.", integer),
  maxTime: described("Seconds of the search; modules may then differ from run to run.", number),
  unroll: described("How many values of an index one pass does.", integersByName),
  tile: described("How many values of an index one tile holds.", integersByName),
  order: described("The order of the loops of some indices, outermost first.", listOf("a list of indices", text)),
  stage: described("Which operands are copied into scratch.", listOf("a list of names of operands", text)),
  gradients: described(
    "Operands: the gradient by each is a module, too.",
    listOf("a list of names of operands", identifier),
  ),
};

const KERNEL_NEEDS = ["name", "spec", "shapes"];

/** A kernel that was read, and the place that messages of later stages show. */
export interface ReadKernel {
  readonly entry: KernelEntry | GradientEntry | LayerKernel;
  readonly place: messages.ManifestPlace;
}

/** Reads what an entry of the manifest asks for: a kernel or a layer, and its gradients. */
export function readEntry(json: Json): readonly ReadKernel[] {
  const layer = json.type === "object" ? fieldsOf(json, "an object").get("layer") : undefined;
  return layer ? readLayer(json, layer.value) : readKernel(json);
}

function readKernel(json: Json): readonly ReadKernel[] {
  const { read, fields } = readFields(json, KERNEL_FIELDS, "a kernel: an object", KERNEL_NEEDS, "the kernel");
  const both = fields.has("dtype") && fields.get("dtypes");
  if (both) throw messages.manifestConflict(both.key.place, "dtype", "dtypes");
  return withGradients(read as KernelEntry, (fields.get("name")?.value ?? json).place);
}

/** An entry, and its gradients by the operands that it lists. */
function withGradients<Entry extends { readonly name: string; readonly gradients?: readonly string[] }>(
  { gradients = [], ...entry }: Entry,
  place: messages.ManifestPlace,
): {
  readonly entry: Omit<Entry, "gradients"> & { readonly gradientBy?: string };
  readonly place: messages.ManifestPlace;
}[] {
  const gradientBy = (operand: string) => ({
    ...entry,
    name: `${entry.name}Grad${operand.charAt(0).toUpperCase()}${operand.slice(1)}`,
    description: `The gradient of \`${entry.name}\` by \`${operand}\`.`,
    gradientBy: operand,
  });
  return [entry, ...gradients.map(gradientBy)].map((kernel) => ({ entry: kernel, place }));
}

/** A layer as the manifest's JSON gives it: these fields, and the options of the layer. A name is made where there is none. */
export interface LayerEntry extends Partial<Pick<KernelEntry, "name" | "description" | "dtype" | "unroll" | "tile">> {
  /** `conv2d`, `maxPool2d`, ... */
  readonly layer: string;
  /** The shape of the input. */
  readonly input: Shape;
  /** The shape of the weight, where the layer has one. */
  readonly weight?: Shape;
  /** Arrays of the layer, by name: the gradient by each is a kernel, too, called as this one with `GradInput` behind it. */
  readonly gradients?: readonly string[];
  readonly [option: string]: unknown;
}

/** A layer that was read. */
export interface LayerKernel extends Pick<LayerEntry, "description" | "dtype" | "unroll" | "tile"> {
  readonly name: string;
  readonly layer: LayerSpec;
  /** The array that it is the gradient by, if it is one. */
  readonly gradientBy?: string;
}

const layerName = oneOf([...LAYERS.keys()]);
const shape: Reader<Shape> = listOf("a shape: a list of sizes", size);
/** The fields that every layer may have. */
const LAYER_FIELDS = {
  name: KERNEL_FIELDS.name,
  description: KERNEL_FIELDS.description,
  dtype: described("Dtype of all arrays.", oneOf(DTYPE_NAMES)),
  unroll: KERNEL_FIELDS.unroll,
  tile: KERNEL_FIELDS.tile,
  gradients: described(
    "Arrays of the layer: the gradient by each is a module, too.",
    listOf("a list of names of arrays", text),
  ),
};

type Table = Readonly<Record<string, Reader<unknown>>>;

/** The shapes that a layer needs, and its options, which it judges, for it knows its axes. */
function fieldsOfLayer({ weighted, options }: LayerDescription): Readonly<Record<"shapes" | "options", Table>> {
  return {
    shapes: { input: shape, ...(weighted && { weight: shape }) },
    options: Object.fromEntries(options.map((option) => [option, anything])),
  };
}

function readLayer(json: Json, layer: Json): readonly ReadKernel[] {
  const description = required(LAYERS.get(layerName.read(layer)), "a layer");
  const { shapes, options } = fieldsOfLayer(description);
  const table: Table = { layer: layerName, ...shapes, ...LAYER_FIELDS, ...options };
  const { read, fields } = readFields(json, table, "the layer", Object.keys(shapes));
  const among = (names: Table) =>
    Object.fromEntries(Object.entries(read).filter(([name]) => Object.hasOwn(names, name)));
  const given = among(options);
  const { input = [], weight = [] } = read as Partial<LayerEntry>;
  const spec = locating(layer.place, "", () => description.describe(input, weight, given));
  const entry = { name: nameLayer(spec, given), ...among(LAYER_FIELDS), layer: spec };
  return withGradients(entry, (fields.get("name")?.value ?? layer).place);
}

/** What the schema of manifests says of the entries. */
export const ENTRY_SCHEMAS: Schema = {
  kernel: { ...objectOf(KERNEL_FIELDS, KERNEL_NEEDS), not: { required: ["dtype", "dtypes"] } },
  layer: {
    type: "object",
    properties: { layer: layerName.schema },
    allOf: [...LAYERS].map(([name, layer]) => ({
      if: { properties: { layer: { const: name } } },
      then: schemaOfLayer(layer),
    })),
  },
};

function schemaOfLayer(layer: LayerDescription): Schema {
  const { shapes, options } = fieldsOfLayer(layer);
  const fields = { layer: anything, ...shapes, ...options, ...LAYER_FIELDS };
  return objectOf(fields, ["layer", ...Object.keys(shapes)]);
}
