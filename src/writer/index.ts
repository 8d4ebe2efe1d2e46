/**
 * The public names of `einsmith/writer`: kernels written to disk as modules.
 */
export { generate, type GenerateOptions, type GenerateReport } from "./generate.ts";
export type { LayerEntry, LayerKernel } from "./manifest-fields.ts";
export { type KernelEntry } from "./manifest-fields.ts";
export { parseManifest, type Manifest, type ManifestData } from "./manifest.ts";
export { emitModule, type EmitModuleOptions } from "./module.ts";
export type { OutputOptions, TypeScriptVersion } from "./manifest.ts";
export { EinsumError, InternalError, UnsupportedError } from "../support/errors.ts";
