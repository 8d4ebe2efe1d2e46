/**
 * From a manifest to a folder of modules.
 *
 * Invariant: every kernel is compiled and printed before the first file is touched, so one that fails leaves the folder
 * as it was.
 */
import { readFile, stat } from "node:fs/promises";
import { compile, type ContractionCompilation } from "../compile.ts";
import { compileGradient } from "../compile-gradient.ts";
// Every optimizer goes by its name in a manifest.
import "../entries/path.ts";
import { compileLayerGradient } from "../layers/compile-layer-gradient.ts";
import { compileLayer } from "../layers/compile-layer.ts";
import { verifyCompilation } from "../loops/verify-compilation.ts";
import { EinsumError, InternalError, UnsupportedError } from "../support/errors.ts";
import { fileUnreadable, reasonOf } from "../support/messages/files.ts";
import {
  MANIFEST_WORDS,
  manifestNoData,
  manifestTooLarge,
  printPlace,
  type ManifestPlace,
} from "../support/messages/manifest.ts";
import { speaking } from "../support/words.ts";
import { compareFolder, updateFolder } from "./files.ts";
import { writeIndex } from "./index-module.ts";
import { LONGEST_JSON } from "./json-tree.ts";
import type { LayerKernel } from "./layer-entry.ts";
import type { GradientEntry, KernelEntry } from "./manifest-fields.ts";
import { parseManifest, type Manifest, type ManifestData } from "./manifest.ts";
import { INDEX, markerOf } from "./marker.ts";
import { writeModule } from "./module.ts";

export interface GenerateOptions {
  /** The folder that the modules go to; made where there is none. */
  readonly out: string;
  /** Compare only: report what differs and touch nothing. */
  readonly check?: boolean;
  /** Called after each kernel, with its name and how many of all are done. */
  readonly onProgress?: (done: number, total: number, name: string) => void;
}

/** What happened to the files, or with `check` what would; names of files in the folder, each list sorted. */
export interface GenerateReport {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  readonly removed: readonly string[];
  /** With `check`: not there. */
  readonly missing: readonly string[];
  /** With `check`: there with another text. */
  readonly stale: readonly string[];
  /** With `check`: there, though no kernel asks for it. */
  readonly orphaned: readonly string[];
}

/**
 * Generates the kernels of a manifest, given as data or as the path of its file: a module for each and an index.
 *
 * Refuses a manifest that is not valid, a kernel that does not compile, and a folder in which something that the writer
 * did not make has the name of a module. Files that need no change are not touched; modules of kernels that are no
 * longer listed are removed.
 */
export async function generate(
  manifest: string | Manifest | ManifestData,
  options: GenerateOptions,
): Promise<GenerateReport> {
  const modules = await writeModules(await openManifest(manifest), options);
  const difference = await compareFolder(options.out, modules);
  const { unchanged, missing, stale, orphaned } = difference;
  const nothing = { written: [], unchanged, removed: [], missing: [], stale: [], orphaned: [] };
  if (options.check) return { ...nothing, missing, stale, orphaned };
  await updateFolder(options.out, modules, difference);
  return { ...nothing, written: [...missing, ...stale].sort(), removed: orphaned };
}

/** Data is validated as a file is: through its text. */
async function openManifest(manifest: string | Manifest | ManifestData): Promise<Manifest> {
  if (typeof manifest === "string") return parseManifest(await readManifest(manifest), manifest);
  if (isParsed(manifest)) return parseManifest(manifest.text, manifest.fileName);
  return parseManifest(printManifest(manifest), "manifest");
}

function isParsed(manifest: Manifest | ManifestData): manifest is Manifest {
  return typeof manifest === "object" && manifest !== null && Object.hasOwn(manifest, "places");
}

function printManifest(manifest: ManifestData): string {
  try {
    // A function or undefined has no text.
    return JSON.stringify(manifest, undefined, 2) ?? "null";
  } catch {
    throw manifestNoData();
  }
}

async function readManifest(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size > LONGEST_JSON) throw manifestTooLarge(path, size, LONGEST_JSON);
    const text = await readFile(path, "utf8");
    return text.startsWith("\uFEFF") ? text.slice(1) : text;
  } catch (error) {
    throw error instanceof EinsumError ? error : fileUnreadable(path, reasonOf(error));
  }
}

async function writeModules(manifest: Manifest, { onProgress }: GenerateOptions): Promise<Map<string, string>> {
  const { kernels, places } = manifest;
  const modules = new Map<string, string>();
  for (const [at, entry] of kernels.entries()) {
    modules.set(entry.name, await writeKernel(entry, places[at] as ManifestPlace));
    onProgress?.(at + 1, kernels.length, entry.name);
  }
  modules.set(INDEX, await writeIndex(kernels.map(({ name }) => name)));
  return modules;
}

async function writeKernel(entry: KernelEntry | GradientEntry | LayerKernel, place: ManifestPlace): Promise<string> {
  const compilation = locating(entry.name, place, () => compileEntry(entry));
  verifyCompilation(compilation);
  const { source } = compilation;
  if (source.name !== entry.name) throw new InternalError(`the kernel '${entry.name}' was named '${source.name}'`);
  return writeModule(source, { header: markerOf(entry.name), description: entry.description ?? "" });
}

function compileEntry(entry: KernelEntry | GradientEntry | LayerKernel): ContractionCompilation {
  const target = "typescript";
  if ("layer" in entry) {
    const { layer, gradientBy, description: _, ...fields } = entry;
    const options = { ...fields, target } as const;
    return gradientBy === undefined ? compileLayer(layer, options) : compileLayerGradient(layer, gradientBy, options);
  }
  const strides = entry.strides?.map((list) => list ?? undefined);
  if ("gradientBy" in entry) {
    const { spec, gradientBy, description: _, ...fields } = entry;
    return compileGradient(spec, gradientBy, { ...fields, strides, target });
  }
  const { spec, description: _, ...fields } = entry;
  return compile(spec, { ...fields, strides, target });
}

/** Says in a compiler's message which entry of the manifest it is about; its code and carets stay what they are. */
function locating<T>(name: string, place: ManifestPlace, action: () => T): T {
  try {
    return speaking(MANIFEST_WORDS, action);
  } catch (error) {
    if (error instanceof EinsumError || error instanceof UnsupportedError) {
      error.message = `${printPlace(place)}: kernel '${name}': ${error.message}`;
    }
    throw error;
  }
}
