/**
 * The training: steps of Adam (Kingma and Ba, 2015) on batches that are painted as they are needed.
 *
 * Invariant: a run is a function of its seed and its options.
 */
import { createParameters, evaluate, PARAMETERS, type Parameters } from "./network.ts";
import { createDraw, paintBatch } from "./shapes.ts";

export interface TrainingOptions {
  readonly seed: number;
  readonly steps: number;
  /** Pictures a step. */
  readonly batch?: number;
  readonly rate?: number;
  /** Called after each step. */
  readonly onStep?: (step: number, loss: number, accuracy: number) => void;
}

/** What a run ends with, measured on pictures that it has not been shown. */
export interface Training {
  readonly losses: readonly number[];
  readonly loss: number;
  readonly accuracy: number;
  readonly parameters: Parameters;
}

const [DECAY, SQUARE_DECAY, TINY] = [0.9, 0.999, 1e-8];

/** Trains a network from a seed. */
export function train({ seed, steps, batch = 24, rate = 0.02, onStep }: TrainingOptions): Training {
  const draw = createDraw(seed);
  const parameters = createParameters(draw);
  const moments = new Map(
    PARAMETERS.map((name) => {
      const { length } = parameters[name].data;
      return [name, { mean: new Float64Array(length), square: new Float64Array(length) }] as const;
    }),
  );
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const { loss, accuracy, gradients } = evaluate(parameters, paintBatch(draw, batch));
    for (const [name, { mean, square }] of moments) {
      const [{ data }, gradient] = [parameters[name], gradients[name].data];
      for (let at = 0; at < data.length; at++) {
        const slope = gradient[at] as number;
        mean[at] = DECAY * (mean[at] as number) + (1 - DECAY) * slope;
        square[at] = SQUARE_DECAY * (square[at] as number) + (1 - SQUARE_DECAY) * slope * slope;
        const size = Math.sqrt((square[at] as number) / (1 - SQUARE_DECAY ** step)) + TINY;
        data[at] = (data[at] as number) - (rate * ((mean[at] as number) / (1 - DECAY ** step))) / size;
      }
    }
    losses.push(loss);
    onStep?.(step, loss, accuracy);
  }
  const { loss, accuracy } = evaluate(parameters, paintBatch(draw, 200));
  return { losses, loss, accuracy, parameters };
}
