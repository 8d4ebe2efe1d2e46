/** A manifest in which several things are wrong: all are told, as they stand in the file, and nothing is written. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EinsumError, UnsupportedError } from "../../src/support/errors.ts";
import { generate, parseManifest } from "../../src/writer/index.ts";
import { messageOf } from "../support/message-of.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "einsmith-problems-"));
});
afterEach(() => rm(root, { recursive: true }));

const good = { name: "good", spec: "i->", shapes: [[3]] };

async function failureOf(kernels: readonly unknown[]): Promise<Error> {
  try {
    await generate({ kernels } as never, { out: join(root, "out") });
  } catch (error) {
    expect(await readdir(root)).toEqual([]);
    return error as Error;
  }
  throw new Error("nothing was wrong");
}

/** The code of each message, in order. */
const codesOf = ({ message }: { readonly message: string }): string[] =>
  [...message.matchAll(/\[([a-z-]+)\]/g)].map(([, code]) => code ?? "");

describe("a manifest in which several entries are wrong", () => {
  it("has all of them told, those that do not compile among those that cannot be read", async () => {
    const error = await failureOf([
      { name: "a", spec: "ij->k", shapes: [[2, 2]] },
      good,
      { name: "b", spec: "i->", shape: [[3]] },
      { name: "class", spec: "i->", shapes: [[3]] },
      { name: "GOOD", spec: "i->", shapes: [[4]] },
      { name: "c", spec: "ij->i", shapes: [[2, 2]], sizes: { q: 1 } },
      { layer: "conv2d", input: [1, 3, 8, 8], weight: [4, 2, 3, 3] },
      7,
    ]);
    expect(error).toBeInstanceOf(EinsumError);
    expect((error as EinsumError).code).toBe("manifest-entries");
    expect(error.message.split("\n\n")[0]).toBe(
      "manifest: 7 things are wrong with the entries of the manifest [manifest-entries]",
    );
    expect(codesOf(error).slice(0, 5)).toEqual([
      "manifest-entries",
      "unknown-output-index",
      "manifest-field",
      "manifest-name",
      "manifest-duplicate-name",
    ]);
    expect(codesOf(error)).toHaveLength(8);
    expect(error.message).toContain('give its size in "sizes"');
    expect(error.message).not.toContain("options.");
  });

  it("has unknown fields beside its entries told with them, each", () => {
    const codesIn = (manifest: object): string[] =>
      codesOf({ message: messageOf(() => parseManifest(JSON.stringify(manifest), "kernels.json")) });
    expect(codesIn({ kernel: [], kernels: [{ name: "a", spec: 3 }, good], outputs: {}, version: 1 })).toEqual([
      "manifest-entries",
      "manifest-field",
      "manifest-missing-field",
      "manifest-field",
      "manifest-field",
    ]);
    expect(codesIn({ kernels: [good], outputs: {} })).toEqual(["manifest-field"]);
    expect(codesIn({ kernel: [good], outputs: {} })).toEqual(["manifest-field"]);
  });

  it("has one error told as it is", async () => {
    const error = await failureOf([good, { name: "a", spec: "ij->k", shapes: [[2, 2]] }]);
    expect((error as EinsumError).code).toBe("unknown-output-index");
    const unsupported = { name: "g", spec: "ij->i", shapes: [["n", 3]], gradients: ["a"] };
    expect(await failureOf([good, unsupported])).toBeInstanceOf(UnsupportedError);
  });

  it("has all duplicates told, and gradients that do not compile", async () => {
    const twice = await failureOf([good, good, good, good]);
    expect(codesOf(twice).filter((code) => code === "manifest-duplicate-name")).toHaveLength(3);
    const gradients = await failureOf([{ ...good, operands: ["x"], gradients: ["y", "z"] }]);
    expect(codesOf(gradients).filter((code) => code === "unknown-operand")).toHaveLength(2);
  });

  it("is refused by parseManifest with all that can be read without compiling", () => {
    const text = JSON.stringify({ kernels: [{ name: 1 }, good, { spec: "i->" }] });
    expect(() => parseManifest(text, "k.json")).toThrow(/2 things are wrong[^]*k\.json:1:13[^]*k\.json:1:/);
  });

  it("has its lines looked for once, however many are wrong", () => {
    const searchesFor = (count: number): number => {
      const kernels = Array.from({ length: count }, (_, at) => ({ name: `k${at}`, spec: "i->", shape: [[3]] }));
      const text = JSON.stringify({ kernels }, null, 1);
      const find = vi.spyOn(String.prototype, "indexOf");
      const message = messageOf(() => parseManifest(text, "many.json"));
      const { length } = find.mock.calls.filter(([wanted]) => wanted === "\n");
      find.mockRestore();
      expect(message).toContain(`many.json:${9 * count - 3}:4: unknown field 'shape'`);
      return length;
    };
    expect(searchesFor(200) / searchesFor(100)).toBeLessThan(2.1);
  });
});
