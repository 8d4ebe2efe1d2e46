/**
 * The fields of a kernel in the manifest: how each is read from its JSON, and what the schema says of it.
 *
 * Invariant: what a reader returns has the type the field promises; anything else was an error with its place. What
 * the values mean (that shapes fit the spec, say) is the compiler's to judge.
 */
import type { CompileOptions } from "../compile.ts";
import { COMBINATIONS, REDUCTIONS } from "../ir/contraction.ts";
import { DTYPE_NAMES } from "../ir/dtype.ts";
import { OPTIMIZER_NAMES, type OptimizerName } from "../path/choose.ts";
import { OBJECTIVE_NAMES, type LinearPath } from "../path/path.ts";
import * as messages from "../support/messages/manifest.ts";
import {
  described,
  either,
  identifier,
  integer,
  integersByName,
  kernelName,
  listOf,
  number,
  oneOf,
  orNull,
  readFields,
  recordOf,
  size,
  text,
  type Readers,
} from "./json-readers.ts";
import { placeOf, type JsonNode, type JsonSource } from "./json-tree.ts";

/** The options of `compile` that a manifest has not, or writes otherwise. */
type NotInJson = "evaluate" | "onPass" | "onProgress" | "strides" | "target";

/** A kernel as the manifest's JSON gives it: the options of `compile`, and what is said of the file. */
export interface KernelEntry extends Omit<CompileOptions, NotInJson> {
  /** Names the function and its file. */
  readonly name: string;
  /** The einsum. */
  readonly spec: string;
  /** What it is for, in the kernel's doc comment. */
  readonly description?: string;
  /** null: row-major. */
  readonly strides?: readonly (readonly (number | string)[] | null)[];
  readonly offsets?: readonly number[];
  /** The contraction order: an optimizer's name or a linear path. */
  readonly optimize?: OptimizerName | LinearPath;
  /** Operands, by name: the gradient by each is a kernel, too, called as this one with `GradX` behind it for `x`. */
  readonly gradients?: readonly string[];
}

/** The kernel of a gradient, as an entry of the manifest asks for it. */
export interface GradientEntry extends Omit<KernelEntry, "gradients"> {
  /** The operand that it is the gradient by. */
  readonly gradientBy: string;
}

/** The kernels that an entry stands for: its own, and one a gradient. */
export function kernelsOf({ gradients = [], ...entry }: KernelEntry): (KernelEntry | GradientEntry)[] {
  return withGradients(entry, gradients);
}

/** An entry, and its gradients by some operands. */
export function withGradients<Entry extends { readonly name: string }>(
  entry: Entry,
  gradients: readonly string[],
): (Entry | (Entry & { readonly gradientBy: string }))[] {
  const gradientBy = (operand: string): Entry & { readonly gradientBy: string } => ({
    ...entry,
    name: `${entry.name}Grad${operand.charAt(0).toUpperCase()}${operand.slice(1)}`,
    description: `The gradient of \`${entry.name}\` by \`${operand}\`.`,
    gradientBy: operand,
  });
  return [entry, ...gradients.map(gradientBy)];
}

const weights = recordOf("an object of weights", number);
const path = listOf("a path: a list of steps", listOf("a step: a list of positions", size));
const symbolicShape = listOf("a shape: a list of sizes", either("string", text, size));
const strides = listOf("a list of strides", either("string", text, integer));

export const KERNEL_FIELDS: Readers<KernelEntry> = {
  name: described("Names the function and its file.", kernelName),
  spec: described("The einsum: 'ij,jk->ik', or with names: 'b i (2*x + k), o i k -> b o x'.", text),
  shapes: described(
    "One shape an operand; a name is a size left to run time.",
    listOf("a list of shapes, one an operand", symbolicShape),
  ),
  description: described("What it is for, in the comment of the kernel.", text),
  operands: described("Names of the operands.", listOf("a list of names, one an operand", identifier)),
  params: described("Values of the parameters of the spec.", integersByName),
  sizes: described("Sizes of indices that the operands do not tell.", recordOf("an object of sizes", size)),
  outputShape: described(
    "Shape of the result, where the spec leaves a choice.",
    listOf("a shape: a list of sizes", orNull(size)),
  ),
  dtype: described("Dtype of all operands.", oneOf(DTYPE_NAMES)),
  dtypes: described("Dtypes, one an operand.", listOf("a list of dtypes, one an operand", oneOf(DTYPE_NAMES))),
  strides: described(
    "Strides, one list an operand, in elements; null: row-major.",
    listOf("a list of strides, one list an operand", orNull(strides)),
  ),
  offsets: described(
    "Addresses of first elements, one an operand, in elements.",
    listOf("a list of offsets, one an operand", size),
  ),
  notation: described("How names are told apart.", oneOf(["compact", "named"])),
  reduce: described("How elements under one output element become one.", oneOf(REDUCTIONS)),
  combine: described("How the operands' elements become one.", oneOf(COMBINATIONS)),
  optimize: described(
    "The contraction order: an optimizer's name, or a path.",
    either("array", path, oneOf(OPTIMIZER_NAMES)),
  ),
  memoryLimit: described("The most elements that an intermediate may have.", size),
  minimize: described("What the order is to have little of.", either("object", weights, oneOf(OBJECTIVE_NAMES))),
  seed: described("Decides every random choice of the search.", integer),
  maxTime: described("Seconds of the search; modules may then differ from run to run.", number),
  unroll: described("How many values of an index one pass does.", integersByName),
  tile: described("How many values of an index one tile holds.", integersByName),
  order: described("The order of the loops of some indices, outermost first.", listOf("a list of indices", text)),
  stage: described("Which operands are copied into scratch.", listOf("a list of names of operands", text)),
  gradients: described(
    "Operands: the gradient by each is a module, too.",
    listOf("a list of names of operands", identifier),
  ),
};

export const KERNEL_NEEDS = ["name", "spec", "shapes"];

/** Reads one kernel; `name` is the node of its name, for messages of later stages. */
export function readKernelEntry(source: JsonSource, node: JsonNode): { entry: KernelEntry; name: JsonNode } {
  const object = { what: "a kernel: an object", owner: "the kernel", needed: KERNEL_NEEDS };
  const { read, fields } = readFields(source, node, KERNEL_FIELDS, object);
  const both = fields.has("dtype") && fields.get("dtypes");
  if (both) throw messages.manifestConflict(placeOf(source, both.key), "dtype", "dtypes");
  return { entry: read as KernelEntry, name: fields.get("name")?.value ?? node };
}
