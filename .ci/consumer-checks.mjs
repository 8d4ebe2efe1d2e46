// What a program sees that installed the package: every entry loads, by `import` or by `require`, and the main ways in
// work. `modules` holds each entry as it was loaded.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const require = createRequire(import.meta.url);
const manifest = require.resolve("einsmith/package.json");
const { exports } = require(manifest);

/** The entries that hold code: `einsmith`, `einsmith/lazy` and so on. */
export const ENTRIES = Object.keys(exports)
  .filter((entry) => !entry.endsWith(".json"))
  .map((entry) => entry.replace(/^\./, "einsmith"));

/** Whether prettier and ts-morph are installed here. */
const hasPeers = existsSync(join(dirname(manifest), "../ts-morph"));

export async function checkModules(modules, way) {
  assert.ok(ENTRIES.length >= 7);
  for (const entry of ENTRIES) {
    assert.ok(Object.keys(modules[entry]).length > 0, `${entry} exports nothing`);
    const { types } = exports[entry.replace("einsmith", ".")];
    assert.match(readFileSync(join(dirname(manifest), types), "utf8"), /export/, `${entry} has no types`);
    for (const name of ["EinsumError", "UnsupportedError", "InternalError"]) {
      assert.equal(modules[entry][name], modules.einsmith[name], `${entry} has another ${name}`);
    }
  }

  const { einsum, EinsumError, jit } = modules.einsmith;
  const left = { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2] };
  const right = { data: Float64Array.of(5, 6, 7, 8), shape: [2, 2] };
  const product = einsum("ij,jk->ik", left, right);
  assert.deepEqual({ data: [...product.data], shape: [...product.shape] }, { data: [19, 22, 43, 50], shape: [2, 2] });
  assert.throws(() => einsum("ij,jk->iq", left, right), EinsumError);

  const window = jit("(2*o + k), k -> o", { shapes: [[5], [3]], dtype: "float32" });
  assert.deepEqual([...window(Float32Array.of(1, 2, 3, 4, 5), Float32Array.of(1, 10, 100))], [321, 543]);
  assert.match(window.source, /function/);

  // The entry of paths is loaded, so that the names of searches are known.
  const shapes = [[2, 2], [2, 2], [2, 2]]; // prettier-ignore
  for (const optimize of ["random-greedy", modules["einsmith/path"].autoHq]) {
    const chain = jit("ij,jk,kl->il", { shapes, optimize });
    assert.deepEqual([...chain(left.data, right.data, left.data)], [85, 126, 193, 286]);
  }
  assert.deepEqual(modules["einsmith/sizes"].solveSizes(["x = 2*y + k"], { y: 3, k: 3 }), { x: 7, y: 3, k: 3 });
  const pooled = modules["einsmith/layers"].maxPool1d({ data: Float32Array.of(1, 4, 2, 3), shape: [1, 4] }, { kernelSize: 2 });
  assert.deepEqual([...pooled.data], [4, 3]);
  const [gradient] = modules["einsmith/grad"].einsumGrad("i,i->", [left, right].map(({ data }) => ({ data, shape: [4] })), {
    data: Float64Array.of(2),
    shape: [],
  });
  assert.deepEqual([...gradient.data], [10, 12, 14, 16]);

  const { mul, symbol, symbols, tensor } = modules["einsmith/lazy"];
  const [axis, size] = [symbol("x"), symbol("k")];
  const [so, w] = symbols("so w");
  const windows = mul(tensor(axis).to([so, w], { where: [[axis, so.plus(w)]] }), tensor(size).to(w)).sum(w);
  windows.setSize(2);
  const inputs = [Float64Array.of(1, 2, 3, 4), { data: Float64Array.of(1, 10, 100), shape: [3] }];
  assert.deepEqual([...windows.compute(inputs).data], [321, 432]);

  const emitted = modules["einsmith/writer"].emitModule(modules.einsmith.compile("i,i->", { shapes: [[4], [4]] }));
  if (hasPeers) assert.match(await emitted, /export function kernel/);
  else await assert.rejects(emitted, { name: "EinsumError", code: "package-missing", message: /npm install --save-dev/ });

  console.log(`${way}: ${ENTRIES.length} entries, the writer ${hasPeers ? "with" : "without"} its packages`);
}
