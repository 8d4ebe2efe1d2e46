import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { PASSES } from "../../../src/loops/pipeline.ts";

it("has a file of tests for every pass", () => {
  const tested = readdirSync(new URL("./", import.meta.url)).flatMap(
    (name) => /^(.*)\.test\.ts$/.exec(name)?.[1] ?? [],
  );
  const passes = PASSES.map(({ name }) => name);
  expect(tested.filter((name) => name !== "pipeline").sort()).toEqual([...passes].sort());
});

it("has every pass once, under the name of its function", async () => {
  const folder = new URL("../../../src/loops/passes/", import.meta.url);
  const files = await Promise.all(readdirSync(folder).map((name) => import(new URL(name, folder).href)));
  const functions = files.flatMap((file: object) => Object.keys(file));
  const names = functions.map((name) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`));
  // Addresses for readers are reduced, and then placed.
  expect([...PASSES.map(({ name }) => name), "place-offsets"].sort()).toEqual(names.sort());
});
