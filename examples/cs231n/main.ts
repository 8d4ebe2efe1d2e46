/** Times the three forward passes on a batch of small images, and checks that they agree. */
import { forwardNaive, forwardSpec, forwardWindows } from "./forward.ts";

const integers = (shape: readonly number[], seed: number) => ({
  data: Float64Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    (_, at) => ((at * 7919 + seed) % 19) - 9,
  ),
  shape,
});

const [x, w, b] = [integers([16, 3, 32, 32], 1), integers([32, 3, 7, 7], 2), integers([32], 3)];
const parameters = { stride: 1, pad: 3 };
const passes = { "naive loops": forwardNaive, "a window at a time": forwardWindows, "one spec": forwardSpec };
const expected = forwardNaive(x, w, b, parameters).data;

for (const [name, pass] of Object.entries(passes)) {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    const { data } = pass(x, w, b, parameters);
    const time = performance.now() - start;
    if (data.some((value, at) => value !== expected[at])) throw new Error(`${name} differs`);
    return time;
  }).sort((one, other) => one - other);
  console.log(`${name.padEnd(20)}${(times[2] ?? NaN).toFixed(1).padStart(8)} ms`);
}
