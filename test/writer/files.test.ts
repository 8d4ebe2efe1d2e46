import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EinsumError } from "../../src/support/errors.ts";
import { compareFolder, updateFolder, markerOf } from "../../src/writer/files.ts";
let root: string;
let out: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "einsmith-files-"));
  out = join(root, "out");
});
afterEach(() => rm(root, { recursive: true }));

/** A module as the writer would make it. */
const moduleOf = (name: string, body = "1"): string => `${markerOf(`${name}.ts`)}\n\nexport const ${name} = ${body};\n`;
const modulesOf = (...names: string[]): Map<string, string> =>
  new Map(names.map((name) => [`${name}.ts`, moduleOf(name)]));

async function update(modules: ReadonlyMap<string, string>): Promise<void> {
  await updateFolder(out, modules, await compareFolder(out, modules));
}

/** Every file below the root with its text, links and folders named as such. */
async function snapshot(): Promise<Record<string, string>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const texts = entries.map(async (entry): Promise<[string, string]> => {
    const path = join(entry.parentPath, entry.name);
    return [path.slice(root.length + 1), entry.isFile() ? await readFile(path, "utf8") : "no file"];
  });
  return Object.fromEntries((await Promise.all(texts)).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The message of the error that updating raises, with the folder of this run left out. */
async function messageOf(modules: ReadonlyMap<string, string>): Promise<string> {
  try {
    await update(modules);
  } catch (error) {
    if (error instanceof EinsumError) return error.message.replaceAll(root, "");
    throw error;
  }
  return "no error";
}

describe("a folder of written modules", () => {
  it("is made where there is none, and holds no other file", async () => {
    out = join(root, "a", "b");
    expect((await compareFolder(out, modulesOf("y", "x"))).missing).toEqual(["x.ts", "y.ts"]);
    await update(modulesOf("y", "x"));
    expect(await readdir(out)).toEqual(["x.ts", "y.ts"]);
    expect(await readFile(join(out, "x.ts"), "utf8")).toBe(moduleOf("x"));
  });

  it("is not even made for a comparison", async () => {
    await compareFolder(out, modulesOf("x"));
    expect(await readdir(root)).toEqual([]);
  });

  it("keeps unchanged files as they are", async () => {
    await update(modulesOf("x", "y"));
    const past = new Date(1_000_000_000_000);
    await utimes(join(out, "x.ts"), past, past);
    const before = await stat(join(out, "x.ts"));
    const modules = modulesOf("x").set("y.ts", moduleOf("y", "2"));
    const difference = await compareFolder(out, modules);
    expect(difference).toEqual({ unchanged: ["x.ts"], missing: [], stale: ["y.ts"], orphaned: [] });
    await update(modules);
    const after = await stat(join(out, "x.ts"));
    expect([after.mtimeMs, after.ino]).toEqual([before.mtimeMs, before.ino]);
    expect(await readFile(join(out, "y.ts"), "utf8")).toBe(moduleOf("y", "2"));
  });

  it("loses orphans, but only those that the writer made under their names", async () => {
    await update(modulesOf("x", "gone"));
    const others: Record<string, string> = {
      "notes.md": "notes",
      "hand.ts": "export const hand = 1;\n",
      "copy.ts": moduleOf("gone"),
      "later.ts": `\n${moduleOf("later")}`,
      "script.js": moduleOf("script"),
      "script.d.ts": moduleOf("script"),
      ".hidden.ts": moduleOf(".hidden"),
    };
    for (const [name, text] of Object.entries(others)) await writeFile(join(out, name), text);
    await mkdir(join(out, "folder.ts"));
    await symlink(join(out, "x.ts"), join(out, "link.ts"));
    expect((await compareFolder(out, modulesOf("x"))).orphaned).toEqual(["gone.ts"]);
    await update(modulesOf("x"));
    expect((await readdir(out)).sort()).toEqual([...Object.keys(others), "folder.ts", "link.ts", "x.ts"].sort());
  });

  it("recognises its files with the line ends of Windows", async () => {
    const withCarriageReturns = (text: string): string => text.replaceAll("\n", "\r\n");
    await mkdir(out);
    for (const name of ["x", "index", "gone"]) {
      await writeFile(join(out, `${name}.ts`), withCarriageReturns(moduleOf(name)));
    }
    await writeFile(join(out, "y.ts"), withCarriageReturns(moduleOf("y", "2")));
    // One line of a file may have been edited since.
    await writeFile(join(out, "z.ts"), moduleOf("z").replace("\n", "\r\n"));
    const before = await stat(join(out, "x.ts"));
    const modules = modulesOf("x", "y", "z", "index");
    expect(await compareFolder(out, modules)).toEqual({
      unchanged: ["index.ts", "x.ts", "z.ts"],
      missing: [],
      stale: ["y.ts"],
      orphaned: ["gone.ts"],
    });
    await update(modules);
    const after = await stat(join(out, "x.ts"));
    expect([after.mtimeMs, after.ino]).toEqual([before.mtimeMs, before.ino]);
    expect(await readFile(join(out, "y.ts"), "utf8")).toBe(moduleOf("y"));
  });

  it("tells a carriage return within a line from the line ends of Windows", async () => {
    await mkdir(out);
    await writeFile(join(out, "x.ts"), moduleOf("x", "1\r"));
    expect((await compareFolder(out, modulesOf("x"))).stale).toEqual(["x.ts"]);
  });

  it("loses an orphan whose name differs from a new one in case alone", async () => {
    await update(modulesOf("Conv"));
    await update(modulesOf("conv"));
    expect(await readdir(out)).toEqual(["conv.ts"]);
    expect(await readFile(join(out, "conv.ts"), "utf8")).toBe(moduleOf("conv"));
  });

  it("replaces a module whose kernel was called the same but for case", async () => {
    await mkdir(out);
    await writeFile(join(out, "conv.ts"), moduleOf("Conv"));
    expect((await compareFolder(out, modulesOf("conv"))).stale).toEqual(["conv.ts"]);
  });

  it("may be reached through a link that the user made", async () => {
    await mkdir(join(root, "real"));
    await symlink(join(root, "real"), out);
    await update(modulesOf("x"));
    expect(await readdir(join(root, "real"))).toEqual(["x.ts"]);
  });
});

describe("staged files of runs that were killed", () => {
  const left: Record<string, string> = {
    ".x-0123456789ab.tmp": moduleOf("x", "3"),
    ".x.ts-0123456789ab.tmp": moduleOf("x", "3"),
    ".x.d.ts-0123456789ab.tmp": `${markerOf("x.d.ts")}\n`,
    ".x.js-0123456789ab.tmp": markerOf("x.js").slice(0, 30),
    ".gone-ffffffffffff.tmp": moduleOf("gone"),
    ".index-00000000000a.tmp": markerOf("index.ts").slice(0, 20),
    ".y-abcdef012345.tmp": "",
    ".z-abcdef012345.tmp": `${markerOf("z.ts")}\n`,
    ".w-abcdef012345.tmp": markerOf("w.ts"),
  };
  const foreign: Record<string, string> = {
    ".notes-0123456789ab.tmp": "mine",
    ".copy-0123456789ab.tmp": moduleOf("x"),
    ".crlf-0123456789ab.tmp": `${markerOf("crlf.ts")}\r\n`,
    ".longer-0123456789ab.tmp": `${markerOf("longer.ts")}, or not\n`,
    ".x-0123456789.tmp": moduleOf("x"),
    ".x.js-0123456789ab.tmp.ts": moduleOf("x"),
    ".x.cjs-0123456789ab.tmp": moduleOf("x"),
    ".x-0123456789AB.tmp": moduleOf("x"),
    "x-0123456789ab.tmp": moduleOf("x"),
    ".x-0123456789ab.tmp.bak": moduleOf("x"),
    ".x y-0123456789ab.tmp": moduleOf("x y"),
  };

  async function leave(): Promise<void> {
    await mkdir(out, { recursive: true });
    for (const [name, text] of Object.entries({ ...left, ...foreign })) await writeFile(join(out, name), text);
    await mkdir(join(out, ".folder-0123456789ab.tmp"));
    await writeFile(join(root, "target"), moduleOf("link"));
    await symlink(join(root, "target"), join(out, ".link-0123456789ab.tmp"));
  }
  const kept = [...Object.keys(foreign), ".folder-0123456789ab.tmp", ".link-0123456789ab.tmp"];

  it("are removed by the next run, and nobody else's are", async () => {
    await leave();
    await update(modulesOf("x"));
    expect((await readdir(out)).sort()).toEqual([...kept, "x.ts"].sort());
  });

  it("are removed where nothing else is to be done", async () => {
    await update(modulesOf("x"));
    await leave();
    await update(modulesOf("x"));
    expect((await readdir(out)).sort()).toEqual([...kept, "x.ts"].sort());
  });

  it("are left alone by a comparison", async () => {
    await leave();
    const before = await snapshot();
    await compareFolder(out, modulesOf("x"));
    expect(await snapshot()).toEqual(before);
  });
});

describe("what is refused", () => {
  it("is to replace a file of somebody else", async () => {
    await mkdir(out);
    await writeFile(join(out, "y.ts"), "mine");
    const before = await snapshot();
    expect(await messageOf(modulesOf("x", "y"))).toBe(
      [
        "'/out/y.ts' was not written by einsmith, so it is not replaced [file-foreign]",
        "  remedy: move the file away, rename the kernel, or generate into another folder",
      ].join("\n"),
    );
    expect(await snapshot()).toEqual(before);
  });

  it("is to follow a link out of the folder", async () => {
    await mkdir(out);
    await writeFile(join(root, "target.ts"), moduleOf("x", "2"));
    await symlink(join(root, "target.ts"), join(out, "x.ts"));
    const before = await snapshot();
    expect(await messageOf(modulesOf("a", "x"))).toBe(
      [
        "'/out/x.ts' is a symbolic link, so nothing is written there [file-not-plain]",
        "  remedy: remove it, or generate into another folder",
      ].join("\n"),
    );
    expect(await snapshot()).toEqual(before);
  });

  it("is to follow a link that leads nowhere yet", async () => {
    await mkdir(out);
    await symlink(join(root, "nothing.ts"), join(out, "x.ts"));
    expect(await messageOf(modulesOf("x"))).toContain("is a symbolic link");
    expect(await readdir(root)).toEqual(["out"]);
  });

  it("is to replace a folder", async () => {
    await mkdir(join(out, "x.ts"), { recursive: true });
    expect(await messageOf(modulesOf("x"))).toBe(
      [
        "'/out/x.ts' is a folder, so nothing is written there [file-not-plain]",
        "  remedy: remove it, or generate into another folder",
      ].join("\n"),
    );
  });

  it("is an output folder that is a file", async () => {
    await writeFile(out, "");
    expect(await messageOf(modulesOf("x"))).toBe(
      [
        "'/out' is not a folder [folder-not-folder]",
        "  remedy: name a folder, or a path at which one can be made",
      ].join("\n"),
    );
  });

  it("is an output folder below a file", async () => {
    await writeFile(out, "");
    out = join(out, "below");
    expect(await messageOf(modulesOf("x"))).toBe(
      [
        "cannot read '/out/below': a part of the path is no folder [file-unreadable]",
        "  remedy: check the path and the permissions",
      ].join("\n"),
    );
  });

  it("is a path that no system has", async () => {
    out = "a\0b\u2028";
    expect(await messageOf(modulesOf("x"))).toBe(
      [
        "cannot read 'a\u00b7b\u00b7': not a valid path [file-unreadable]",
        "  remedy: check the path and the permissions",
      ].join("\n"),
    );
  });

  it("leaves nothing behind where a file cannot be written", async () => {
    await update(modulesOf("x"));
    const before = await snapshot();
    const long = "y".repeat(300);
    const difference = { unchanged: [], missing: [`${long}.ts`], stale: ["x.ts"], orphaned: [] };
    const modules = new Map([
      ["x.ts", moduleOf("x", "2")],
      [`${long}.ts`, "text"],
    ]);
    await expect(updateFolder(out, modules, difference)).rejects.toThrow(
      `cannot write '${join(out, `${long}.ts`)}': the name is too long [file-unwritable]\n` +
        "  remedy: check the path, the permissions and the room on the disk",
    );
    expect(await snapshot()).toEqual(before);
  });

  it("is a folder without permission, where the system minds", async () => {
    await update(modulesOf("x"));
    await chmod(out, 0o500);
    try {
      // A superuser may write everywhere.
      expect(await messageOf(modulesOf("y"))).toMatch(
        process.getuid?.() === 0 ? /^no error$/ : /^cannot write '\/out\/x.ts': permission denied \[file-unwritable\]/,
      );
    } finally {
      await chmod(out, 0o700);
    }
  });
});
