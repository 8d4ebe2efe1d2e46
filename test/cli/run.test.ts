import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readNpy, writeNpy } from "../../src/cli/npy.ts";
import type { NdArray } from "../../src/index.ts";
import { inFolder, runCli } from "./harness.ts";
import { npyFile, rawNpyFile } from "./npy-file.ts";

async function saveAll(folder: string, arrays: Readonly<Record<string, NdArray>>): Promise<void> {
  for (const [name, array] of Object.entries(arrays)) await writeFile(join(folder, name), writeNpy(array));
}

describe("einsmith run", () => {
  it("prints the shape, the dtype and the values", () =>
    inFolder(async (folder) => {
      await saveAll(folder, {
        "a.npy": { data: Float64Array.of(1, 2, 3, 4), shape: [2, 2] },
        "b.npy": { data: Float64Array.of(5, 6, 7, 8), shape: [2, 2] },
      });
      expect(await runCli(["run", "ij,jk->ik", "a.npy", "b.npy"], { cwd: folder })).toEqual({
        code: 0,
        stdout: "float64 [2, 2]\n[[19, 22],\n [43, 50]]\n",
        stderr: "",
      });
    }));

  it("reads Fortran order and writes the result as a file", () =>
    inFolder(async (folder) => {
      const header = "{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }";
      await writeFile(join(folder, "a.npy"), npyFile(header, "000000030001000400020005"));
      expect(await runCli(["run", "ij->ji", "a.npy", "--out", "t.npy"], { cwd: folder })).toEqual({
        code: 0,
        stdout: "t.npy: int16 [3, 2]\n",
        stderr: "",
      });
      expect(readNpy(await readFile(join(folder, "t.npy")))).toEqual({
        data: Int16Array.of(0, 3, 1, 4, 2, 5),
        shape: [3, 2],
        strides: [2, 1],
      });
    }));

  it("takes parameters, sizes and reductions", () =>
    inFolder(async (folder) => {
      await saveAll(folder, { "x.npy": { data: Int32Array.of(1, 9, 2, 8, 3, 7), shape: [6] } });
      const argv = ["run", "(s*o+k)->o", "x.npy", "--param", "s=2", "--size", "k=2", "--reduce", "max"];
      expect((await runCli(argv, { cwd: folder })).stdout).toBe("int32 [3]\n[9, 8, 7]\n");
    }));

  it("prints a scalar, an empty array and 64-bit integers", () =>
    inFolder(async (folder) => {
      await saveAll(folder, {
        "big.npy": { data: BigInt64Array.of(2n ** 62n, 1n), shape: [2] },
        "none.npy": { data: new Float32Array(0), shape: [0, 2] },
      });
      const output = async (spec: string, file: string): Promise<string> =>
        (await runCli(["run", spec, file], { cwd: folder })).stdout;
      expect(await output("i->", "big.npy")).toBe("int64 []\n4611686018427387905\n");
      expect(await output("ij->ji", "none.npy")).toBe("float32 [2, 0]\n[[],\n []]\n");
    }));

  it("reads data behind a header without padding", () =>
    inFolder(async (folder) => {
      const header = "{'descr': '<f8', 'fortran_order': False, 'shape': (), }";
      await writeFile(join(folder, "a.npy"), rawNpyFile(header, "0000000000000c40"));
      expect(await runCli(["run", "--", "->", "a.npy"], { cwd: folder })).toEqual({
        code: 0,
        stdout: "float64 []\n3.5\n",
        stderr: "",
      });
    }));

  it("takes thousands of axes, and axes of no element as long as there are integers", () =>
    inFolder(async (folder) => {
      await saveAll(folder, {
        "axes.npy": { data: Int32Array.of(7), shape: new Array<number>(5000).fill(1) },
        "none.npy": { data: new Float64Array(0), shape: [0, 2 ** 53 - 1] },
      });
      const output = async (spec: string, file: string): Promise<string> =>
        (await runCli(["run", "--", spec, file], { cwd: folder })).stdout;
      expect(await output("...->...", "axes.npy")).toBe("int32 of 5000 axes\n[7]\n");
      expect(await output("...->", "axes.npy")).toBe("int32 []\n7\n");
      expect(await output("ij->", "none.npy")).toBe("float64 []\n0\n");
      expect(await output("ij->i", "none.npy")).toBe("float64 [0]\n[]\n");
      expect(await output("ij->ij", "none.npy")).toBe("float64 [0, 9007199254740991]\n[]\n");
      expect(await output("ij->ji", "none.npy")).toBe(
        "float64 [9007199254740991, 0]\n[[],\n [],\n [],\n ...,\n [],\n [],\n []]\n",
      );
    }));

  it("leaves out the middle of a large result", () =>
    inFolder(async (folder) => {
      await saveAll(folder, { "a.npy": { data: Uint16Array.from({ length: 1200 }, (_, at) => at), shape: [100, 12] } });
      expect((await runCli(["run", "ij->ij", "a.npy"], { cwd: folder })).stdout).toBe(
        `uint16 [100, 12]
[[0, 1, 2, ..., 9, 10, 11],
 [12, 13, 14, ..., 21, 22, 23],
 [24, 25, 26, ..., 33, 34, 35],
 ...,
 [1164, 1165, 1166, ..., 1173, 1174, 1175],
 [1176, 1177, 1178, ..., 1185, 1186, 1187],
 [1188, 1189, 1190, ..., 1197, 1198, 1199]]
`,
      );
    }));
});

describe("einsmith run on files that are not right", () => {
  async function messageOf(folder: string, ...argv: string[]): Promise<string> {
    const { code, stdout, stderr } = await runCli(["run", ...argv], { cwd: folder });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    return stderr;
  }

  it("says why a file cannot be read", () =>
    inFolder(async (folder) => {
      expect(await messageOf(folder, "i->", "none.npy")).toBe(
        "error: cannot read 'none.npy': no such file or folder [file-unreadable]\n" +
          "  remedy: check the path and the permissions\n",
      );
      expect(await messageOf(folder, "i->", ".")).toBe(
        "error: cannot read '.': it is a folder [file-unreadable]\n  remedy: check the path and the permissions\n",
      );
    }));

  it("names the file that is no .npy file", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "a.txt"), "1,2,3\n");
      expect(await messageOf(folder, "i->", "a.txt")).toBe(
        "error: 'a.txt' is no .npy file: it begins with the bytes 31 2c 32 2c 33 0a [npy-magic]\n" +
          "  remedy: a .npy file begins with the bytes 93 4e 55 4d 50 59; numpy.save writes such files\n",
      );
    }));

  it("says why the result cannot be written, and leaves nothing behind", () =>
    inFolder(async (folder) => {
      await saveAll(folder, { "a.npy": { data: Float64Array.of(1), shape: [1] } });
      expect(await messageOf(folder, "i->", "a.npy", "--out", "no/c.npy")).toBe(
        "error: cannot write 'no/c.npy': no such file or folder [file-unwritable]\n" +
          "  remedy: check the path, the permissions and the room on the disk\n",
      );
    }));

  it("compares the number of files with the spec", () =>
    inFolder(async (folder) => {
      await saveAll(folder, { "a.npy": { data: Float64Array.of(1), shape: [1] } });
      expect(await messageOf(folder, "i,i->", "a.npy")).toBe(
        "error: the spec has 2 operands, found 1 [operand-count]\n" +
          "  remedy: give one .npy file for each term before the arrow; terms are separated by commas\n",
      );
    }));
});
