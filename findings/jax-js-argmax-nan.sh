#!/usr/bin/env bash
# @jax-js/jax 0.1.25: argmax of a row with a NaN is no index of the row.
#
# Guessed: 1 for [1, NaN, 3], as in JAX and NumPy, where a NaN is the maximum (as this library's `max` says too), or
# 2, were NaN passed over. Seen: 3, the length of the row.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @jax-js/jax@0.1.25
cat >seen.mjs <<'JS'
import { defaultDevice, numpy as np } from "@jax-js/jax";
for (const device of ["cpu", "wasm"]) {
  defaultDevice(device);
  const row = () => np.array([1, NaN, 3]);
  console.log(`${device}: max ${np.max(row()).js()}, argmax ${np.argmax(row()).js()}`);
}
JS
node seen.mjs >seen.txt
cat seen.txt
diff seen.txt - <<'EXPECTED'
cpu: max NaN, argmax 3
wasm: max NaN, argmax 3
EXPECTED
