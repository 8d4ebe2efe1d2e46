/** Modules as the writer emits them, one a workload, in plain JavaScript so that they are imported as they are. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { compile } from "../src/index.ts";
import { emitModule } from "../src/writer/index.ts";
import { compileOptionsOf } from "./contenders/einsmith.ts";
import type { Workload } from "./workload.ts";

/** Writes the module of a workload into a folder; returns its path. */
export async function writeModule(workload: Workload, folder: string, ordinal: number): Promise<string> {
  const compilation = compile(workload.spec, { ...compileOptionsOf(workload), target: "javascript" });
  const path = join(folder, `kernel-${ordinal}.mjs`);
  writeFileSync(path, await emitModule(compilation));
  return path;
}

/**
 * Floating-point operations of a workload: a multiplication and an addition for each step of the best order, counted as
 * both where a sum has nothing to multiply. 0 where nothing is summed up, and for pools: there is no peak to compare with.
 */
export function countFlops(workload: Workload): number {
  if (workload.operation.kind === "pool") return 0;
  const { steps } = compile(workload.spec, compileOptionsOf(workload));
  const elements = steps.reduce((sum, { contraction: { indices, output } }) => {
    const points = indices.reduce((count, { size }) => count * size, 1);
    return points > output.tensor.shape.reduce((count, size) => count * size, 1) ? sum + points : sum;
  }, 0);
  return 2 * elements;
}
