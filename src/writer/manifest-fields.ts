/**
 * The fields of a kernel in the manifest and how each is read from its JSON.
 *
 * Invariant: what a reader returns has the type the field promises; anything else was an error with its place. What
 * the values mean (that shapes fit the spec, say) is the compiler's to judge.
 */
import { COMBINATIONS, REDUCTIONS, type Combination, type Reduction } from "../ir/contraction.ts";
import { DTYPE_NAMES, type Dtype } from "../ir/dtype.ts";
import { OPTIMIZER_NAMES, type Optimize } from "../path/choose.ts";
import { OBJECTIVE_NAMES, type Minimize } from "../path/path.ts";
import * as messages from "../support/messages/manifest.ts";
import {
  integer,
  integerOrSymbol,
  integersByName,
  kernelName,
  listOf,
  nameThat,
  number,
  oneOf,
  orNull,
  recordOf,
  size,
  sizeOrSymbol,
  text,
  wrongType,
  type Reader,
} from "./json-readers.ts";
import { fieldsOf, placeOf, type JsonNode, type JsonSource } from "./json-tree.ts";
import { problemOfIdentifier } from "./kernel-name.ts";

/** A kernel as the manifest's JSON gives it. Shapes, strides and offsets are in elements, one entry an operand. */
export interface KernelEntry {
  /** Names the function and its file. */
  readonly name: string;
  /** The einsum. */
  readonly spec: string;
  readonly shapes: readonly (readonly (number | string)[])[];
  /** What it is for, in the kernel's doc comment. */
  readonly description?: string;
  /** Names the parameters. */
  readonly operands?: readonly string[];
  readonly params?: Readonly<Record<string, number>>;
  readonly sizes?: Readonly<Record<string, number>>;
  /** null leaves an axis to inference. */
  readonly outputShape?: readonly (number | null)[];
  readonly dtype?: Dtype;
  readonly dtypes?: readonly Dtype[];
  /** null: row-major. */
  readonly strides?: readonly (readonly (number | string)[] | null)[];
  readonly offsets?: readonly number[];
  readonly notation?: "compact" | "named";
  readonly reduce?: Reduction;
  readonly combine?: Combination;
  /** The contraction order: an optimizer's name or a linear path. */
  readonly optimize?: Optimize;
  /** The most elements that an intermediate may have. */
  readonly memoryLimit?: number;
  /** What the order is to have little of: "flops", "size", "write", "peak", or weights of flops and write. */
  readonly minimize?: Minimize;
  /** Decides every random choice of the search for an order. */
  readonly seed?: number;
  /** Seconds of that search. What is found may then differ from run to run, and the module with it. */
  readonly maxTime?: number;
  /** Fixes how many passes of an index's loop are written side by side. */
  readonly unroll?: Readonly<Record<string, number>>;
  /** Fixes the tile size of an index. */
  readonly tile?: Readonly<Record<string, number>>;
  /** Fixes the order of the loops of some indices, outermost first. */
  readonly order?: readonly string[];
  /** Fixes which operands are copied into scratch, and whether rows of the output are summed there. */
  readonly stage?: readonly string[];
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

const optimizer = oneOf(OPTIMIZER_NAMES);
const objective = oneOf(OBJECTIVE_NAMES);
const weights = recordOf("an object of weights", number);
const path = listOf("a path: a list of steps", listOf("a step: a list of positions", size));

const READERS: { readonly [Field in keyof KernelEntry]-?: Reader<NonNullable<KernelEntry[Field]>> } = {
  name: kernelName,
  spec: text,
  shapes: listOf("a list of shapes, one an operand", listOf("a shape: a list of sizes", sizeOrSymbol)),
  description: text,
  operands: listOf("a list of names, one an operand", nameThat(problemOfIdentifier)),
  params: integersByName,
  sizes: recordOf("an object of sizes", size),
  outputShape: listOf("a shape: a list of sizes", orNull(size)),
  dtype: oneOf(DTYPE_NAMES),
  dtypes: listOf("a list of dtypes, one an operand", oneOf(DTYPE_NAMES)),
  strides: listOf("a list of strides, one list an operand", orNull(listOf("a list of strides", integerOrSymbol))),
  offsets: listOf("a list of offsets, one an operand", size),
  notation: oneOf(["compact", "named"]),
  reduce: oneOf(REDUCTIONS),
  combine: oneOf(COMBINATIONS),
  optimize: (source, node) => (node.type === "array" ? path(source, node) : optimizer(source, node)),
  memoryLimit: size,
  minimize: (source, node) => (node.type === "object" ? weights(source, node) : objective(source, node)),
  seed: integer,
  maxTime: number,
  unroll: integersByName,
  tile: integersByName,
  order: listOf("a list of indices", text),
  stage: listOf("a list of names of operands", text),
  gradients: listOf("a list of names of operands", nameThat(problemOfIdentifier)),
};

export const KERNEL_FIELDS = Object.keys(READERS) as readonly (keyof KernelEntry)[];
const NEEDED = ["name", "spec", "shapes"] as const;

/** Reads one kernel; `name` is the node of its name, for messages of later stages. */
export function readKernelEntry(source: JsonSource, node: JsonNode): { entry: KernelEntry; name: JsonNode } {
  if (node.type !== "object") throw wrongType(source, node, "a kernel: an object");
  const fields = new Map(fieldsOf(source, node).map((field) => [field.name, field]));
  for (const { name, key } of fields.values()) {
    if (!KERNEL_FIELDS.some((field) => field === name))
      throw messages.manifestField(placeOf(source, key), name, KERNEL_FIELDS);
  }
  const missing = NEEDED.find((field) => !fields.has(field));
  if (missing) throw messages.manifestMissingField(placeOf(source, { ...node, length: 1 }), missing, "the kernel");
  const both = fields.has("dtype") && fields.get("dtypes");
  if (both) throw messages.manifestConflict(placeOf(source, both.key), "dtype", "dtypes");
  const read = KERNEL_FIELDS.flatMap((field) => {
    const value = fields.get(field)?.value;
    return value ? [[field, READERS[field](source, value)] as const] : [];
  });
  const name = fields.get("name")?.value ?? node;
  // The table gives each field its type, and those needed are there.
  return { entry: Object.fromEntries(read) as unknown as KernelEntry, name };
}
