/**
 * Layers by their names, as manifests list them: `conv2d` with the shapes of its input and its weight, and its options.
 *
 * Invariant: the options of a layer are those of its function, with flags in the place of arrays.
 */
import { batchNormSpec } from "./batch-norm.ts";
import {
  CONV_OPTIONS,
  CONV_TRANSPOSE_OPTIONS,
  describeConv,
  describeConvTranspose,
  describeLinear,
  LINEAR,
} from "./convolution.ts";
import { EPILOGUE_OPTIONS, type LayerSpec, type Shape } from "./layer-spec.ts";
import { AVG_POOL_OPTIONS, avgPoolSpec, globalAvgPoolSpec, MAX_POOL_OPTIONS, maxPoolSpec } from "./pooling.ts";
import { FOLD_OPTIONS, foldSpec, type Pads, padSpec, UNFOLD_OPTIONS, unfoldSpec } from "./rearrange.ts";
import type { LayerKind } from "./windows.ts";

/** How a layer is described from its shapes and options. */
export interface LayerDescription {
  /** Whether it has a weight. */
  readonly weighted: boolean;
  /** The names of its options. */
  readonly options: readonly string[];
  /** Makes the spec; checks what it is given. */
  describe(input: Shape, weight: Shape, options: object): LayerSpec;
}

/** Every layer that has a spec, by name. */
export const LAYERS: ReadonlyMap<string, LayerDescription> = new Map<string, LayerDescription>([
  ...[1, 2, 3].flatMap((spatial) => [
    weighted({ name: `conv${spatial}d`, spatial }, CONV_OPTIONS, describeConv),
    weighted({ name: `convTranspose${spatial}d`, spatial }, CONV_TRANSPOSE_OPTIONS, describeConvTranspose),
    unweighted(`maxPool${spatial}d`, MAX_POOL_OPTIONS, (input, options) =>
      maxPoolSpec(input, spatial, options as never),
    ),
    unweighted(`avgPool${spatial}d`, AVG_POOL_OPTIONS, (input, options) =>
      avgPoolSpec(input, spatial, options as never),
    ),
  ]),
  weighted(LINEAR, Object.keys(EPILOGUE_OPTIONS), describeLinear),
  unweighted("batchNorm", [], batchNormSpec),
  unweighted("globalAvgPool", [], globalAvgPoolSpec),
  unweighted("unfold", UNFOLD_OPTIONS, unfoldSpec),
  unweighted("fold", FOLD_OPTIONS, foldSpec),
  unweighted("pad", ["pads", "value"], padWith),
]);

function weighted(
  kind: LayerKind,
  options: readonly string[],
  describe: (kind: LayerKind, input: Shape, weight: Shape, options: object) => LayerSpec,
): [string, LayerDescription] {
  return [kind.name, { weighted: true, options, describe: (...given) => describe(kind, ...given) }];
}

function unweighted(
  name: string,
  options: readonly string[],
  describe: (input: Shape, options: never) => LayerSpec,
): [string, LayerDescription] {
  return [name, { weighted: false, options, describe: (input, _, given) => describe(input, given as never) }];
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
