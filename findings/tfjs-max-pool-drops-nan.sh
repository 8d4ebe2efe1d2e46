#!/usr/bin/env bash
# TensorFlow.js 4.22.0, CPU backend: a max pool passes over NaN, where `max` of the same values is NaN.
#
# Guessed: a NaN in a window is its maximum, as in PyTorch's max_pool2d and in this library's own `max`. Seen: the
# window [1, NaN] gives 1, and a window of NaN alone gives -Infinity, which was in no input.
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
const image = tf.tensor([1, NaN, NaN, NaN], [1, 4, 1]);
console.log(`pool: ${[...tf.maxPool(image, [1, 2], [1, 2], "valid").dataSync()].join(" ")}`);
console.log(`max: ${[...tf.max(tf.reshape(image, [2, 2]), 1).dataSync()].join(" ")}`);
JS
node seen.mjs 2>/dev/null | grep -E '^(pool|max)' >seen.txt
cat seen.txt
diff seen.txt - <<'EXPECTED'
pool: 1 -Infinity
max: NaN NaN
EXPECTED
