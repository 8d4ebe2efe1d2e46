/**
 * Kernels of the manifest that are layers: `{ "layer": "conv2d", "input": [1, 64, 56, 56], "weight": [64, 64, 3, 3] }`, with
 * the options of the layer beside these.
 *
 * Invariant: a layer that was read has a spec that fits, and a name.
 */
import { DTYPE_NAMES } from "../ir/dtype.ts";
import { LAYERS, nameLayer, type LayerDescription } from "../layers/describe-layer.ts";
import type { LayerSpec, Shape } from "../layers/layer-spec.ts";
import { required } from "../support/errors.ts";
import { described, listOf, oneOf, readFields, size, text, type Reader } from "./json-readers.ts";
import { fieldsOf, locating, placeOf, valueOf, type JsonNode, type JsonSource } from "./json-tree.ts";
import { KERNEL_FIELDS, withGradients, type KernelEntry } from "./manifest-fields.ts";

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
/** The layer knows its axes, and judges. */
const anything: Reader<unknown> = { read: (_, node) => valueOf(node), schema: {} };

/** The fields that every layer may have. */
export const LAYER_FIELDS = {
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

/** The shapes that a layer of some name needs, and its options. */
export function fieldsOfLayer(name: string): { readonly shapes: Table; readonly options: Table } {
  const { weighted, options } = layerOf(name);
  return {
    shapes: { input: shape, ...(weighted && { weight: shape }) },
    options: Object.fromEntries(options.map((option) => [option, anything])),
  };
}

function layerOf(name: string): LayerDescription {
  return required(LAYERS.get(name), "a layer");
}

/** Whether a kernel of the manifest is a layer. */
export function isLayer(source: JsonSource, node: JsonNode): boolean {
  return node.type === "object" && fieldsOf(source, node, "an object").has("layer");
}

/** Reads a layer and the gradients that it lists; `name` is the node that messages of later stages show. */
export function readLayer(source: JsonSource, node: JsonNode): { entry: LayerKernel; name: JsonNode }[] {
  const layer = required(fieldsOf(source, node, "an object").get("layer"), "the field 'layer'").value;
  const kind = layerName.read(source, layer);
  const { shapes, options } = fieldsOfLayer(kind);
  const table: Table = { layer: layerName, ...shapes, ...LAYER_FIELDS, ...options };
  const needed = Object.keys(shapes);
  const { read, fields } = readFields(source, node, table, { what: "the layer", needed });
  const among = (names: Table) =>
    Object.fromEntries(Object.entries(read).filter(([name]) => Object.hasOwn(names, name)));
  const given = among(options);
  const { input = [], weight = [] } = read as Partial<LayerEntry>;
  const spec = locating(placeOf(source, layer), "", () => layerOf(kind).describe(input, weight, given));
  const { gradients = [], ...own } = among(LAYER_FIELDS) as Pick<LayerEntry, "gradients">;
  const entry = { name: nameLayer(spec, given), ...own, layer: spec };
  const name = fields.get("name")?.value ?? layer;
  return withGradients(entry, gradients).map((kernel) => ({ entry: kernel, name }));
}
