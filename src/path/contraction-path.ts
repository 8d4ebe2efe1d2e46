/**
 * `contractionPath`: from a spec and shapes to a path and its figures, without compiling anything.
 *
 * Invariant: the path is the one that `compile` takes with the same options in a program that imports `einsmith/path`.
 */
import { bind } from "../ir/bind.ts";
import type { Notation } from "../spec/ast.ts";
import { parseSpec } from "../spec/parser.ts";
import { published } from "../support/errors.ts";
import { copyOf, readOptions } from "../support/read.ts";
import { choosePath, type Optimize } from "./choose.ts";
import { checkSearchOptions, type SearchOptions } from "./path.ts";
import { describePath, type PathInfo } from "./report.ts";
import { createSearch } from "./search/optimizers.ts";

/** The meaning of the spec, and how to search: see `SearchOptions`. */
export interface ContractionPathOptions extends SearchOptions {
  /** Sizes of indices that the operands do not determine. */
  readonly sizes?: Readonly<Record<string, number>> | undefined;
  /** Values of the names in the spec that are integers, not indices. */
  readonly params?: Readonly<Record<string, number>> | undefined;
  readonly notation?: Notation | undefined;
  /** The optimizer, by its name or as a function, or a linear path to describe; "auto" by default. */
  readonly optimize?: Optimize | undefined;
}

/** The compiler sees to it that none is missing. */
const OPTION_NAMES = Object.keys({
  sizes: 0,
  params: 0,
  notation: 0,
  optimize: 0,
  seed: 0,
  minimize: 0,
  memoryLimit: 0,
  maxTime: 0,
  onProgress: 0,
} satisfies Record<keyof ContractionPathOptions, 0>);

/**
 * Finds the order in which to contract operands of the given shapes, and what it costs. FLOP counts are opt_einsum's;
 * so is the form of `path`. Refuses what `compile` refuses: specs that do not parse, shapes that do not fit, unknown
 * optimizers, paths that are not valid, search options out of range, a memory limit below the size of the result.
 */
export const contractionPath = /* @__PURE__ */ published(function contractionPath(
  spec: string,
  shapes: readonly (readonly number[])[],
  given: ContractionPathOptions = {},
): PathInfo {
  const options = readOptions(given, OPTION_NAMES);
  const { sizes, params, notation, optimize } = options;
  checkSearchOptions(options);
  const contraction = bind(parseSpec(spec, notation === undefined ? {} : { notation }), {
    shapes: copyOf(shapes),
    sizes,
    params,
  });
  const { path, sliced } = choosePath(contraction, optimize, createSearch(options));
  return describePath(contraction, path, sliced);
});
