/**
 * The driver: one function from contractions to the optimised kernel that computes them, by a recipe. A recipe is a value
 * that says how each stage is done of which there are several ways: `unread.ts` and `full.ts` have them.
 *
 *     Contraction -> ContractionStep[] -> LoopNest[] -> Kernel
 *
 * It checks no options, reports nothing and evaluates nothing.
 */
import { type Contraction, countValues, keptOf } from "../ir/contraction.ts";
import { checkLimits } from "../ir/address.ts";
import { elementCount } from "../ir/tensor.ts";
import { buildNests, type BuildOptions, type BuildStep, type BuiltNests } from "../loops/build-nests.ts";
import { fuseAxes } from "../loops/fuse-axes.ts";
import type { Kernel, Routine } from "../loops/kernel.ts";
import { updatesInMemory } from "../loops/lower.ts";
import type { LoopNest } from "../loops/nest.ts";
import type { Allocate } from "../loops/padding.ts";
import { applyPasses, type Pass, type PassObserver, buildKernel } from "../loops/pipeline.ts";
import type { ScheduleOverrides } from "../loops/schedule/overrides.ts";
import { choosePath, type Optimize } from "../path/choose.ts";
import type { FindPath, SsaPath } from "../path/path.ts";
import { splitSteps, type ContractionStep } from "../path/steps.ts";
import { required } from "../support/errors.ts";

/** How each stage is done. */
export interface Recipe {
  /** Finds the steps of a contraction. */
  plan(contraction: Contraction, search: Search): Plan;
  /** How the nests of steps are built. */
  readonly nests: Pick<BuildOptions, "describe" | "rewrite" | "arrange" | "share">;
  /** Whether a kernel of one step will choose among elements without a branch: see `finish`. */
  isBranchless(contraction: Contraction): boolean;
  /** Schedules a nest, and may put others around it. */
  schedule(nest: LoopNest, allocate: Allocate, overrides: ScheduleOverrides): readonly LoopNest[];
  lower(nest: LoopNest): Routine;
  readonly passes: readonly Pass[];
  /** What is done to the kernel as a whole, behind the passes. */
  finish(kernel: Kernel): Kernel;
}

/** How a path is found: by what, and with which options. */
export interface Search {
  readonly optimize?: Optimize | undefined;
  readonly find?: FindPath | undefined;
}

/** A contraction of a program and its steps, of which several may write parts of its output. */
export interface Part {
  readonly contraction: Contraction;
  readonly steps: readonly ContractionStep[];
  /** The indices that it is sliced by, outermost loop first; none where absent. */
  readonly sliced?: readonly string[];
}

/** A contraction along a path. */
interface Plan extends Part {
  readonly path: SsaPath;
  readonly sliced: readonly string[];
}

/** What the stages behind the path are given by their callers. */
export interface KernelRequest {
  /** The kernel's name. */
  readonly name: string;
  readonly overrides?: ScheduleOverrides;
  readonly onPass?: PassObserver | undefined;
  /** Puts the nests of several contractions together; absent: there is one. */
  readonly join?: (parts: readonly BuiltNests[]) => Omit<BuiltNests, "allocate">;
}

/** What the stages made. */
export interface KernelBuild {
  /** Scheduled. */
  readonly nests: readonly LoopNest[];
  /** After every pass. */
  readonly kernel: Kernel;
}

/** A recipe with another way to build the nests of steps. */
export function withRewrite(recipe: Recipe, rewrite: BuildStep): Recipe {
  return { ...recipe, nests: { ...recipe.nests, rewrite } };
}

/** Makes the kernel of contractions that run one after the other, of which each may read what those before it computed. */
export function makeKernel(recipe: Recipe, parts: readonly Part[], request: KernelRequest): KernelBuild {
  const { name, overrides = {}, onPass, join = ([only]) => required(only, "a contraction") } = request;
  const isOnly = parts.length === 1;
  const built = parts.map((part) => nestsOfPart(recipe, part, isOnly, overrides));
  const joined = join(built);
  const lowered = buildKernel(name, joined, joined.nests, recipe.lower);
  return { nests: joined.nests, kernel: recipe.finish(applyPasses(recipe.passes, lowered, onPass)) };
}

/** The nests of a contraction, scheduled. */
function nestsOfPart(
  recipe: Recipe,
  { contraction, steps, sliced = [] }: Part,
  isOnly: boolean,
  overrides: ScheduleOverrides,
): BuiltNests {
  for (const step of steps) checkLimits(step.contraction);
  const built = buildNests(contraction, steps, {
    ...recipe.nests,
    isBranchless: isOnly && steps.length === 1 && recipe.isBranchless(contraction),
    slices: sliced.flatMap((name) => contraction.indices.filter((index) => index.name === name)),
  });
  // What a kernel of one nest does, its own comment says.
  const [only, more] = built.nests;
  const described = only && !more && isOnly ? [{ ...only, comment: "" }] : built.nests;
  const writers = steps.filter((step) => step.contraction.output.tensor.name === contraction.output.tensor.name);
  const { length: parts } = writers;
  const nests = described
    .map((nest) => fuseAxes(parts > 1 ? { ...nest, parts } : nest, namesIn(overrides)))
    .flatMap((nest) => recipe.schedule(nest, built.allocate, overrides));
  return { ...built, nests: startFromNothing(parts > 1 ? shareOutput(nests, contraction, writers) : nests) };
}

/** The indices that a caller's overrides speak of. */
function namesIn({ unroll = {}, tile = {}, order = [] }: ScheduleOverrides): ReadonlySet<string> {
  return new Set([...Object.keys(unroll), ...Object.keys(tile), ...order]);
}

/** Sees to it that nests which add to what they keep find nothing there at first: the first one of a target sets it to that. */
function startFromNothing(nests: readonly LoopNest[]): LoopNest[] {
  const adding = nests.filter((nest) => nest.before === "kept" && updatesInMemory(nest));
  const targets = new Set(adding.map(({ target }) => target.buffer));
  return nests.map((nest) => (targets.delete(nest.target.buffer) ? { ...nest, before: "nothing" } : nest));
}

/**
 * Sees to it that nests which write parts of one output leave each other's alone: the first sets to 0 what none of them
 * writes, if there is any, and the others keep what is there.
 */
function shareOutput(
  nests: readonly LoopNest[],
  { output }: Contraction,
  writers: readonly ContractionStep[],
): LoopNest[] {
  const written = writers.reduce((sum, { contraction }) => sum + countValues(keptOf(contraction.indices)), 0);
  let before: LoopNest["before"] = written === elementCount(output.tensor.shape) ? "kept" : "nothing";
  return nests.map((nest) => {
    if (nest.target.buffer.role !== "output") return nest;
    const shared: LoopNest = { ...nest, reach: "partly", before };
    before = "kept";
    return shared;
  });
}

/** Finds the path of a contraction and splits it into steps. */
export function planAlongPath(
  contraction: Contraction,
  { optimize, find }: Search,
  split: (...given: Parameters<typeof splitSteps>) => readonly ContractionStep[] = splitSteps,
): Plan {
  const { path, sliced } = choosePath(contraction, optimize, find);
  return { contraction, path, sliced, steps: split(contraction, path, sliced) };
}
