/**
 * The programs that are measured, as plain JavaScript in `bench/dist/`: processes start at once, and no loader of
 * TypeScript stands between the code and what is measured. Packages stay outside, each is loaded from its own files.
 */
import { build } from "esbuild";
import { fileURLToPath } from "node:url";

/** Bundles a program of this folder; returns the path of what `node` runs. */
export async function bundle(program: "worker" | "first-use-worker" | "against-worker"): Promise<string> {
  const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  await build({
    entryPoints: [at(`${program}.ts`)],
    outdir: at("dist"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    packages: "external",
    logLevel: "error",
  });
  return at(`dist/${program}.mjs`);
}
