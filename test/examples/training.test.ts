/** The training run: its gradients are right, and its loss falls. */
import { describe, expect, it } from "vitest";
import { createParameters, evaluate, PARAMETERS } from "../../examples/training/network.ts";
import { CLASSES, createDraw, paintBatch } from "../../examples/training/shapes.ts";
import { train } from "../../examples/training/train.ts";

describe("the training example", () => {
  it("computes gradients that agree with finite differences of its loss", () => {
    const draw = createDraw(5);
    const [parameters, batch] = [createParameters(draw), paintBatch(draw, 4)];
    const { gradients } = evaluate(parameters, batch);
    for (const name of PARAMETERS) {
      const { data } = parameters[name];
      const at = Math.floor(draw() * data.length);
      const before = data[at] as number;
      const lossWith = (value: number): number => {
        data[at] = value;
        const { loss } = evaluate(parameters, batch);
        data[at] = before;
        return loss;
      };
      const difference = (lossWith(before + 1e-6) - lossWith(before - 1e-6)) / 2e-6;
      expect(Math.abs((gradients[name].data[at] as number) - difference), name).toBeLessThan(1e-6);
    }
  });

  it("falls from guessing to a loss below 0.1 in 300 steps, from seed 2", () => {
    const { losses, loss, accuracy } = train({ seed: 2, steps: 300 });
    expect(Math.abs((losses[0] as number) - Math.log(CLASSES.length))).toBeLessThan(0.2);
    expect(loss).toBeLessThan(0.1);
    expect(accuracy).toBeGreaterThan(0.95);
  }, 120_000);
});
