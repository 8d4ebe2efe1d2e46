/**
 * The schema of manifests: the file that is shipped is the value, its fields are the parser's, and it takes and refuses what
 * the parser does. After a change, `npx vitest run test/writer/manifest-schema.test.ts -u` writes the file anew.
 */
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { format } from "prettier";
import { describe, expect, it } from "vitest";
import { LAYERS } from "../../src/layers/describe-layer.ts";
import { MANIFEST_FIELDS, parseManifest, manifestSchema } from "../../src/writer/manifest.ts";
const ROOT = new URL("../../", import.meta.url);
const FILE = new URL("templates/manifest.schema.json", ROOT);
const MANIFESTS = ["templates/kernels.json", "examples/resnet34/kernels.json"];

const validate = new Ajv({ allErrors: true, strict: false }).compile(JSON.parse(readFileSync(FILE, "utf8")) as object);

function isRead(manifest: unknown): boolean {
  try {
    parseManifest(JSON.stringify(manifest), "kernels.json");
    return true;
  } catch {
    return false;
  }
}

interface Fields {
  readonly properties: object;
}
interface Layers {
  readonly allOf: readonly {
    readonly if: { readonly properties: { readonly layer: { readonly const: string } } };
    readonly then: Fields;
  }[];
}

const { definitions, properties } = manifestSchema() as {
  readonly properties: object;
  readonly definitions: { readonly layer: Layers };
};

const MATMUL = {
  name: "matmul",
  spec: "ij,jk->ik",
  shapes: [
    [2, 3],
    [3, 4],
  ],
};
const CONV = { layer: "conv2d", input: [1, 3, 8, 8], weight: [4, 3, 3, 3] };
const withKernel = (changes: object): object => ({ kernels: [{ ...MATMUL, ...changes }] });
const withLayer = (changes: object): object => ({ kernels: [{ ...CONV, ...changes }] });
const withOutput = (output: unknown): object => ({ output, kernels: [MATMUL] });

describe("the schema of manifests", () => {
  it("is the file that is shipped", async () => {
    const text = await format(JSON.stringify(manifestSchema()), { parser: "json", printWidth: 120 });
    await expect(text).toMatchFileSnapshot(FILE.pathname);
  });

  it("has the fields that the parser reads", () => {
    expect(Object.keys(properties).sort()).toEqual([...MANIFEST_FIELDS].sort());
    expect(
      definitions.layer.allOf.map(
        ({
          if: {
            properties: { layer },
          },
        }) => layer.const,
      ),
    ).toEqual([...LAYERS.keys()]);
    for (const { if: condition, then } of definitions.layer.allOf) {
      let remedy = "";
      const name = condition.properties.layer.const;
      try {
        parseManifest(JSON.stringify({ kernels: [{ layer: name, qqqqqqqqqqqq: 1 }] }), "kernels.json");
      } catch (error) {
        remedy = String(error);
      }
      const [, known = ""] = /the fields are (.*)/.exec(remedy) ?? [];
      expect(Object.keys(then.properties).sort()).toEqual(known.split(", ").sort());
    }
  });

  it.each(MANIFESTS)("takes %s, which points to it", (path) => {
    const manifest = JSON.parse(readFileSync(new URL(path, ROOT), "utf8")) as { readonly $schema: string };
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
    expect(new URL(manifest.$schema, new URL(path, ROOT)).href).toBe(FILE.href);
  });

  it.each([
    ["a kernel", withKernel({})],
    ["no kernel", { kernels: [] }],
    ["the place of the schema", { $schema: "./x.json", kernels: [MATMUL] }],
    [
      "sizes and strides that are names",
      withKernel({
        shapes: [
          ["n", 3],
          [3, 4],
        ],
        strides: [["s", 1], null],
      }),
    ],
    ["a path", withKernel({ optimize: [[0, 1]] })],
    ["an optimizer", withKernel({ optimize: "auto-hq", seed: 1, maxTime: 0.5, minimize: { flops: 1, write: 64 } })],
    ["sizes that are inferred", withKernel({ outputShape: [null, 4] })],
    ["everything that fixes loops", withKernel({ unroll: { i: 2 }, tile: { k: 2 }, order: ["i"], stage: [] })],
    ["gradients", withKernel({ operands: ["x", "w"], gradients: ["x"] })],
    ["a layer", withLayer({ padding: 1, bias: true, activation: "relu", name: "conv", gradients: ["input"] })],
    ["the output", withOutput({ module: "js", declarations: true, importExtension: "", typescript: "5.0" })],
    ["an output of nothing", withOutput({})],
    ["no declarations of TypeScript", withOutput({ module: "ts", declarations: false, importExtension: ".ts" })],
  ])("takes %s, as the parser does", (_, manifest) => {
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
    expect(isRead(manifest)).toBe(true);
  });

  it.each([
    ["a list", []],
    ["no kernels", {}],
    ["another field", { kernels: [], kernel: [] }],
    ["kernels that are none", { kernels: {} }],
    ["a kernel that is a text", { kernels: ["ij->ji"] }],
    ["a kernel without a name", { kernels: [{ spec: "i->i", shapes: [[2]] }] }],
    ["a kernel without a spec", { kernels: [{ name: "a", shapes: [[2]] }] }],
    ["another field of a kernel", withKernel({ shape: [[2, 3]] })],
    ["a name that is no identifier", withKernel({ name: "a b" })],
    ["a name that is too long", withKernel({ name: "a".repeat(65) })],
    [
      "a size below 0",
      withKernel({
        shapes: [
          [-2, 3],
          [3, 4],
        ],
      }),
    ],
    [
      "a size that is no integer",
      withKernel({
        shapes: [
          [2.5, 3],
          [3, 4],
        ],
      }),
    ],
    ["a dtype that is none", withKernel({ dtype: "float8" })],
    ["two kinds of dtypes", withKernel({ dtype: "float32", dtypes: ["float32", "float32"] })],
    ["a reduction that is none", withKernel({ reduce: "median" })],
    ["an optimizer that is none", withKernel({ optimize: "best" })],
    ["parameters in a list", withKernel({ params: [1] })],
    ["a layer that is none", withLayer({ layer: "conv4d" })],
    ["a layer without a weight", { kernels: [{ layer: "conv2d", input: [1, 3, 8, 8] }] }],
    ["an option of another layer", withLayer({ kernelSize: 2 })],
    ["a spec beside a layer", withLayer({ spec: "i->i" })],
    ["an output that is a text", withOutput("js")],
    ["another language", withOutput({ module: "cjs" })],
    ["another field of the output", withOutput({ format: "js" })],
    ["declarations of TypeScript", withOutput({ declarations: true })],
    ["imports of files that are not there", withOutput({ module: "js", importExtension: ".ts" })],
    ["a version that is a number", withOutput({ typescript: 5 })],
  ])("refuses %s, as the parser does", (_, manifest) => {
    expect(validate(manifest)).toBe(false);
    expect(isRead(manifest)).toBe(false);
  });
});
