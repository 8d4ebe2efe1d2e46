/** `einsmith/sizes`: sizes and shapes from equations, in every direction. */
export type { InferredSizes } from "../affine/infer-sizes.ts";
export type { SizeChoice } from "../affine/system.ts";
export { deriveSizes, inferSizes, solveSizes } from "../ir/solve-sizes.ts";
export type { InferSizesOptions, SizeStep, SolvedSizes, SpecSizes } from "../ir/solve-sizes.ts";
export { EinsumError, InternalError, UnsupportedError } from "../support/errors.ts";
