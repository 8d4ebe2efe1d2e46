/**
 * From a spec to kernel source, every stage's artefact kept. It evaluates nothing.
 *
 *     text -> EinsumSpec -> Contraction -> ContractionStep[] -> LoopNest[] -> Kernel -> KernelSource
 */
import type { InferredSizes } from "./affine/infer-sizes.ts";
import { LONGEST_IDENTIFIER, Scope } from "./emit/code.ts";
import { documentKernel } from "./emit/documentation.ts";
import { emitKernel } from "./emit/kernel.ts";
import type { KernelSource, Target } from "./emit/source.ts";
import type { BoundSpec } from "./ir/bind-operands.ts";
import { bindSymbolic } from "./ir/bind-symbolic.ts";
import type { Contraction } from "./ir/contraction.ts";
import type { BindOptions } from "./ir/options.ts";
import type { Kernel } from "./loops/kernel.ts";
import type { LoopNest } from "./loops/nest.ts";
import type { PassObserver } from "./loops/pipeline.ts";
import { checkOverrides, type ScheduleOverrides } from "./loops/schedule/overrides.ts";
import { type Optimize, searchBy } from "./path/choose.ts";
import type { SearchOptions } from "./path/path.ts";
import { describePath, type PathInfo } from "./path/report.ts";
import type { ContractionStep } from "./path/steps.ts";
import { FULL } from "./recipe/full.ts";
import { type KernelBuild, makeKernel, type Part, type Recipe } from "./recipe/recipe.ts";
import type { EinsumSpec, Notation } from "./spec/ast.ts";
import { parseSpec } from "./spec/parser.ts";
import { published } from "./support/errors.ts";
import * as messages from "./support/messages/options.ts";
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

/** The words of a text. */
type WordsOf<Text extends string> = Text extends `${infer Word} ${infer Rest}` ? Word | WordsOf<Rest> : Text;

/** The names of options, as messages list them, from a text: the compiler refuses it where one is missing or unknown. */
export function namesOf<Options>() {
  type Checked<Text extends string> = [keyof Options, WordsOf<Text>] extends [WordsOf<Text>, keyof Options]
    ? Text
    : never;
  return <Text extends string>(text: Checked<Text>): readonly string[] => text.split(" ");
}

const KERNEL =
  "optimize seed maxTime minimize memoryLimit onProgress unroll tile order stage name target evaluate onPass";
export const KERNEL_OPTIONS = /* @__PURE__ */ namesOf<KernelOptions>()(KERNEL);
export const COMPILE_OPTIONS = /* @__PURE__ */ namesOf<CompileOptions>()(
  `shapes strides offsets dtype dtypes sizes params notation outputShape reduce combine operands ${KERNEL}`,
);

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

/** As `compile`, for a contraction that is bound already, or was made without a spec, and in another way than by `FULL`. */
export function compileContraction(
  contraction: Contraction,
  given: KernelOptions,
  recipe: Recipe = FULL,
): ContractionCompilation {
  const { search, request, target } = readKernelOptions(given, [contraction]);
  const plan = recipe.plan(contraction, search);
  const path = describePath(contraction, plan.path, plan.sliced);
  return { path, ...emitBuild(plan, makeKernel(recipe, [plan], request), target) };
}

/** Checks the options of a kernel of some contractions, and takes them apart: what each stage is given of them. */
export function readKernelOptions(options: KernelOptions, contractions: readonly Contraction[]) {
  const { target = "javascript", name = "kernel", onPass, evaluate, optimize, unroll, tile, order, stage } = options;
  const { seed, maxTime, minimize, memoryLimit, onProgress } = options;
  checkTarget(target);
  checkName(name);
  checkEvaluate(evaluate);
  if (onPass !== undefined && typeof onPass !== "function") throw invalidOption("onPass", onPass, "a function");
  const overrides = { unroll, tile, order, stage };
  checkOverrides(overrides, contractions);
  const find = searchBy({ seed, maxTime, minimize, memoryLimit, onProgress });
  return { search: { optimize, find }, request: { name, overrides, onPass }, target };
}

/** Emits what was built of a contraction. */
export function emitBuild(
  { contraction, steps }: Part,
  { nests, kernel }: KernelBuild,
  target: Target,
): Omit<ContractionCompilation, "path"> {
  const documentation = documentKernel(contraction, steps, kernel);
  return { contraction, steps, nests, kernel, source: emitKernel(kernel, { target, documentation }) };
}

/** Parses and binds a spec whose options are those of `compile` by name. */
export function bindText(text: string, options: CompileOptions): BoundSpec & { readonly spec: EinsumSpec } {
  const spec = parseSpec(text, options.notation === undefined ? {} : { notation: options.notation });
  return { spec, ...bindSymbolic(spec, options) };
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

function checkTarget(target: unknown): void {
  if (target !== "javascript" && target !== "typescript") throw messages.unknownTarget(target);
}
