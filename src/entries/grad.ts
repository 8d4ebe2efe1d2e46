/** `einsmith/grad`: gradients of specs and of layers, computed or compiled. */
export { compileGradient, type GradientCompilation, type SpecGradientCompilation } from "../compile-gradient.ts";
export { einsumGrad, type EinsumGradOptions } from "../jit/einsum.ts";
export type { NdArray } from "../jit/nd-array.ts";
export { compileLayerGradient } from "../layers/compile-layer.ts";
export { avgPoolGrad, batchNormGrad, convGrad, convTransposeGrad, globalAvgPoolGrad } from "../layers/gradients.ts";
export { linearGrad, maxPoolGrad, padGrad } from "../layers/gradients.ts";
export type { BatchNormGradients, WeightGradients } from "../layers/gradients.ts";
export { layerGradients, type GradientNames } from "../layers/gradients.ts";
export { EinsumError, InternalError, UnsupportedError } from "../support/errors.ts";
