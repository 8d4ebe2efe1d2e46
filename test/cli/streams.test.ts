/** What comes in and goes out by `-`, and files that are no plain files. */
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../src/cli/npy.ts";
import { run } from "../../src/cli/program.ts";
import { inFolder, runCli } from "./harness.ts";

/** Runs the program with something coming in; what goes out is kept as bytes. */
async function runWith(stdin: string | Uint8Array, argv: readonly string[], cwd: string) {
  const out: Uint8Array[] = [];
  let stderr = "";
  const code = await run(argv, {
    stdin: async function* () {
      const bytes = Buffer.from(stdin as string);
      // In pieces, as a pipe gives it.
      for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
    },
    stdout: { write: (content) => out.push(Buffer.from(content as string)), isTerminal: false },
    stderr: { write: (content) => (stderr += String(content)), isTerminal: false },
    cwd,
    env: {},
  });
  return { code, stdout: Buffer.concat(out), stderr };
}

describe("the path -", () => {
  it("is the standard output of every command that writes a file", () =>
    inFolder(async (folder) => {
      const cwd = folder;
      await writeFile(join(folder, "a.npy"), writeNpy({ data: Float64Array.of(1, 2), shape: [2] }));
      const shape = ["--shape", "2,3"];
      const plain = await runCli(["compile", "ij->i", ...shape], { cwd });
      expect(await runCli(["compile", "ij->i", ...shape, "--out", "-"], { cwd })).toEqual(plain);
      expect((await runCli(["path", "ij->i", ...shape, "-o", "-"], { cwd })).stdout).toContain("complete contraction");
      expect((await runCli(["path", "ij->i", ...shape, "--json", "-o", "-"], { cwd })).stdout).toMatch(/^\{/);
      expect((await runCli(["path", "ij->i", ...shape, "--tree", "svg", "-o", "-"], { cwd })).stdout).toMatch(/^<svg/);
      const { code, stdout, stderr } = await runWith("", ["run", "i->", "a.npy", "-o", "-"], folder);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(readNpy(stdout)).toEqual({ data: Float64Array.of(3), shape: [], strides: [] });
      expect(existsSync(join(folder, "-"))).toBe(false);
    }));

  it("is a file where it is written ./-", () =>
    inFolder(async (folder) => {
      const { stdout } = await runCli(["path", "ij->i", "--shape", "2,3", "--out", "./-"], { cwd: folder });
      expect(stdout).toMatch(/^\.\/-: \d+ characters\n$/);
      expect(existsSync(join(folder, "-"))).toBe(true);
    }));

  it("is the standard input of run and of generate", () =>
    inFolder(async (folder) => {
      const file = writeNpy({ data: Int32Array.of(1, 2, 3), shape: [3] });
      expect(String((await runWith(file, ["run", "i->", "-"], folder)).stdout)).toBe("int32 []\n6\n");
      const manifest = JSON.stringify({ kernels: [{ name: "total", spec: "i->", shapes: [[3]] }] });
      const made = await runWith(`\ufeff${manifest}`, ["generate", "-m", "-", "-o", "out"], folder);
      expect(String(made.stdout)).toContain("wrote    total.ts");
      const wrong = await runWith("{", ["generate", "-m", "-", "-o", "out"], folder);
      expect(wrong.stderr).toMatch(/^error: the standard input:1:2: /);
      expect((await runCli(["run", "i->", "-"], { cwd: folder })).stderr).toContain("'-' is no .npy file: it is empty");
    }));

  it("is no folder", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "kernels.json"), '{"kernels": []}');
      expect((await runCli(["generate", "-m", "kernels.json", "-o", "-"], { cwd: folder })).stderr).toContain(
        "'-' is not a folder [folder-not-folder]",
      );
    }));
});

describe.skipIf(process.platform === "win32")("devices and folders", () => {
  it.each([
    ["/dev/zero", "error: /dev/zero: the manifest has more than 4194304 bytes [manifest-too-large]\n"],
    ["/dev/urandom", "error: /dev/urandom: the manifest has more than 4194304 bytes [manifest-too-large]\n"],
    ["/dev/null", "error: /dev/null:1:1: expected a value [manifest-syntax]\n"],
    ["/", "error: cannot read '/': it is a folder [file-unreadable]\n"],
    ["/none.json", "error: cannot read '/none.json': no such file or folder [file-unreadable]\n"],
    ["/dev/null/x", "error: cannot read '/dev/null/x': a part of the path is no folder [file-unreadable]\n"],
  ])("are no manifest: %s", (path, message) =>
    inFolder(async (folder) => {
      const { code, stderr } = await runCli(["generate", "--manifest", path, "--out", "out"], { cwd: folder });
      expect(code).toBe(1);
      expect(stderr.startsWith(message)).toBe(true);
    }),
  );

  it("are no manifest where they are larger than one may be", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "big.json"), " ".repeat(5_000_000));
      expect((await runCli(["generate", "-m", "big.json"], { cwd: folder })).stderr).toContain(
        "big.json: the manifest has 5000000 bytes, more than 4194304 [manifest-too-large]",
      );
    }));

  it.each([
    ["/dev/zero", "'/dev/zero' is no .npy file: it begins with the bytes 00 00 00 00 00 00 [npy-magic]"],
    ["/dev/null", "'/dev/null' is no .npy file: it is empty [npy-magic]"],
    ["/", "cannot read '/': it is a folder [file-unreadable]"],
  ])("are no array: %s", async (path, message) => {
    expect((await runCli(["run", "i->", path])).stderr).toContain(message);
  });
});
