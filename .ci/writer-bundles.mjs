// `einsmith/writer` in bundles: it works where its packages and einsmith are installed, and says what is missing elsewhere.
// Run in a project that has installed them, with the folder of the runtimes; bundlers come from the repository.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const [project, elsewhere, bun] = process.argv.slice(2);
const program = `
  import { compile } from "einsmith";
  import { emitModule, parseManifest } from "einsmith/writer";
  const entry = { name: "dot", spec: "i, i ->", shapes: [[4], [4]] };
  try {
    console.log(parseManifest(JSON.stringify({ kernels: [entry] }), "kernels.json").kernels.length);
    console.log(await emitModule(compile(entry.spec, { shapes: entry.shapes, name: entry.name })));
  } catch (error) {
    console.log(error.name, error.code);
  }
`;
const entry = join(project, "writes.mjs");
writeFileSync(entry, program);

const bundles = { esbuild: join(project, "esbuild.mjs"), bun: join(project, "bun.mjs") };
const options = { bundle: true, platform: "node", format: "esm", logLevel: "error" };
await build({ ...options, entryPoints: [entry], outfile: bundles.esbuild });
execFileSync(bun, ["build", "--target=node", `--outfile=${bundles.bun}`, entry], { cwd: project, stdio: "ignore" });

mkdirSync(elsewhere, { recursive: true });
for (const [bundler, bundle] of Object.entries(bundles)) {
  const written = execFileSync(process.execPath, [bundle], { encoding: "utf8" });
  assert.match(written, /^1\n[^]*export function dot\(/, bundler);
  const moved = join(elsewhere, `${bundler}.mjs`);
  execFileSync("cp", [bundle, moved]);
  assert.equal(execFileSync(process.execPath, [moved], { encoding: "utf8" }), "EinsumError package-missing\n", bundler);
  console.log(`einsmith/writer, bundled by ${bundler}: writes where its packages are, refuses elsewhere`);
}
