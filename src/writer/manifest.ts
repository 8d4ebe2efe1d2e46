/**
 * The manifest: the list of kernels to generate, as JSON.
 *
 *     { "kernels": [{ "name": "matmul4", "spec": "ij,jk->ik", "shapes": [[4, 4], [4, 4]] },
 *                   { "layer": "conv2d", "input": [1, 64, 56, 56], "weight": [64, 64, 3, 3], "padding": 1 }] }
 *
 * Invariant: a parsed manifest has valid fields of the right types, and names that differ even where case does not count.
 */
import { lineAt, manifestDuplicateName, manifestField, manifestMissingField } from "../support/messages/manifest.ts";
import type { ManifestPlace } from "../support/messages/manifest.ts";
import { fieldsOf, parseJson, placeOf, type JsonNode, type JsonSource } from "./json-tree.ts";
import { wrongType } from "./json-readers.ts";
import { isLayer, readLayer, type LayerEntry, type LayerKernel } from "./layer-entry.ts";
import { kernelsOf, readKernelEntry, type GradientEntry, type KernelEntry } from "./manifest-fields.ts";

/** A manifest as its JSON gives it. */
export interface ManifestData {
  /** Where an editor finds the schema; ignored. */
  readonly $schema?: string;
  readonly kernels: readonly (KernelEntry | LayerEntry)[];
}

/** A manifest that was read and found valid. */
export interface Manifest extends Omit<ManifestData, "kernels"> {
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
export function parseManifest(text: string, fileName: string): Manifest {
  const source: JsonSource = { fileName, text };
  const read = kernelNodes(source).flatMap((node): { entry: Manifest["kernels"][number]; name: JsonNode }[] => {
    if (isLayer(source, node)) return readLayer(source, node);
    const { entry, name } = readKernelEntry(source, node);
    return kernelsOf(entry).map((kernel) => ({ entry: kernel, name }));
  });
  const places = read.map(({ name }) => placeOf(source, name));
  const kernels = read.map(({ entry }) => entry);
  refuseSharedFiles(kernels, places);
  return { fileName, text, kernels, places };
}

/** The nodes of the kernels. */
function kernelNodes(source: JsonSource): readonly JsonNode[] {
  const root = parseJson(source);
  if (root.type !== "object") throw wrongType(source, root, "an object with the field 'kernels'");
  let kernels: JsonNode | undefined;
  for (const { name, key, value } of fieldsOf(source, root)) {
    if (name === "kernels") kernels = value;
    else if (name !== "$schema") throw manifestField(placeOf(source, key), name, ["kernels", "$schema"]);
  }
  if (!kernels) throw manifestMissingField(placeOf(source, { ...root, length: 1 }), "kernels", "the manifest");
  if (kernels.type !== "array") throw wrongType(source, kernels, "a list of kernels");
  return kernels.children ?? [];
}

function refuseSharedFiles(kernels: Manifest["kernels"], places: readonly ManifestPlace[]): void {
  const seen = new Map<string, { readonly name: string; readonly place: ManifestPlace }>();
  kernels.forEach(({ name }, at) => {
    const place = places[at] as ManifestPlace;
    const other = seen.get(name.toLowerCase());
    if (other) {
      const { line } = lineAt(place.text, other.place.span.start);
      throw manifestDuplicateName(place, name, other.name, line);
    }
    seen.set(name.toLowerCase(), { name, place });
  });
}
