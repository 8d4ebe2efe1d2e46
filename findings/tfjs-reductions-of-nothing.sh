#!/usr/bin/env bash
# TensorFlow.js 4.22.0, CPU backend: what reductions over an empty axis, and over -Infinity alone, give.
#
# Guessed: the mean of no element is NaN (NumPy, PyTorch), the maximum of none -Infinity or refused (NumPy and
# PyTorch refuse it), and the logarithm of a sum of exponentials of -Infinity is -Infinity (PyTorch's logsumexp).
# Seen: 0, NaN and NaN.
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
const show = (name, tensor) => console.log(`${name}: ${[...tensor.dataSync()].join(" ")}`);
const none = tf.zeros([2, 0]);
show("mean", tf.mean(none, 1));
show("max", tf.max(none, 1));
show("logSumExp", tf.logSumExp(tf.tensor([-Infinity, -Infinity])));
JS
node seen.mjs 2>/dev/null | grep -E '^(mean|max|logSumExp)' >seen.txt
cat seen.txt
diff seen.txt - <<'EXPECTED'
mean: 0 0
max: NaN NaN
logSumExp: NaN
EXPECTED
