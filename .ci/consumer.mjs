// What a program sees that installed the package: every entry point loads, and the main ways in work.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { exports } = createRequire(import.meta.url)("einsmith/package.json");
const entries = Object.keys(exports).filter((entry) => !entry.endsWith(".json"));
for (const entry of entries) {
  const loaded = await import(entry.replace(/^\./, "einsmith"));
  assert.ok(Object.keys(loaded).length > 0, `${entry} exports nothing`);
  const { types } = exports[entry];
  const declared = readFileSync(new URL(types, import.meta.resolve("einsmith/package.json")), "utf8");
  assert.match(declared, /export/, `${entry} has no types`);
}

const { einsum, jit } = await import("einsmith");
const left = { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2] };
const right = { data: Float64Array.of(5, 6, 7, 8), shape: [2, 2] };
const product = einsum("ij,jk->ik", left, right);
assert.deepEqual({ data: [...product.data], shape: [...product.shape] }, { data: [19, 22, 43, 50], shape: [2, 2] });

const window = jit("(2*o + k), k -> o", { shapes: [[5], [3]], dtype: "float32" });
assert.deepEqual([...window(Float32Array.of(1, 2, 3, 4, 5), Float32Array.of(1, 10, 100))], [321, 543]);
assert.match(window.source, /function/);

const { mul, symbol, symbols, tensor } = await import("einsmith/lazy");
const [axis, size] = [symbol("x"), symbol("k")];
const [so, w] = symbols("so w");
const windows = mul(tensor(axis).to([so, w], { where: [[axis, so.plus(w)]] }), tensor(size).to(w)).sum(w);
windows.setSize(2);
assert.deepEqual(
  [...windows.compute([Float64Array.of(1, 2, 3, 4), { data: Float64Array.of(1, 10, 100), shape: [3] }]).data],
  [321, 432],
);

console.log(`imported ${entries.join(" and ")}`);
