#!/usr/bin/env bash
# TensorFlow.js 4.22.0: einsum of float32 and int32 operands truncates the floats.
#
# Guessed: operands of two dtypes promote to the wider, as in NumPy's einsum and in this library's own `mul`,
# which gives float32. Seen: where an int32 operand takes part, the result of `einsum` is int32, and 1.5 and 2.5
# count as 1 and 2 where they are scaled, without an error or a warning.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --silent --no-audit --no-fund @tensorflow/tfjs-core@4.22.0 @tensorflow/tfjs-backend-cpu@4.22.0
cat >seen.mjs <<'JS'
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-cpu";
await tf.ready();
const show = (name, tensor) => console.log(`${name}: ${JSON.stringify(tensor.arraySync())} ${tensor.dtype}`);
const floats = tf.tensor([1.5, 2.5]);
const one = tf.tensor([1], [1], "int32");
show("einsum i,j->ij", tf.einsum("i,j->ij", floats, one));
show("mul", tf.mul(floats, one));
JS
node seen.mjs 2>/dev/null | grep -E '^(einsum|mul)' >seen.txt
cat seen.txt
diff seen.txt - <<'EXPECTED'
einsum i,j->ij: [[1],[2]] int32
mul: [1.5,2.5] float32
EXPECTED
