/** Who runs the network. */
import type { Layer } from "./layers.ts";

export interface Contestant {
  readonly name: string;
  /** Prepares the network for a picture `[1, 3, 224, 224]`; what it returns computes the logits. */
  open(layers: readonly Layer[], picture: Float32Array): Promise<() => Promise<ArrayLike<number>>>;
}
