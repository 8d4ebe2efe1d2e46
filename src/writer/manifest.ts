/**
 * The manifest: the list of kernels to generate, as JSON.
 *
 *     { "kernels": [{ "name": "matmul4", "spec": "ij,jk->ik", "shapes": [[4, 4], [4, 4]] },
 *                   { "layer": "conv2d", "input": [1, 64, 56, 56], "weight": [64, 64, 3, 3], "padding": 1 }] }
 *
 * Invariant: a parsed manifest has valid fields of the right types, and names that differ even where case does not count.
 */
import { isRefusal, published, type EinsumError, type UnsupportedError } from "../support/errors.ts";
import {
  lineAt,
  manifestDuplicateName,
  manifestEntries,
  manifestField,
  manifestMissingField,
} from "../support/messages/manifest.ts";
import { invalidOption } from "../support/messages/options.ts";
import type { ManifestPlace } from "../support/messages/manifest.ts";
import { fieldsOf, parseJson, placeOf, type JsonNode, type JsonSource } from "./json-tree.ts";
import { wrongType } from "./json-readers.ts";
import { isLayer, readLayer, type LayerEntry, type LayerKernel } from "./layer-entry.ts";
import { OUTPUT, readOutput, type Output, type OutputOptions } from "./output.ts";
import { kernelsOf, readKernelEntry, type GradientEntry, type KernelEntry } from "./manifest-fields.ts";

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
