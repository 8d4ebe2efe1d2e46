/**
 * The driver: from a spec to kernel source, every stage's artefact kept. It evaluates nothing.
 *
 *     text -> EinsumSpec -> Contraction -> ContractionStep[] -> LoopNest[] -> Kernel -> KernelSource
 */
import { IN_WORDS } from "./loops/describe-nests.ts";
import { documentKernel } from "./emit/documentation.ts";
import { emitKernel } from "./emit/targets.ts";
import { LONGEST_IDENTIFIER, Scope } from "./emit/scope.ts";
import type { KernelSource, Target } from "./emit/source.ts";
import type { BoundSpec } from "./ir/bind-operands.ts";
import { bindSymbolic } from "./ir/bind-symbolic.ts";
import type { InferredSizes } from "./affine/infer-sizes.ts";
import type { Contraction } from "./ir/contraction.ts";
import { checkLimits } from "./ir/limits.ts";
import type { BindOptions } from "./ir/options.ts";
import { buildKernel } from "./loops/build-kernel.ts";
import { buildNests, type BuildOptions } from "./loops/build-nests.ts";
import type { Kernel, Routine } from "./loops/kernel.ts";
import type { LoopNest } from "./loops/nest.ts";
import { applyPasses, PASSES, UNREAD_PASSES, type Pass, type PassObserver } from "./loops/pipeline.ts";
import { withDefinitions } from "./loops/lower-expressions.ts";
import { lowerRows } from "./loops/lower-rows.ts";
import { lowerNest } from "./loops/lower.ts";
import { nameRoutine } from "./loops/names.ts";
import type { Allocate } from "./loops/padding.ts";
import { accumulateRows } from "./loops/schedule/accumulate-rows.ts";
import { splitFinish } from "./loops/schedule/split-finish.ts";
import { chooseSchedule } from "./loops/schedule/choose-schedule.ts";
import { orderBits } from "./loops/order-bits.ts";
import { peelBorders } from "./loops/peel-borders.ts";
import { shareScratch } from "./loops/share-scratch.ts";
import { arrangeSlices } from "./loops/slices.ts";
import { layOutIntermediates } from "./loops/schedule/lay-out-intermediates.ts";
import { checkOverrides, type ScheduleOverrides } from "./loops/schedule/overrides.ts";
import { scheduleNest } from "./loops/schedule/schedule-nest.ts";
import type { FindPath, FoundPath, SearchOptions, SsaPath } from "./path/path.ts";
import { choosePath, searchBy, type Optimize } from "./path/choose.ts";
import { describePath, type PathInfo } from "./path/report.ts";
import type { ContractionStep } from "./path/step.ts";
import { splitSteps } from "./path/steps.ts";
import type { EinsumSpec, Notation } from "./spec/ast.ts";
import { parseSpec } from "./spec/parser.ts";
import { published } from "./support/errors.ts";
import * as messages from "./support/messages/compile.ts";
import { invalidOption } from "./support/messages/options.ts";
import { readOptions } from "./support/read.ts";

/** Whether kernels may be made by evaluating text. */
export interface EvaluateOption {
  /**
   * False: kernels are interpreted, and no policy is tried. True by default. What evaluates nothing, as `compile`, takes it
   * and makes no difference of it.
   */
  readonly evaluate?: boolean | undefined;
}

/** What decides a kernel beside its contraction. */
export interface KernelOptions extends ScheduleOverrides, SearchOptions, EvaluateOption {
  /** The order of contraction: an optimizer, by its name or as a function, or a linear path; "auto" by default. */
  readonly optimize?: Optimize | undefined;
  /** Name of the emitted function: an identifier; "kernel" by default. */
  readonly name?: string | undefined;
  /** "javascript" by default. */
  readonly target?: Target | undefined;
  /** Called with the kernel as lowered, under the name "lower", and after every pass. */
  readonly onPass?: PassObserver | undefined;
}

/** Everything that decides a kernel, beside its spec. */
export interface CompileOptions extends BindOptions, KernelOptions {
  /** Forces a notation; by default the spec's spaces tell. */
  readonly notation?: Notation | undefined;
}

/** The compiler sees to it that none is missing. */
const KERNEL = {
  optimize: 0,
  seed: 0,
  maxTime: 0,
  minimize: 0,
  memoryLimit: 0,
  onProgress: 0,
  unroll: 0,
  tile: 0,
  order: 0,
  stage: 0,
  name: 0,
  target: 0,
  evaluate: 0,
  onPass: 0,
} satisfies Record<keyof KernelOptions, 0>;

export const KERNEL_OPTIONS = /* @__PURE__ */ Object.keys(KERNEL);
export const COMPILE_OPTIONS = /* @__PURE__ */ Object.keys({
  shapes: 0,
  strides: 0,
  offsets: 0,
  dtype: 0,
  dtypes: 0,
  sizes: 0,
  params: 0,
  notation: 0,
  outputShape: 0,
  reduce: 0,
  combine: 0,
  operands: 0,
  ...KERNEL,
} satisfies Record<keyof CompileOptions, 0>);

/** What every stage made of a spec. */
export interface Compilation extends ContractionCompilation {
  readonly spec: EinsumSpec;
  /** How the sizes of the indices were found. */
  readonly inferred: InferredSizes;
}

/** What every stage made of a contraction. */
export interface ContractionCompilation {
  readonly contraction: Contraction;
  /** The contraction path and its figures. */
  readonly path: PathInfo;
  readonly steps: readonly ContractionStep[];
  /** Scheduled. */
  readonly nests: readonly LoopNest[];
  /** After every pass. */
  readonly kernel: Kernel;
  /** The emitted text and its parts. */
  readonly source: KernelSource;
}

/** The stages up to the optimised kernel: what a program needs that runs it. */
export interface KernelBuild {
  readonly found: FoundPath;
  readonly steps: readonly ContractionStep[];
  readonly nests: readonly LoopNest[];
  readonly kernel: Kernel;
}

/** A spec and its meaning. */
export interface BoundText extends BoundSpec {
  readonly spec: EinsumSpec;
}

/**
 * Compiles a spec for operands of the given shapes (in elements) and dtypes.
 *
 * Refuses, with an `EinsumError`, what does not parse or fit. Sizes and strides that are names are left to run time: the
 * kernel takes them as arguments behind its operands, unless the length of an operand tells them.
 */
export const compile = /* @__PURE__ */ published(function compile(spec: string, given: CompileOptions): Compilation {
  const options = readOptions(given, COMPILE_OPTIONS);
  const { spec: parsed, contraction, inferred } = bindText(spec, options);
  return { spec: parsed, inferred, ...compileContraction(contraction, options) };
});

/**
 * As `compile`, for a contraction that is bound already, or was made without a spec; `extras` may build the nests of its
 * steps in another way.
 */
export function compileContraction(
  contraction: Contraction,
  options: KernelOptions,
  extras: Pick<Extras, "gather"> = {},
): ContractionCompilation {
  checkKernelOptions(options, [contraction]);
  const built = buildKernelOf(contraction, options, {
    ...readableExtras(options),
    ...extras,
    findPath: searchBy(options),
    arrange: arrangeSlices,
    share: shareScratch,
  });
  const path = describePath(contraction, built.found.path, built.found.sliced);
  return { path, ...finishKernel(contraction, built, options) };
}

/** As `compileContraction`, for steps of which several may write parts of the output; `adjust` changes scheduled nests. */
export function compileSteps(
  contraction: Contraction,
  steps: readonly ContractionStep[],
  options: KernelOptions,
  adjust: (nest: LoopNest) => LoopNest,
): Omit<ContractionCompilation, "path"> {
  checkKernelOptions(options, [contraction]);
  const extras = readableExtras(options);
  const built = buildKernelOfSteps(contraction, steps, [], options, {
    ...extras,
    schedule: (nest, allocate) => extras.schedule(nest, allocate).map(adjust),
  });
  return finishKernel(contraction, { ...built, steps }, options);
}

/** Refuses names and languages of kernels that there are not, and what no option may be. */
export function checkKernelOptions(
  { target = "javascript", name = "kernel", onPass, evaluate, ...overrides }: KernelOptions,
  contractions: readonly Contraction[],
): void {
  checkTarget(target);
  checkName(name);
  checkEvaluate(evaluate);
  if (onPass !== undefined && typeof onPass !== "function") throw invalidOption("onPass", onPass, "a function");
  checkOverrides(overrides, contractions);
}

/** What kernels are built with that people read and tune. */
function readableExtras(options: KernelOptions): Extras {
  return {
    ...ELEMENTWISE,
    passes: PASSES,
    describe: IN_WORDS,
    schedule: (nest, allocate) => scheduleBy(nest, allocate, options),
    lower: lowerReadable,
  };
}

/** Emits a kernel. */
function finishKernel(
  contraction: Contraction,
  { steps, nests, kernel: built }: Omit<KernelBuild, "found">,
  { target = "javascript" }: KernelOptions,
): Omit<ContractionCompilation, "path"> {
  const kernel = orderBits(withDefinitions(built));
  const documentation = documentKernel(contraction, steps, kernel);
  return { contraction, steps, nests, kernel, source: emitKernel(kernel, { target, documentation }) };
}

/** What `compile` adds for readers and tuners; a program that only runs a kernel has no use for it. */
export interface Extras extends Omit<BuildOptions, "slices"> {
  /** What finds paths by the options of a search. */
  readonly findPath?: FindPath;
  /** Splits a contraction along a path, as `splitSteps` does. */
  split?(contraction: Contraction, path: SsaPath, sliced: readonly string[]): readonly ContractionStep[];
  /** Schedules a nest, and may put others around it. */
  schedule(nest: LoopNest, allocate: Allocate): readonly LoopNest[];
  lower(nest: LoopNest): Routine;
  /** Absent: those of kernels that nobody reads. */
  readonly passes?: readonly Pass[];
}

/** What it takes to choose layouts and schedules by cost, and to write kernels that are read. */
export const ELEMENTWISE: Extras = {
  split: (contraction, path, sliced) => layOutIntermediates(contraction, splitSteps(contraction, path, sliced), sliced),
  schedule: (nest, allocate) => scheduleBy(nest, allocate),
  gather: peelBorders,
  lower: (nest) => lowerNest(nest, undefined, lowerRows),
};

/** What `einsum` has in its place: no expressions, and the rule of thumb, but for float32 sums, which round as `jit`'s do. */
const RULES: Pick<Extras, "schedule" | "lower"> = {
  schedule: (nest, allocate) => {
    const scheduled = scheduleNest(nest);
    return [accumulateRows(scheduled, allocate) ?? scheduled];
  },
  lower: (nest) => lowerNest(nest, undefined, lowerRows),
};

/** Lowers a nest to a routine whose names are for reading. */
export function lowerReadable(nest: LoopNest): Routine {
  return lowerNest(nest, nameRoutine, lowerRows);
}

/** Chooses the schedule of a nest by cost, but for what a caller fixes. */
export function scheduleBy(nest: LoopNest, allocate: Allocate, overrides: ScheduleOverrides = {}): LoopNest[] {
  return chooseSchedule(nest, allocate, overrides).flatMap(splitFinish);
}

/** Parses and binds a spec whose options are those of `compile` by name. */
export function bindText(text: string, options: CompileOptions): BoundText {
  const spec = parseSpec(text, options.notation === undefined ? {} : { notation: options.notation });
  return { spec, ...bindSymbolic(spec, options) };
}

/**
 * From a contraction to its optimised kernel, without checks, reports, verification and source; without comments and
 * overrides, unless `extras` has them.
 */
export function buildKernelOf(contraction: Contraction, options: KernelOptions, extras?: Extras): KernelBuild {
  const found = choosePath(contraction, options.optimize, extras?.findPath);
  const { path, sliced } = found;
  const steps = (extras?.split ?? splitSteps)(contraction, path, sliced);
  return { found, steps, ...buildKernelOfSteps(contraction, steps, sliced, options, extras) };
}

/** As `buildKernelOf`, for steps over the operands of a contraction, of which several may write parts of its output. */
export function buildKernelOfSteps(
  contraction: Contraction,
  steps: readonly ContractionStep[],
  sliced: readonly string[],
  { name = "kernel", onPass }: KernelOptions,
  extras?: Extras,
): Pick<KernelBuild, "nests" | "kernel"> {
  for (const step of steps) checkLimits(step.contraction);
  const { allocate, ...built } = buildNests(contraction, steps, {
    ...extras,
    slices: sliced.flatMap((name) => contraction.indices.filter((index) => index.name === name)),
  });
  const { schedule, lower } = extras ?? RULES;
  const nests = built.nests.flatMap((nest) => schedule(nest, allocate));
  const lowered = buildKernel(name, built, nests, lower);
  return { nests, kernel: applyPasses(extras?.passes ?? UNREAD_PASSES, lowered, onPass) };
}

/** A name is emitted as it is written: an identifier that JavaScript and emitted code leave free. */
export function checkName(name: unknown): string {
  if (typeof name !== "string" || !/^[\p{ID_Start}_$][\p{ID_Continue}$]*$/u.test(name)) {
    throw messages.kernelName(name);
  }
  const { length } = [...name];
  if (length > LONGEST_IDENTIFIER) throw messages.longName(name, length, LONGEST_IDENTIFIER);
  // A letter in parts is emitted in one, and joiners, which nobody sees, are not.
  if (name.normalize("NFC") !== name || /[\u200c\u200d]/u.test(name)) throw messages.kernelName(name);
  if (new Scope().declare(name).text !== name) throw messages.reservedName(name);
  return name;
}

/** Whether text may be evaluated, as far as the caller is concerned. */
export function checkEvaluate(evaluate: unknown = true): boolean {
  if (typeof evaluate !== "boolean") throw invalidOption("evaluate", evaluate, "true or false");
  return evaluate;
}

export function checkTarget(target: unknown): Target {
  if (target !== "javascript" && target !== "typescript") throw messages.unknownTarget(target);
  return target;
}
