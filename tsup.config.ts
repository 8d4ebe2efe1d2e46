import { defineConfig } from "tsup";

/**
 * Four entry points over one core. Splitting keeps the pure part in chunks of its own, so that `index` and `lazy` import
 * no package, and `writer` and `cli` share what it holds instead of repeating it.
 */
export default defineConfig({
  entry: {
    index: "src/index.ts",
    lazy: "src/lazy/index.ts",
    writer: "src/writer/index.ts",
    cli: "src/cli/main.ts",
  },
  format: "esm",
  platform: "node",
  target: ["node20", "es2022"],
  splitting: true,
  treeshake: false,
  clean: true,
  sourcemap: false,
  removeNodeProtocol: false,
  dts: {
    entry: { index: "src/index.ts", lazy: "src/lazy/index.ts", writer: "src/writer/index.ts" },
    // tsup sets `baseUrl`, which TypeScript 6 calls deprecated.
    compilerOptions: { ignoreDeprecations: "6.0" },
  },
});
