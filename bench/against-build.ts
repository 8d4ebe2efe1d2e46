/**
 * The two builds that are compared: each the bundle of `src/index.ts` by the same bundler with the same options, that of
 * the working tree and that of a commit, which git lays out in a temporary folder. Neither the checkout nor git's index is
 * touched, and nothing is installed: the package's own code imports no other.
 */
import { build } from "esbuild";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type { BuildName } from "./results.ts";

export interface Build extends BuildName {
  /** URL of the module. */
  readonly url: string;
}

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Builds the source as it is, and that of a commit, below a folder; `root` is the checkout. Refuses what is no commit. */
export async function buildBoth(
  commit: string,
  folder: string,
  root = ROOT,
): Promise<{ readonly today: Build; readonly commit: Build }> {
  const other = await findCommit(commit, root);
  const head = await findCommit("HEAD", root);
  const changed = (await git(root, ["status", "--porcelain", "--", "src"])) !== "";
  const source = join(folder, other.hash);
  await layOut(other.hash, source, root);
  if (!existsSync(join(source, "src", "index.ts"))) throw new Error(`commit ${commit} has no src/index.ts`);
  return {
    today: { ...head, changed, url: await bundleSource(root, join(folder, "today.mjs")) },
    commit: { ...other, changed: false, url: await bundleSource(source, join(folder, "commit.mjs")) },
  };
}

async function findCommit(name: string, root: string): Promise<Pick<BuildName, "hash" | "subject">> {
  await git(root, ["rev-parse", "--git-dir"]).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw new Error("--against needs git, which was not found");
    throw new Error("--against needs a git checkout of einsmith, and this is none");
  });
  const found = await git(root, ["log", "-1", "--format=%h %s", "--end-of-options", name, "--"]).catch(() => "");
  if (found === "")
    throw new Error(`no commit is called ${JSON.stringify(name)}; a shallow clone has to fetch it first`);
  const [hash = "", ...subject] = found.split(" ");
  return { hash, subject: subject.join(" ") };
}

/** Writes the files of a commit below a folder, by an index of its own. */
async function layOut(hash: string, folder: string, root: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const env = { ...process.env, GIT_INDEX_FILE: join(folder, ".index") };
  await git(root, ["read-tree", hash], env);
  await git(root, ["checkout-index", "--all", `--prefix=${folder}${sep}`], env);
}

async function git(root: string, args: readonly string[], env = process.env): Promise<string> {
  const { stdout } = await promisify(execFile)("git", args, { cwd: root, env, maxBuffer: 2 ** 26 });
  return stdout.trim();
}

async function bundleSource(root: string, outfile: string): Promise<string> {
  await build({
    entryPoints: [join(root, "src", "index.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    target: "node20",
    tsconfigRaw: {},
    packages: "external",
    logLevel: "silent",
  });
  return pathToFileURL(outfile).href;
}
