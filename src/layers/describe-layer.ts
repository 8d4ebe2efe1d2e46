/**
 * Layers by their names, as manifests list them: `conv2d` with the shapes of its input and its weight, and its options.
 *
 * Invariant: the options of a layer are those of its function, with flags in the place of arrays.
 */
import { batchNormSpec } from "./batch-norm.ts";
import { CONV_OPTIONS, describeConv } from "./convolution.ts";
import { EPILOGUE_OPTIONS } from "./epilogue.ts";
import type { LayerSpec, Shape } from "./layer-spec.ts";
import { globalAvgPoolSpec, linearSpec } from "./linear.ts";
import { padSpec, type Pads } from "./padding.ts";
import { AVG_POOL_OPTIONS, avgPoolSpec, MAX_POOL_OPTIONS, maxPoolSpec } from "./pooling.ts";
import { CONV_TRANSPOSE_OPTIONS, describeConvTranspose } from "./transposed-convolution.ts";
import { FOLD_OPTIONS, foldSpec, UNFOLD_OPTIONS, unfoldSpec } from "./unfold.ts";

/** How a layer is described from its shapes and options. */
export interface LayerDescription {
  /** Whether it has a weight. */
  readonly weighted: boolean;
  /** The names of its options. */
  readonly options: readonly string[];
  /** Makes the spec; checks what it is given. */
  describe(input: Shape, weight: Shape, options: object): LayerSpec;
}

const SPATIAL = [1, 2, 3] as const;

/** Every layer that has a spec, by name. */
export const LAYERS: ReadonlyMap<string, LayerDescription> = new Map<string, LayerDescription>([
  ...SPATIAL.flatMap(layersOf),
  ["linear", weighted(Object.keys(EPILOGUE_OPTIONS), linearSpec)],
  ["batchNorm", unweighted([], batchNormSpec)],
  ["globalAvgPool", unweighted([], globalAvgPoolSpec)],
  ["unfold", unweighted(UNFOLD_OPTIONS, unfoldSpec as Describe)],
  ["fold", unweighted(FOLD_OPTIONS, foldSpec as Describe)],
  ["pad", unweighted(["pads", "value"], padWith)],
]);

type Describe = (input: Shape, options: object) => LayerSpec;

function layersOf(spatial: number): [string, LayerDescription][] {
  const named = (layer: string) => ({ name: `${layer}${spatial}d`, spatial });
  return [
    [
      `conv${spatial}d`,
      weighted(CONV_OPTIONS, (input, weight, options) => describeConv(named("conv"), input, weight, options)),
    ],
    [
      `convTranspose${spatial}d`,
      weighted(CONV_TRANSPOSE_OPTIONS, (input, weight, options) =>
        describeConvTranspose(named("convTranspose"), input, weight, options),
      ),
    ],
    [
      `maxPool${spatial}d`,
      unweighted(MAX_POOL_OPTIONS, (input, options) => maxPoolSpec(input, spatial, options as never)),
    ],
    [
      `avgPool${spatial}d`,
      unweighted(AVG_POOL_OPTIONS, (input, options) => avgPoolSpec(input, spatial, options as never)),
    ],
  ];
}

function weighted(options: readonly string[], describe: LayerDescription["describe"]): LayerDescription {
  return { weighted: true, options, describe };
}

function unweighted(options: readonly string[], describe: Describe): LayerDescription {
  return { weighted: false, options, describe: (input, _, given) => describe(input, given) };
}

function padWith(input: Shape, options: object): LayerSpec {
  const { pads, value } = options as { readonly pads: Pads; readonly value?: number };
  return padSpec(input, pads, value);
}

/**
 * A name for a layer's kernel, an identifier: `conv2d3x3Stride2From64x56x56To128x28x28BiasRelu`. What shapes do not tell,
 * such as a padding that leaves them as they are, is not in it.
 */
export function nameLayer({ layer, options: { shapes }, outputShape, epilogue }: LayerSpec, options: object): string {
  const { weighted: hasWeight } = LAYERS.get(layer) ?? { weighted: false };
  const { kernelSize, stride, dilation, groups, activation } = options as Readonly<Record<string, unknown>>;
  const window = hasWeight ? (shapes[1] ?? []).slice(2) : [kernelSize ?? []].flat();
  return [
    layer,
    window.join("x"),
    stride === undefined || stride === 1 ? "" : `Stride${[stride].flat().join("x")}`,
    dilation === undefined || dilation === 1 ? "" : `Dilation${[dilation].flat().join("x")}`,
    groups === undefined || groups === 1 ? "" : `Groups${String(groups)}`,
    `From${withoutBatch(shapes[0] as Shape)}To${withoutBatch(outputShape)}`,
    ...(epilogue?.further.map(({ name }) => capitalize(name)) ?? []),
    capitalize(nameOf(activation)),
  ].join("");
}

/** A batch of one is not worth a mention. */
function withoutBatch(shape: Shape): string {
  return (shape[0] === 1 && shape.length > 1 ? shape.slice(1) : shape).join("x");
}

function nameOf(activation: unknown): string {
  if (typeof activation === "string") return activation;
  return activation === undefined ? "" : String((activation as { readonly name?: unknown }).name);
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
