/** What the README shows must be what happens: its codes, its emitted code, and the results in its examples. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { array, compile, einsum, einsumGrad, jit, toNested, type LoopNest, type NdArray } from "../../src/index.ts";
import * as lazy from "../../src/lazy/index.ts";
import { printChoice, printNest } from "../../src/loops/print-nest.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const SQUARES = [
  [64, 64],
  [64, 64],
];
const messages = new URL("../../src/support/messages/", import.meta.url);

describe("the README", () => {
  it("lists every code of an error, and no other", () => {
    const sources = readdirSync(messages).map((file) => readFileSync(new URL(file, messages), "utf8"));
    const codes = sources.flatMap((source) => [...source.matchAll(/\bcode: "([a-z0-9-]+)"/g)].map(([, code]) => code));
    const table = readme.slice(readme.search(/\| about +\| codes/), readme.indexOf("## Figures"));
    const listed = [...table.matchAll(/`([a-z0-9-]+)`/g)].map(([, code]) => code);
    expect(listed.toSorted()).toEqual([...new Set(codes)].toSorted());
    expect(codes.length).toBeGreaterThan(50);
  });

  it("shows the code that is emitted", () => {
    const [halve, , product, convolution] = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map(([, code]) => code);
    const options = { shapes: [[2000], [3]], dtype: "float32", name: "halve" } as const;
    expect(halve).toBe(compile("(2*x + k - 1), k -> x", options).source.text);
    expect(product).toBe(compile("ij,jk->ik", { shapes: SQUARES, name: "product" }).source.text);
    const image = [16, 28, 28];
    const windows = { shapes: [image, [16, 16, 3, 3]], operands: ["image", "w"], dtype: "float32" } as const;
    const conv = compile("i(y+u-1)(x+v-1),oiuv->oyx", { ...windows, name: "conv3x3" });
    expect(convolution).toBe(conv.source.text);
  });

  it("shows the schedules that were weighed", () => {
    const nest = compile("ij,jk->ik", { shapes: SQUARES }).nests.at(-1) as LoopNest;
    const printed = `${printNest(nest)}\n${printChoice(nest)}`;
    expect(readme).toContain(printed.replaceAll(/^/gm, "    "));
  });

  it("shows the message of the error", () => {
    const operands = [
      [3, 4],
      [5, 6],
    ].map((shape) => ({ data: new Float64Array(30), shape }));
    let message = "";
    try {
      einsum("ij,jk->ik", operands);
    } catch (error) {
      message = String(error);
    }
    expect(readme).toContain(`\`\`\`\n${message}\n\`\`\``);
  });

  it("gives the results of its examples", () => {
    const a = array([
      [1, 2],
      [3, 4],
    ]);
    expect(toNested(einsum("ij,jk->ik", a, a))).toEqual([
      [7, 10],
      [15, 22],
    ]);
    const pixels = { data: new Uint8Array(64 * 64 * 3).map((_, at) => at % 251), shape: [64, 64, 3] };
    const pooled = einsum("(2*y + v) (2*x + u) c -> c y x", [pixels], { sizes: { u: 2, v: 2 }, reduce: "max" });
    expect(pooled.shape).toEqual([3, 32, 32]);
    expect(pooled.data[0]).toBe(Math.max(...[0, 3, 192, 195].map((at) => at % 251)));
    const shapes = [
      [16, 16],
      [16, 16],
    ];
    const matmul = jit("ij,jk->ik", { shapes, dtype: "float32" });
    const product = matmul(new Float32Array(256).fill(1), new Float32Array(256).fill(2));
    expect(product).toEqual(new Float32Array(256).fill(32));
    expect(matmul.source).toContain("export function kernel(a, b, out = new Float32Array(256)) {");
  });

  it("gives the gradients of its example", () => {
    const [x, w, cotangent] = [array([1, 2, 3, 4, 5]), array([1, 0, -1]), array([1, 1, 1])];
    const gradients = einsumGrad("(y + k), k -> y", [x, w], cotangent, { notation: "named" });
    for (const [name, gradient] of [
      ["dx", gradients[0]],
      ["dw", gradients[1]],
    ] as const) {
      const shown = JSON.stringify(toNested(gradient as NdArray)).replaceAll(",", ", ");
      expect(readme).toContain(`toNested(${name}); // ${shown}\n`);
    }
  });

  it("runs the examples of the lazy front end", () => {
    const section = readme.slice(readme.indexOf("## The lazy front end"), readme.indexOf("## Errors"));
    const blocks = [...section.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, block = ""]) => block);
    expect(blocks).toHaveLength(2);
    for (const block of blocks) {
      const lines = block.split("\n").filter((line) => !line.startsWith("import "));
      const shown = lines.flatMap((line) => {
        const [, expression, value] = /^(\S.*); \/\/ (.*)$/.exec(line) ?? [];
        return expression === undefined || expression.startsWith("const ") ? [] : [{ expression, value }];
      });
      expect(shown.length).toBeGreaterThan(1);
      const found = `return [${shown.map(({ expression }) => expression).join(", ")}];`;
      const run = new Function(...Object.keys(lazy), `${lines.join("\n")}\n${found}`) as (
        ...names: unknown[]
      ) => unknown[];
      const values = run(...Object.values(lazy));
      expect(values).toEqual(shown.map(({ value }) => JSON.parse(value ?? "") as unknown));
    }
  });
});
