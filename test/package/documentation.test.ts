/**
 * What the documentation shows must be what happens: every program on its pages runs and gives the values beside it,
 * every command prints what is shown, emitted code is what is emitted, manifests are read, and links lead somewhere,
 * in the package too.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path/posix";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import * as grad from "../../src/entries/grad.ts";
import * as path from "../../src/entries/path.ts";
import * as sizes from "../../src/entries/sizes.ts";
import * as einsmith from "../../src/index.ts";
import * as layers from "../../src/layers/index.ts";
import * as lazy from "../../src/lazy/index.ts";
import * as writer from "../../src/writer/index.ts";
import { parseManifest } from "../../src/writer/manifest.ts";
import { inFolder, runCli } from "../cli/harness.ts";
import { commandsOf, PAGES, pageCalled, programsOf, readPromise, ROOT, runProgram } from "../support/documents.ts";
import type { Page } from "../support/documents.ts";

const MODULES = {
  einsmith,
  "einsmith/grad": grad,
  "einsmith/layers": layers,
  "einsmith/lazy": lazy,
  "einsmith/path": path,
  "einsmith/sizes": sizes,
  "einsmith/writer": writer,
};
const PROGRAMS = PAGES.flatMap((page) => programsOf(page).map((program, at) => ({ ...program, at: at + 1 })));
const COMMANDS = PAGES.filter(({ blocks }) => blocks.some(({ language }) => language === "console"));
const LANGUAGES = ["", "console", "js", "json", "text", "ts"];

describe("a block of code", () => {
  it("says by its language how it is tested; figures and grammars have none", () => {
    const languages = PAGES.flatMap(({ blocks }) => blocks.map(({ language }) => language));
    expect([...new Set(languages)].filter((language) => !LANGUAGES.includes(language))).toEqual([]);
    expect(languages.filter((language) => language === "ts").length).toBeGreaterThan(12);
  });
});

describe("a program on a page", () => {
  it.each(PROGRAMS)("$page, program $at: gives the values beside it", ({ text, error }) => {
    if (error !== undefined) {
      let message = "it ended well";
      try {
        runProgram(text, MODULES);
      } catch (thrown) {
        message = String(thrown);
      }
      return expect(message).toBe(error);
    }
    for (const { comment, value } of runProgram(text, MODULES)) {
      const promise = readPromise(comment);
      if (promise.kind === "value") expect(comparable(value, promise.value), comment).toEqual(promise.value);
      if (promise.kind === "members") expect(value, comment).toMatchObject(promise.members);
      if (promise.kind === "array") {
        const { constructor, length } = value as Float64Array;
        expect([constructor.name, length], comment).toEqual([promise.name, promise.length]);
      }
    }
  });
});

/** An array is shown by its shape, and a typed one by its elements. */
function comparable(value: unknown, shown: unknown): unknown {
  if (!Array.isArray(shown) || typeof value !== "object" || value === null) return value;
  if (ArrayBuffer.isView(value)) return [...(value as Float64Array)];
  return "shape" in value && "data" in value ? value.shape : value;
}

describe("the commands of a page", () => {
  it.each(COMMANDS)("$path: print what is shown, as does the code that follows", async ({ blocks }) => {
    await inFolder(async (cwd) => {
      let printed = "";
      for (const { language, text } of blocks) {
        if (language === "json") writeFileSync(join(cwd, "kernels.json"), manifestText(text));
        if (language === "js") expect(dedent(printed)).toContain(dedent(text));
        if (language !== "console") continue;
        for (const { words, shown } of commandsOf(text)) {
          const [program, ...argv] = words;
          expect(program).toBe("einsmith");
          const { code, stdout, stderr } = await runCli(argv, { cwd });
          expect(code, stderr).toBe(0);
          if (shown.endsWith("\n...\n")) expect(stdout).toContain(shown.slice(0, -4));
          else if (shown !== "") expect(stdout.trimEnd()).toBe(shown.trimEnd());
          printed = stdout;
        }
      }
    });
  });

  it("are there wherever emitted code is shown", () => {
    for (const { path, blocks } of PAGES) {
      const languages = blocks.map(({ language }) => language);
      const first = languages.indexOf("js");
      if (first >= 0) expect(languages.slice(0, first), path).toContain("console");
    }
  });
});

/** The text without indentation: an excerpt stands at the margin. */
function dedent(text: string): string {
  return text.replaceAll(/^ +/gm, "");
}

/** A block shows a manifest, or an entry of one. */
function manifestText(text: string): string {
  return "kernels" in (JSON.parse(text) as object) ? text : `{ "kernels": [${text}] }`;
}

describe("a manifest on a page", () => {
  it("is read", () => {
    const manifests = PAGES.flatMap(({ blocks }) => blocks.filter(({ language }) => language === "json"));
    expect(manifests.length).toBeGreaterThan(2);
    for (const { text } of manifests) {
      expect(parseManifest(manifestText(text), "kernels.json").kernels.length).toBeGreaterThan(0);
    }
  });
});

describe("a link", () => {
  const links = PAGES.flatMap(({ path, text }) =>
    [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => {
      const [file = "", anchor] = target.split("#");
      return { path, target, file: file === "" ? path : join(dirname(path), file), anchor };
    }),
  );

  it("leads to a file of the package, and no address is invented", () => {
    const packed = packedFiles();
    expect(links.length).toBeGreaterThan(20);
    expect(links.filter(({ file }) => !packed.includes(file)).map(({ path, target }) => `${path}: ${target}`)).toEqual(
      [],
    );
    expect(PAGES.filter(({ text }) => /https?:/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it("leads to a heading where it names one", () => {
    const headings = (page: Page): string[] =>
      [...page.text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w\- ]/g, "")
          .replaceAll(" ", "-"),
      );
    const lost = links.filter(({ file, anchor }) => anchor && !headings(pageCalled(file)).includes(anchor));
    expect(lost.map(({ path, target }) => `${path}: ${target}`)).toEqual([]);
  });

  it("from the README leads to every page", () => {
    const linked = links.filter(({ path }) => path === "README.md").map(({ file }) => file);
    expect(PAGES.map(({ path }) => path).filter((path) => path !== "README.md" && !linked.includes(path))).toEqual([]);
  });
});

/** What `npm pack` would put into the package, `dist` aside where nothing was built. */
function packedFiles(): string[] {
  const argv = ["pack", "--dry-run", "--ignore-scripts", "--json"];
  const [report] = JSON.parse(execFileSync("npm", argv, { cwd: fileURLToPath(ROOT), encoding: "utf8" })) as [
    { readonly files: readonly { readonly path: string }[] },
  ];
  return report.files.map(({ path }) => path);
}

describe("the README", () => {
  const { text } = pageCalled("README.md");

  it("has at most 12 KB", () => {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(12_000);
  });

  it("shows figures of the benchmark", () => {
    const rows = (page: string): string[][] =>
      [...page.matchAll(/^\| (.*) \|$/gm)].map(([, row = ""]) => row.split("|").map((cell) => cell.trim()));
    // The other table is of sizes, which the package's own stage of CI measures.
    const figures = rows(text.replace(/<!-- sizes of bundles[^]*?end of the sizes -->/, ""));
    const [[, head], ...shown] = [figures.slice(0, 2), ...figures.slice(2)] as [string[][], ...string[][]];
    expect(head?.[0]).toMatch(/^-+$/);
    expect(shown.length).toBeGreaterThan(3);
    for (const [workload, plain, ours, javascript, wasm] of shown) {
      const row = rows(pageCalled("docs/benchmark.md").text).find(([first]) => first === workload);
      expect(row, workload).toEqual(expect.arrayContaining([plain, ours, javascript, wasm]));
    }
  });
});

describe("the page on errors", () => {
  it("lists every code, and no other", () => {
    const messages = new URL("src/support/messages/", ROOT);
    const sources = readdirSync(messages).map((file) => readFileSync(new URL(file, messages), "utf8"));
    const codes = sources.flatMap((source) => [...source.matchAll(/\bcode: "([a-z0-9-]+)"/g)].map(([, code]) => code));
    const { text } = pageCalled("docs/errors.md");
    const listed = [...text.slice(text.search(/\| about +\| codes/)).matchAll(/`([a-z0-9-]+)`/g)].map(
      ([, code]) => code,
    );
    expect(listed.toSorted()).toEqual([...new Set(codes)].toSorted());
    expect(codes.length).toBeGreaterThan(50);
  });
});

describe("a script of npm", () => {
  it("is one of package.json wherever a page names it", () => {
    const { scripts } = JSON.parse(readFileSync(new URL("package.json", ROOT), "utf8")) as { scripts: object };
    const named = PAGES.flatMap(({ text }) => [...text.matchAll(/\bnpm (?:run ([\w:]+)|(start|test)\b)/g)]);
    expect(named.length).toBeGreaterThan(5);
    for (const [, run, short] of named) expect(Object.keys(scripts)).toContain(run ?? short);
  });

  it("has the files that the pages say", () => {
    for (const path of ["templates/kernels.json", "src/README.md"]) expect(existsSync(new URL(path, ROOT))).toBe(true);
  });
});
