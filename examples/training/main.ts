/** Trains the network and prints how the loss falls: `npx tsx examples/training/main.ts`. */
import { train } from "./train.ts";

const started = performance.now();
const { loss, accuracy } = train({
  seed: 2,
  steps: 300,
  onStep: (step, lossOfBatch, share) => {
    if (step % 20 === 0)
      console.log(`step ${String(step).padStart(3)}  loss ${lossOfBatch.toFixed(3)}  right ${share.toFixed(2)}`);
  },
});
const seconds = ((performance.now() - started) / 1000).toFixed(1);
console.log(`on 200 new pictures: loss ${loss.toFixed(3)}, right ${accuracy.toFixed(3)}, after ${seconds} s`);
