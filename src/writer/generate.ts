/**
 * From a manifest to a folder of modules.
 *
 * Invariant: every kernel is compiled and printed before the first file is touched, so one that fails leaves the folder
 * as it was.
 */
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { ExportDeclarationStructure } from "ts-morph";
import { compileGradient } from "../compile-gradient.ts";
import { compile, type ContractionCompilation } from "../compile.ts";
import type { Target } from "../emit/source.ts";
// Every optimizer goes by its name in a manifest.
import "../entries/path.ts";
import { compileLayer, compileLayerGradient } from "../layers/compile-layer.ts";
import { verifyCompilation } from "../loops/verify-compilation.ts";
import { InternalError, publishedAsync } from "../support/errors.ts";
import { manifestNoData, manifestTooLarge, type ManifestPlace } from "../support/messages/manifest.ts";
import { invalidOption } from "../support/messages/options.ts";
import { reading, readOptions } from "../support/read.ts";
import { compareFolder, headerOf, INDEX, readingFile, updateFolder, type FolderDifference } from "./files.ts";
import { locating, LONGEST_JSON } from "./json.ts";
import {
  orProblem,
  readManifest,
  refuseProblems,
  type Manifest,
  type ManifestData,
  type Output,
  type Problem,
} from "./manifest.ts";
import { writeDeclarations, writeModule } from "./module.ts";
import { formatModule, openTemplate, parseTypeScript } from "./packages.ts";

export interface GenerateOptions {
  /** The folder that the modules go to; made where there is none. */
  readonly out: string;
  /** Compare only: report what differs and touch nothing. */
  readonly check?: boolean;
  /** Called after each kernel, with its name and how many of all are done. */
  readonly onProgress?: (done: number, total: number, name: string) => void;
}

/**
 * What happened to the files, or what differs: names of files in the folder, each list sorted. What is missing, stale or orphaned
 * is told with `check` alone; without it, these files are written or removed.
 */
export interface GenerateReport extends FolderDifference {
  readonly written: readonly string[];
  readonly removed: readonly string[];
}

/**
 * Generates the kernels of a manifest, given as data or as the path of its file: a module for each and an index.
 *
 * Refuses a manifest that is not valid, a kernel that does not compile, and a folder in which something that the writer
 * did not make has the name of a module. Files that need no change are not touched; modules of kernels that are no
 * longer listed are removed.
 */
export const generate = /* @__PURE__ */ publishedAsync(async function generate(
  manifest: string | Manifest | ManifestData,
  given: GenerateOptions,
): Promise<GenerateReport> {
  const options = readOptions(given, ["out", "check", "onProgress"]);
  const { out, check, onProgress } = options;
  if (typeof out !== "string" || out === "") throw invalidOption("out", out, "the path of a folder");
  if (check !== undefined && typeof check !== "boolean") throw invalidOption("check", check, "true or false");
  if (onProgress !== undefined && typeof onProgress !== "function") {
    throw invalidOption("onProgress", onProgress, "a function");
  }
  const { manifest: read, problems } = await openManifest(manifest);
  const modules = await writeModules(read, problems, options);
  const difference = await compareFolder(options.out, modules);
  if (options.check) return { written: [], removed: [], ...difference };
  await updateFolder(options.out, modules, difference);
  const { unchanged, missing, stale, orphaned: removed } = difference;
  return { written: [...missing, ...stale].sort(), removed, unchanged, missing: [], stale: [], orphaned: [] };
});

/** Data is validated as a file is: through its text. */
async function openManifest(manifest: string | Manifest | ManifestData): Promise<ReturnType<typeof readManifest>> {
  if (typeof manifest === "string") return readManifest(await readManifestFile(manifest), manifest);
  if (isParsed(manifest)) return readManifest(manifest.text, manifest.fileName);
  return readManifest(printManifest(manifest), "manifest");
}

function isParsed(manifest: Manifest | ManifestData): manifest is Manifest {
  return typeof manifest === "object" && manifest !== null && reading(() => Object.hasOwn(manifest, "places"));
}

function printManifest(manifest: ManifestData): string {
  try {
    // A function or undefined has no text.
    return JSON.stringify(manifest, undefined, 2) ?? "null";
  } catch {
    throw manifestNoData();
  }
}

/** Of what is no plain file, a pipe or a device, no more is read than a manifest may have: it may never end. */
function readManifestFile(path: string): Promise<string> {
  return readingFile(path, async () => {
    const { size } = await stat(path);
    if (size > LONGEST_JSON) throw manifestTooLarge(path, size, LONGEST_JSON);
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of createReadStream(path)) {
      chunks.push(chunk as Buffer);
      length += (chunk as Buffer).length;
      if (length > LONGEST_JSON) throw manifestTooLarge(path, undefined, LONGEST_JSON);
    }
    // It leaves out a mark of the byte order.
    return new TextDecoder().decode(Buffer.concat(chunks));
  });
}

/**
 * The files of a manifest, with their texts. Compiles every kernel, even where one is wrong, so that all that is wrong is told
 * at once.
 */
async function writeModules(
  manifest: Manifest,
  problems: Problem[],
  { onProgress }: GenerateOptions,
): Promise<Map<string, string>> {
  const { fileName, kernels, places, output } = manifest;
  const target = output.module === "ts" ? "typescript" : "javascript";
  const modules = new Map<string, string>();
  for (const [at, entry] of kernels.entries()) {
    const place = places[at] as ManifestPlace;
    const compilation = orProblem(problems, place, () =>
      locating(place, `kernel '${entry.name}': `, () => compileEntry(entry, target)),
    );
    // Where something is wrong nothing is written: what is left to find is what else is.
    if (compilation && problems.length === 0) await writeKernel(entry, compilation, output, modules);
    onProgress?.(at + 1, kernels.length, entry.name);
  }
  refuseProblems(fileName, problems);
  const names = kernels.map(({ name }) => name);
  for (const index of [`${INDEX}.${output.module}`, ...(output.declarations ? [`${INDEX}.d.ts`] : [])]) {
    modules.set(index, await writeIndex(index, names, output));
  }
  return modules;
}

/** Adds the files of a kernel, with their texts. */
async function writeKernel(
  { name, description = "" }: Manifest["kernels"][number],
  compilation: ContractionCompilation,
  { module, declarations, typescript }: Output,
  modules: Map<string, string>,
): Promise<void> {
  verifyCompilation(compilation);
  const { source } = compilation;
  if (source.name !== name) throw new InternalError(`the kernel '${name}' was named '${source.name}'`);
  const [file, declared] = [`${name}.${module}`, `${name}.d.ts`];
  const typed = { description, typescript };
  const header = headerOf(file, module === "ts" ? typescript : undefined);
  modules.set(file, await writeModule(source, { ...typed, header }));
  if (!declarations) return;
  modules.set(declared, await writeDeclarations(source, { ...typed, header: headerOf(declared, typescript) }));
}

/**
 * Returns the text of an index, `index.ts` or another: exports alone, which are the same in every language, in an order that
 * depends on the names alone.
 */
export async function writeIndex(
  fileName: string,
  names: readonly string[],
  { importExtension }: Pick<Output, "importExtension">,
): Promise<string> {
  const template = openTemplate("index.ts").getExportDeclarations()[0]?.getStructure() as ExportDeclarationStructure;
  const file = parseTypeScript("index.ts", "");
  // By UTF-16 units: the default order of sort, the same on every machine.
  for (const name of [...names].sort()) {
    file.addExportDeclaration({ ...template, moduleSpecifier: `./${name}${importExtension}`, namedExports: [name] });
  }
  if (names.length === 0) file.addExportDeclaration({ namedExports: [] });
  return `${headerOf(fileName)}\n\n${await formatModule(file.getFullText(), "typescript")}`;
}

function compileEntry(entry: Manifest["kernels"][number], target: Target): ContractionCompilation {
  if ("layer" in entry) {
    const { layer, gradientBy, description: _, ...fields } = entry;
    const options = { ...fields, target };
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
