/** What others see of a folder while it is written: after every change to it, and where a change is cut short. */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { compareFolder, updateFolder, markerOf } from "../../src/writer/files.ts";
const watch = vi.hoisted(() => ({ before: async (_what: string, _path: string): Promise<void> => undefined }));

vi.mock("node:fs/promises", async (original) => {
  const fs = await original<typeof import("node:fs/promises")>();
  return {
    ...fs,
    rename: async (from: string, to: string) => {
      await watch.before("rename", from);
      await fs.rename(from, to);
    },
    rm: async (path: string, options?: object) => {
      await watch.before("rm", path);
      await fs.rm(path, options);
    },
  };
});

let out: string;
beforeEach(async () => {
  out = await mkdtemp(join(tmpdir(), "einsmith-order-"));
});
afterEach(async () => {
  watch.before = async () => undefined;
  await rm(out, { recursive: true });
});

/** Modules of these names and an index that exports them, each with a body. */
function modulesOf(names: readonly string[], body = "1"): Map<string, string> {
  const modules = names.map((name): [string, string] => [
    `${name}.ts`,
    `${markerOf(`${name}.ts`)}\n\nexport const ${name} = ${body};\n`,
  ]);
  const exported = names.map((name) => `export { ${name} } from "./${name}.js";\n`).join("");
  return new Map([...modules, ["index.ts", `${markerOf("index.ts")}\n\n${exported}`]]);
}

async function update(modules: ReadonlyMap<string, string>): Promise<void> {
  await updateFolder(out, modules, await compareFolder(out, modules));
}

/** Modules that the index exports and that are not there. */
async function missingExports(): Promise<string[]> {
  const files = await readdir(out);
  if (!files.includes("index.ts")) return [];
  const index = await readFile(join(out, "index.ts"), "utf8");
  const exported = [...index.matchAll(/from "\.\/(\w+)\.js"/g)].map(([, name]) => `${name}.ts`);
  return exported.filter((file) => !files.includes(file));
}

const CHANGES: [string, string[], string[]][] = [
  ["all are new", [], ["a", "b"]],
  ["one goes", ["a", "b", "c"], ["a", "c"]],
  ["one comes", ["a"], ["a", "b"]],
  ["all are others", ["a", "b"], ["c", "d"]],
  ["all go", ["a", "b"], []],
  ["one changes its case", ["Conv", "b"], ["b", "conv"]],
  ["names stand around that of the index", ["h", "i"], ["g", "z"]],
];

describe("an index", () => {
  it.each(CHANGES)("exports no module that is missing, at any moment, where %s", async (_, before, after) => {
    await update(modulesOf(before));
    const seen: string[][] = [];
    watch.before = async () => void seen.push(await missingExports());
    await update(modulesOf(after, "2"));
    watch.before = async () => undefined;
    seen.push(await missingExports());
    expect(seen.length).toBeGreaterThan(1);
    expect(seen.flat()).toEqual([]);
    expect((await readdir(out)).sort()).toEqual([...after, "index"].map((name) => `${name}.ts`).sort());
  });

  it.each(CHANGES)(
    "is whole where a run is cut short at any change, and the next run ends it, where %s",
    async (_, before, after) => {
      for (let cut = 0, done = false; !done; cut++) {
        await rm(out, { recursive: true });
        await update(modulesOf(before));
        let changes = 0;
        watch.before = async () => {
          if (changes++ >= cut) throw new Error("killed");
        };
        done = await update(modulesOf(after, "2")).then(
          () => true,
          () => false,
        );
        watch.before = async () => undefined;
        expect(await missingExports()).toEqual([]);
        await update(modulesOf(after, "2"));
        expect((await readdir(out)).sort()).toEqual([...after, "index"].map((name) => `${name}.ts`).sort());
        const index = await readFile(join(out, "index.ts"), "utf8");
        expect(index).toBe(modulesOf(after).get("index.ts"));
      }
    },
  );
});

describe("two runs at once", () => {
  it("stages again what the other took for left behind", async () => {
    await update(modulesOf(["a"]));
    let once = true;
    watch.before = async (what, path) => {
      if (what !== "rename" || !once) return;
      once = false;
      await rm(path);
    };
    await update(modulesOf(["a", "b"], "2"));
    expect((await readdir(out)).sort()).toEqual(["a.ts", "b.ts", "index.ts"]);
    expect(await readFile(join(out, "a.ts"), "utf8")).toBe(modulesOf(["a"], "2").get("a.ts"));
  });
});
