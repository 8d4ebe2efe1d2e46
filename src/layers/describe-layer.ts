/**
 * Layers by their names, as manifests list them: `conv2d` with the shapes of its input and its weight, and its options.
 *
 * Invariant: the options of a layer are those of its function, with flags in the place of arrays.
 */
import { batchNormSpec } from "./batch-norm.ts";
import { CONV, CONV_TRANSPOSE, LINEAR } from "./convolution.ts";
import type { LayerSpec, Shape } from "./layer-spec.ts";
import { AVG_POOL, globalAvgPoolSpec, MAX_POOL } from "./pooling.ts";
import { FOLD_OPTIONS, foldSpec, type Pads, padSpec, UNFOLD_OPTIONS, unfoldSpec } from "./rearrange.ts";
import type { WeightedFamily } from "./run-layer.ts";
import { layerKind } from "./windows.ts";

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
    weighted(CONV, spatial),
    weighted(CONV_TRANSPOSE, spatial),
    ...[MAX_POOL, AVG_POOL].map(({ name, options, describe }) => {
      const kind = layerKind(name, spatial);
      return unweighted(kind.name, options, (input, given) => describe(kind, input, given).layer);
    }),
  ]),
  weighted(LINEAR, 0),
  unweighted("batchNorm", [], batchNormSpec),
  unweighted("globalAvgPool", [], globalAvgPoolSpec),
  unweighted("unfold", UNFOLD_OPTIONS, unfoldSpec),
  unweighted("fold", FOLD_OPTIONS, foldSpec),
  unweighted("pad", ["pads", "value"], padWith),
]);

function weighted({ name, options, describe }: WeightedFamily, spatial: number): [string, LayerDescription] {
  const kind = layerKind(name, spatial);
  const describeKind = (...[input, weight, given]: Parameters<LayerDescription["describe"]>): LayerSpec =>
    describe(kind, input, weight, given as never);
  return [kind.name, { weighted: true, options, describe: describeKind }];
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
