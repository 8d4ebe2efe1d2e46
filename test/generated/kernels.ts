/** The kernels of the manifest, each as the module that was written for it. */
import { readFileSync } from "node:fs";
import * as generated from "../../generated/index.ts";
import type { CompileOptions } from "../../src/compile.ts";
import type { TypedArray } from "../../src/ir/dtype.ts";
import type { KernelEntry } from "../../src/writer/manifest-fields.ts";
import { parseManifest } from "../../src/writer/manifest.ts";

export type WrittenKernel = (...arrays: TypedArray[]) => TypedArray;

export const ROOT = new URL("../../", import.meta.url);
export const MANIFEST = new URL("templates/kernels.json", ROOT);

export const entries: readonly KernelEntry[] = parseManifest(readFileSync(MANIFEST, "utf8"), "kernels.json").kernels.map(
  (entry) => {
    if ("layer" in entry) throw new Error(`the kernel ${entry.name} is a layer`);
    return entry;
  },
);

/** The function that `generated/index.ts` exports under a name. */
export function writtenKernel(name: string): WrittenKernel {
  const kernel = (generated as unknown as Record<string, WrittenKernel | undefined>)[name];
  if (!kernel) throw new Error(`generated/index.ts exports no ${name}`);
  return kernel;
}

/** The names that `generated/index.ts` exports. */
export const exportedNames: readonly string[] = Object.keys(generated);

/** The text of a written module. */
export function moduleText(name: string): string {
  return readFileSync(new URL(`generated/${name}.ts`, ROOT), "utf8");
}

/** How the writer compiles an entry, but for the target. */
export function compileOptionsOf({ spec: _, description: __, strides, ...fields }: KernelEntry): CompileOptions {
  return { ...fields, ...(strides && { strides: strides.map((list) => list ?? undefined) }) };
}
