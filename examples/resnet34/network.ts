/**
 * ResNet-34 as a list of steps: which kernel of the manifest reads what, with which weights, and writes what.
 *
 *     relu((conv2(relu(conv1(x))) + shortcut(x)) * 0.5)     a block: `conv64`, then `join64`, which adds what passed by
 *
 * Invariant: a tensor is written once, before it is read.
 */

/** One call of a kernel. */
export interface Step {
  /** The kernel's name in `kernels.json`. */
  readonly kernel: string;
  /** What its weights are made from: the number of the convolution, or the classifier's; absent: it has none. */
  readonly weights?: number | "classifier";
  /** The tensor it reads, by the number of the step that wrote it; -1 is the picture. */
  readonly input: number;
  /** The tensor that passed by. */
  readonly residual?: number;
}

/** Channels and blocks of the four stages. */
const STAGES = [
  [64, 3],
  [128, 4],
  [256, 6],
  [512, 3],
] as const;

/** The network, from the picture to the logits. */
export function describeNetwork(): readonly Step[] {
  const steps: Step[] = [];
  let convolutions = 0;
  const push = (step: Step): number => steps.push(step) - 1;
  const convolve = (kernel: string, input: number, residual?: number, weights = convolutions++): number =>
    push({ kernel, weights, input, ...(residual !== undefined && { residual }) });
  let x = push({ kernel: "stemPool", input: convolve("stem", -1) });
  for (const [channels, blocks] of STAGES) {
    for (let block = 0; block < blocks; block++) {
      const halves = block === 0 && channels > 64;
      const inner = convolve(halves ? `halve${channels}` : `conv${channels}`, x);
      // Weights are numbered in the order conv1, conv2, shortcut; the shortcut runs before it is added.
      const second = convolutions++;
      const passed = halves ? convolve(`shortcut${channels}`, x) : x;
      x = convolve(`join${channels}`, inner, passed, second);
    }
  }
  push({ kernel: "classify", weights: "classifier", input: push({ kernel: "mean", input: x }) });
  return steps;
}
