import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeOutput } from "../../src/cli/io.ts";
import { inFolder } from "./harness.ts";

describe("writeOutput", () => {
  it("replaces a file, keeps its permissions and leaves nothing else", () =>
    inFolder(async (folder) => {
      const file = join(folder, "out.js");
      await writeFile(file, "a longer text than the new one");
      await chmod(file, 0o640);
      await writeOutput(folder, "out.js", "new");
      expect(await readFile(file, "utf8")).toBe("new");
      expect((await stat(file)).mode & 0o777).toBe(0o640);
      expect(await readdir(folder)).toEqual(["out.js"]);
    }));

  it("follows a link", () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, "real.js"), "old");
      await symlink("real.js", join(folder, "link.js"));
      await writeOutput(folder, "link.js", "new");
      expect(await readFile(join(folder, "real.js"), "utf8")).toBe("new");
      expect((await lstat(join(folder, "link.js"))).isSymbolicLink()).toBe(true);
    }));

  it("does not move a device away", () =>
    inFolder(async (folder) => {
      await writeOutput(folder, "/dev/null", "text");
      expect((await stat("/dev/null")).isCharacterDevice()).toBe(true);
    }));

  it("refuses a folder", () =>
    inFolder(async (folder) => {
      await mkdir(join(folder, "out"));
      await expect(writeOutput(folder, "out", "text")).rejects.toThrow(
        "cannot write 'out': it is a folder [file-unwritable]\n" +
          "  remedy: check the path, the permissions and the room on the disk",
      );
      expect(await readdir(folder)).toEqual(["out"]);
    }));
});
