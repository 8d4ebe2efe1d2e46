/** The three forward passes of CS231n's convolutional layer agree. */
import { describe, expect, it } from "vitest";
import { forwardNaive, forwardSpec, forwardWindows } from "../../examples/cs231n/forward.ts";

const integers = (shape: readonly number[], seed: number) => ({
  data: Float64Array.from(
    { length: shape.reduce((product, size) => product * size, 1) },
    (_, at) => ((at * 7919 + seed) % 19) - 9,
  ),
  shape,
});

describe("the forward passes", () => {
  it.each([
    [1, 0],
    [2, 1],
    [1, 1],
    [3, 1],
  ])("agree with stride %i and %i zeros around", (stride, pad) => {
    const [x, w, b] = [integers([2, 3, 6, 7], 1), integers([4, 3, 3, 3], 2), integers([4], 3)];
    const expected = forwardNaive(x, w, b, { stride, pad });
    expect(forwardWindows(x, w, b, { stride, pad })).toEqual(expected);
    expect(forwardSpec(x, w, b, { stride, pad })).toEqual(expected);
  });
});
