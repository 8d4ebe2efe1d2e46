/** The ResNet-34 of generated kernels, in float32, against the logits that PyTorch computed in float64. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import expected from "../../examples/resnet34/logits.json" with { type: "json" };
import { planMemory } from "../../examples/resnet34/memory.ts";
import { describeNetwork } from "../../examples/resnet34/network.ts";
import { openNetwork, readInput, relativeError, type Network } from "../../examples/resnet34/run.ts";

const PHOTOGRAPH = new URL("../../examples/photograph/raccoon.png", import.meta.url);
const TIMEOUT = 120_000;

describe("ResNet-34", () => {
  let folder: string;
  let network: Network;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "einsmith-resnet34-"));
    network = await openNetwork(folder);
  }, TIMEOUT);
  afterAll(() => rm(folder, { recursive: true }));

  it("has 36 convolutions, 16 of which add what passed by", () => {
    const steps = describeNetwork();
    const numbers = steps.flatMap(({ weights }) => (typeof weights === "number" ? [weights] : []));
    expect(numbers.toSorted((one, other) => one - other)).toEqual(Array.from({ length: 36 }, (_, n) => n));
    expect(steps.filter(({ residual }) => residual !== undefined)).toHaveLength(16);
  });

  it(
    "gives PyTorch's logits for the photograph, and the same in a second run of the same memory",
    async () => {
      const picture = Float32Array.from(await readInput(PHOTOGRAPH));
      const logits = network.run(picture);
      expect(relativeError(logits, expected.logits)).toBeLessThan(1e-5);
      expect(network.run(picture)).toEqual(logits);
    },
    TIMEOUT,
  );

  it("needs a quarter of the memory that its tensors would need apart", () => {
    const { arena, apart } = network.memory;
    expect(arena / apart).toBeLessThan(0.26);
  });
});

describe("planned memory", () => {
  it("keeps apart what is alive at one time, and reuses the rest", () => {
    const lifetimes = [
      { length: 4, from: 0, to: 1 },
      { length: 2, from: 1, to: 3 },
      { length: 4, from: 2, to: 3 },
      { length: 1, from: 4, to: 5 },
    ];
    expect(planMemory(lifetimes)).toEqual({ offsets: [0, 4, 0, 0], length: 6 });
  });
});
