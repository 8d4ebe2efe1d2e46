// What a program pays that imports a part of einsmith: bundled by esbuild and by Rollup from the installed package,
// minified, gzipped. Run in the project that has installed it; bundlers come from the repository.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import terser from "@rollup/plugin-terser";
import { build } from "esbuild";
import { rollup } from "rollup";

const [project, report] = process.argv.slice(2);

/** The most that a program may weigh, in kilobytes of 1000 bytes, by what it imports. */
const LIMITS = [
  ["einsum", "einsmith", 46],
  ["jit", "einsmith", 70],
  ["conv2d", "einsmith/layers", 53],
  ["solveSizes", "einsmith/sizes", 15],
  ["array, toNested", "einsmith", 5],
  ["EinsumError", "einsmith", 1],
];

async function weighByEsbuild(program) {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: project },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
    logLevel: "error",
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

async function weighByRollup(program) {
  const entry = `${project}/program.mjs`;
  writeFileSync(entry, program);
  const bundle = await rollup({ input: entry, plugins: [nodeResolve({ browser: true })] });
  const { output } = await bundle.generate({ format: "es", plugins: [terser({ module: true, ecma: 2020 })] });
  await bundle.close();
  assert.equal(output.length, 1);
  assert.deepEqual(output[0].imports, []);
  return gzipSync(output[0].code, { level: 9 }).length;
}

const rows = [];
for (const [names, part, limit] of LIMITS) {
  // The same names from 'einsmith' and from the entry of their part must weigh the same.
  for (const entry of new Set(["einsmith", part])) {
    const program = `import { ${names} } from "${entry}";\nconsole.log(${names});\n`;
    rows.push({ names, entry, limit, esbuild: await weighByEsbuild(program), rollup: await weighByRollup(program) });
  }
}

const kilobytes = (bytes) => (bytes / 1000).toFixed(1);
const table = [
  "| import            | from              | esbuild | Rollup | at most |",
  "| ----------------- | ----------------- | ------: | -----: | ------: |",
  ...rows.map(({ names, entry, limit, esbuild, rollup }) =>
    [
      "",
      ` ${`\`${names}\``.padEnd(17)} `,
      ` ${`\`${entry}\``.padEnd(17)} `,
      ` ${kilobytes(esbuild).padStart(7)} `,
      ` ${kilobytes(rollup).padStart(6)} `,
      ` ${String(limit).padStart(7)} `,
      "",
    ].join("|"),
  ),
].join("\n");
console.log(table);
if (report) writeFileSync(report, `${table}\n`);

const heavy = rows.filter(({ limit, esbuild, rollup }) => Math.max(esbuild, rollup) > limit * 1000);
assert.deepEqual(heavy, [], "heavier than they may be");
