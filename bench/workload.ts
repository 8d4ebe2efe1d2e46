/**
 * What a workload is: one computation, told in every way a contender may need it told. A plain object, so that it
 * crosses the border between processes; the operands are made anew, and equal, in each.
 */
export type Dtype = "float32" | "float64";
export type Floats = Float32Array | Float64Array;

/** What is computed, in the words of libraries without index expressions. */
export type Operation =
  | { readonly kind: "einsum" }
  | { readonly kind: "convolution"; readonly window: Window; readonly depthwise: boolean }
  | { readonly kind: "pool"; readonly window: Window; readonly reduce: "max" | "mean" };

/** How windows lie: the same along every spatial axis. */
export interface Window {
  readonly size: number;
  readonly stride: number;
  readonly padding: number;
  readonly dilation: number;
}

/** Which table of the report a workload belongs to. */
export type Table = "peers" | "sweep" | "layouts" | "float64";

export interface Workload {
  /** Unique among all workloads. */
  readonly name: string;
  readonly table: Table;
  /** The spec as einsmith takes it; NumPy's own notation where the operation is an einsum. */
  readonly spec: string;
  readonly operation: Operation;
  readonly dtype: Dtype;
  readonly shapes: readonly (readonly number[])[];
  readonly outputShape: readonly number[];
  /** Sizes that no operand tells: those of a pool's window. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Values without pattern, or so few different ones that neighbours are often equal. */
  readonly values: "random" | "ties";
  /** The fraction of the peak to reach, where one was set. */
  readonly goal?: number;
}

/** The operands of a workload: the same values in every process. */
export function operandsOf({ shapes, dtype, values }: Pick<Workload, "shapes" | "dtype" | "values">): Floats[] {
  return shapes.map((shape, operand) => {
    const array = allocate(dtype, countOf(shape));
    for (let at = 0; at < array.length; at++) {
      const random = hash(at + 0x9e3779b9 * (operand + 1)) / 2 ** 32;
      array[at] = values === "ties" ? Math.floor(random * 3) : random - 0.5;
    }
    return array;
  });
}

export function allocate(dtype: Dtype, length: number): Floats {
  return dtype === "float32" ? new Float32Array(length) : new Float64Array(length);
}

export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** How many products an einsum has where nothing is ordered or shared: the values of all its indices together. */
export function countPoints({ spec, shapes }: Workload): number {
  const terms = spec.split("->")[0]?.split(",") ?? [];
  const sizes = new Map(terms.flatMap((term, at) => [...term].map((index, axis) => [index, shapes[at]?.[axis] ?? 1])));
  return countOf([...sizes.values()]);
}

/** The finaliser of a 32-bit hash: neighbours have nothing in common. */
function hash(value: number): number {
  let mixed = value | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
