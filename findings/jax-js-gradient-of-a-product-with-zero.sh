#!/usr/bin/env bash
# @jax-js/jax 0.1.25: the gradient of `prod` is NaN where an element is 0.
#
# Guessed: [6, 0, 0] for the product of [0, 2, 3], as in JAX and PyTorch, whose gradients of a product multiply the
# other elements. Seen: NaN for the element that is 0, as by a division of the product by the element.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @jax-js/jax@0.1.25
cat >seen.mjs <<'JS'
import { defaultDevice, grad, numpy as np } from "@jax-js/jax";
for (const device of ["cpu", "wasm"]) {
  defaultDevice(device);
  console.log(`${device}: ${grad((x) => np.prod(x))(np.array([0, 2, 3])).js().join(" ")}`);
}
JS
node seen.mjs >seen.txt
cat seen.txt
diff seen.txt - <<'EXPECTED'
cpu: NaN 0 0
wasm: NaN 0 0
EXPECTED
