/** The public names of the layers. */
export { batchNorm, batchNormSpec, foldBatchNorm, type BatchNorm, type FoldedWeights } from "./batch-norm.ts";
export { compileLayer, type CompileLayerOptions } from "./compile-layer.ts";
export { conv1d, conv2d, conv3d, convSpec, type ConvOptions, type ConvSpecOptions } from "./convolution.ts";
export type { Activation, EpilogueOptions } from "./epilogue.ts";
export type { LayerEpilogue, LayerFurther, LayerSpec, LayerSpecOptions, Shape } from "./layer-spec.ts";
export { globalAvgPool, globalAvgPoolSpec, linear, linearSpec, type LinearOptions } from "./linear.ts";
export { pad, padSpec, type Pads } from "./padding.ts";
export type { Layout } from "./planes.ts";
export { avgPool1d, avgPool2d, avgPool3d, avgPoolSpec } from "./pooling.ts";
export { maxPool1d, maxPool2d, maxPool3d, maxPoolSpec } from "./pooling.ts";
export type { AvgPoolOptions, AvgPoolSpecOptions } from "./pooling.ts";
export type { MaxPoolOptions, MaxPoolSpecOptions, PoolSpecOptions } from "./pooling.ts";
export { convTranspose1d, convTranspose2d, convTranspose3d, convTransposeSpec } from "./transposed-convolution.ts";
export type { ConvTransposeOptions, ConvTransposeSpecOptions } from "./transposed-convolution.ts";
export { fold, foldSpec, unfold, unfoldSpec, type FoldOptions, type UnfoldOptions } from "./unfold.ts";
export type { Padding, PerAxis } from "./windows.ts";
