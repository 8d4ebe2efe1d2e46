/**
 * Kernels of the manifest that are layers: `{ "layer": "conv2d", "input": [1, 64, 56, 56], "weight": [64, 64, 3, 3] }`, with
 * the options of the layer beside these.
 *
 * Invariant: a layer that was read has a spec that fits, and a name.
 */
import { DTYPE_NAMES, type Dtype } from "../ir/dtype.ts";
import { LAYERS, nameLayer } from "../layers/describe-layer.ts";
import type { LayerSpec, Shape } from "../layers/layer-spec.ts";
import { EinsumError, required } from "../support/errors.ts";
import * as messages from "../support/messages/manifest.ts";
import { speaking } from "../support/words.ts";
import { valueOf, fieldsOf, placeOf, type JsonField, type JsonNode, type JsonSource } from "./json-tree.ts";
import { integersByName, kernelName, listOf, oneOf, size, text, type Reader } from "./json-readers.ts";
import { withGradients } from "./manifest-fields.ts";

/** A layer as the manifest's JSON gives it: these fields, and the options of the layer. */
export interface LayerEntry {
  /** `conv2d`, `maxPool2d`, ... */
  readonly layer: string;
  /** The shape of the input. */
  readonly input: Shape;
  /** The shape of the weight, where the layer has one. */
  readonly weight?: Shape;
  /** Names the function and its file; made of the layer and its shapes where absent. */
  readonly name?: string;
  /** What it is for, in the kernel's doc comment. */
  readonly description?: string;
  /** Of all arrays; "float64" where absent. */
  readonly dtype?: Dtype;
  /** Fixes how many passes of an index's loop are written side by side. */
  readonly unroll?: Readonly<Record<string, number>>;
  /** Fixes the tile size of an index. */
  readonly tile?: Readonly<Record<string, number>>;
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

const shape: Reader<Shape> = listOf("a shape: a list of sizes", size);

const READERS = {
  name: kernelName,
  description: text,
  dtype: oneOf(DTYPE_NAMES),
  unroll: integersByName,
  tile: integersByName,
} satisfies {
  readonly [Field in Exclude<keyof LayerKernel, "layer" | "gradientBy">]: Reader<NonNullable<LayerKernel[Field]>>;
};
const names = listOf("a list of names of arrays", text);

/** Whether a kernel of the manifest is a layer. */
export function isLayer(source: JsonSource, node: JsonNode): boolean {
  return node.type === "object" && fieldsOf(source, node).some(({ name }) => name === "layer");
}

/** Reads a layer and the gradients that it lists; `name` is the node that messages of later stages show. */
export function readLayer(source: JsonSource, node: JsonNode): { entry: LayerKernel; name: JsonNode }[] {
  const fields = new Map(fieldsOf(source, node).map((field) => [field.name, field]));
  const layer = required(fields.get("layer"), "the field 'layer'").value;
  const {
    weighted,
    options: optionNames,
    describe,
  } = required(LAYERS.get(oneOf([...LAYERS.keys()])(source, layer)), "a layer");
  const own = ["layer", "input", ...(weighted ? ["weight"] : [])];
  const known = [...own, ...Object.keys(READERS), "gradients", ...optionNames];
  for (const { name, key } of fields.values()) {
    if (!known.includes(name)) throw messages.manifestField(placeOf(source, key), name, known);
  }
  const missing = own.find((field) => !fields.has(field));
  if (missing !== undefined) {
    throw messages.manifestMissingField(placeOf(source, { ...node, length: 1 }), missing, "the layer");
  }
  const [input = [], weight = []] = own.slice(1).map((field) => shape(source, (fields.get(field) as JsonField).value));
  const options = Object.fromEntries(
    [...fields.values()]
      .filter(({ name }) => optionNames.includes(name))
      .map(({ name, value }) => [name, valueOf(value)]),
  );
  const spec = locating(source, layer, () => describe(input, weight, options));
  const read = Object.entries(READERS).flatMap(([field, reader]) => {
    const value = fields.get(field)?.value;
    return value ? [[field, reader(source, value)] as const] : [];
  });
  const entry = { name: nameLayer(spec, options), ...Object.fromEntries(read), layer: spec };
  const gradients = fields.get("gradients");
  const name = fields.get("name")?.value ?? layer;
  return withGradients(entry, gradients ? names(source, gradients.value) : []).map((kernel) => ({
    entry: kernel,
    name,
  }));
}

/** Says in a layer's message where in the manifest it stands. */
function locating<T>(source: JsonSource, node: JsonNode, action: () => T): T {
  try {
    return speaking(messages.MANIFEST_WORDS, action);
  } catch (error) {
    if (error instanceof EinsumError) error.message = `${messages.printPlace(placeOf(source, node))}: ${error.message}`;
    throw error;
  }
}
