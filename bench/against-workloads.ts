/**
 * What two builds are compared in: kernels of `jit` for every workload, calls of `einsum`, layers, gradients, and calls of
 * `compile`. Each row is prepared by either build in the same way, from the same specs and on the same arrays.
 */
import { callOf, compileOptionsOf } from "./contenders/einsmith.ts";
import { listFirstUses } from "./first-use-workloads.ts";
import type { AgainstGroup } from "./results.ts";
import type { Floats, Workload } from "./workload.ts";
import { listConvolutions, listWorkloads } from "./workloads.ts";

/** What a build exports, as far as it has it: a commit may lack some of it. */
export type Library = typeof import("../src/index.ts");
type NdArray = Parameters<Library["conv2d"]>[0];

export interface Comparison {
  /** Unique among all rows. */
  readonly name: string;
  readonly group: AgainstGroup;
  /** What a build must export to take part. */
  readonly needs: readonly (keyof Library)[];
  /** The arrays that both builds are given: operands, and one for the result, where the row has a place for it. */
  readonly operands: Pick<Workload, "shapes" | "dtype" | "values">;
  readonly outputShape?: readonly number[];
  prepare(library: Library, operands: readonly Floats[], out: Floats): Prepared | Promise<Prepared>;
}

/** A row in the hands of one build. */
export interface Prepared {
  /** One call; gives what it computed, if that is to be compared. */
  readonly run: () => Floats | NdArray | readonly NdArray[] | void;
  /** The text of the kernel, in JavaScript, where it is one. */
  readonly source?: string;
}

/** All rows, in the order of the table. */
export function listComparisons(tiny: boolean): Comparison[] {
  const workloads = listWorkloads(tiny);
  const all = [
    ...workloads.map(compareKernels),
    ...workloads.filter(({ name }) => CALLED.has(name)).map(compareCalls),
    ...workloads.filter(({ name }) => DIFFERENTIATED.has(name)).map(compareGradientCalls),
    ...listLayers(tiny).map(compareLayers),
    ...listConvolutions(tiny).flatMap((workload) => [0, 1].map((by) => compareGradients(workload, by))),
    ...listFirstUses(tiny, 0).map(({ name, measured }) => compareCompiling(name, measured)),
  ];
  const names = new Set(all.map(({ name }) => name));
  if (names.size !== all.length) throw new Error("two comparisons have one name");
  return all;
}

function compareKernels(workload: Workload): Comparison {
  const { name, spec, outputShape } = workload;
  return {
    name,
    group: "kernels",
    needs: ["jit"],
    operands: workload,
    outputShape,
    prepare: ({ jit }, operands, out) => {
      const kernel = jit(spec, compileOptionsOf(workload)) as ((...arrays: Floats[]) => Floats) & { source: string };
      return { run: callOf(kernel, operands, out), source: kernel.source };
    },
  };
}

/** The workloads that `einsum` is called with: small ones, of which the call is a part, and some that are not. */
const CALLED = new Set([
  "matmul 2^3, float64",
  "matmul 8^3, float64",
  "matmul 37^3, float32",
  "matmul 64^3",
  "matmul 256^3",
  "batched matmul 64 x 64^3",
  "matrix-vector 1024^2",
  "outer product 1024^2",
  "sum of products 2048^2",
  "four-index transform n 16",
  "conv 3x3 3->8, 2 x 32^2",
]);

function compareCalls(workload: Workload): Comparison {
  return {
    name: `einsum: ${workload.name}`,
    group: "calls",
    needs: ["einsum"],
    operands: workload,
    prepare: ({ einsum }, operands) => {
      const arrays = arraysOf(operands, workload.shapes);
      return { run: () => einsum(workload.spec, ...arrays) };
    },
  };
}

/** The workloads that `einsumGrad` is called with. */
const DIFFERENTIATED = new Set(["matmul 64^3", "chain of four matrices", "conv 3x3 3->8, 2 x 32^2"]);

function compareGradientCalls({ name, spec, shapes, outputShape, ...values }: Workload): Comparison {
  const all = [...shapes, outputShape];
  return {
    name: `einsumGrad: ${name}`,
    group: "calls",
    needs: ["einsumGrad"],
    operands: { ...values, shapes: all },
    prepare: ({ einsumGrad }, given) => {
      const arrays = arraysOf(given, all);
      const operands = arrays.slice(0, -1);
      const cotangent = arrays.at(-1) as NdArray;
      return { run: () => einsumGrad(spec, operands, cotangent) };
    },
  };
}

/** A layer, on float32. */
interface LayerRow {
  readonly name: string;
  readonly needs: readonly (keyof Library)[];
  readonly shapes: readonly (readonly number[])[];
  run(library: Library, arrays: readonly NdArray[]): NdArray;
  /** The layer as `compileLayer` takes it, whose loops are those of `run`, though not its text. */
  spec(library: Library): Parameters<Library["compileLayer"]>[0];
}

function listLayers(tiny: boolean): LayerRow[] {
  const [few, some, many, plane] = tiny ? [2, 3, 4, 8] : [16, 64, 128, 56];
  const input = [1, some, plane, plane];
  const window = [some, some, 3, 3];
  const fused = { padding: 1, activation: "relu" } as const;
  const strided = { stride: 2, padding: 1 } as const;
  const [inside, around] = [[0, 0] as const, [1, 1] as const];
  const border = [inside, inside, around, around];
  const pooled = { kernelSize: 3, stride: 2, padding: 1 } as const;
  return [
    {
      name: `conv2d 3x3 ${some}->${some}, bias, relu`,
      needs: ["conv2d", "convSpec"],
      shapes: [input, window, [some]],
      run: ({ conv2d }, [x, weight, bias]) => conv2d(x!, weight!, { ...fused, bias }),
      spec: ({ convSpec }) => convSpec(input, window, { ...fused, bias: true }),
    },
    {
      name: `conv2d 3x3 ${some}->${some}, bias, residual, relu`,
      needs: ["conv2d", "convSpec"],
      shapes: [input, window, [some], input],
      run: ({ conv2d }, [x, weight, bias, residual]) => conv2d(x!, weight!, { ...fused, bias, residual }),
      spec: ({ convSpec }) => convSpec(input, window, { ...fused, bias: true, residual: true }),
    },
    {
      name: `conv2d 3x3 ${some}->${some}, gelu, on ${few}^2`,
      needs: ["conv2d", "convSpec"],
      shapes: [[1, some, few, few], window],
      run: ({ conv2d }, [x, weight]) => conv2d(x!, weight!, { padding: 1, activation: "gelu" }),
      spec: ({ convSpec }) => convSpec([1, some, few, few], window, { padding: 1, activation: "gelu" }),
    },
    {
      name: `conv2d 3x3/2 ${some}->${many}`,
      needs: ["conv2d", "convSpec"],
      shapes: [input, [many, some, 3, 3]],
      run: ({ conv2d }, [x, weight]) => conv2d(x!, weight!, strided),
      spec: ({ convSpec }) => convSpec(input, [many, some, 3, 3], strided),
    },
    {
      name: `convTranspose2d 3x3/2 ${some}->${few}`,
      needs: ["convTranspose2d", "convTransposeSpec"],
      shapes: [input, [some, few, 3, 3]],
      run: ({ convTranspose2d }, [x, weight]) => convTranspose2d(x!, weight!, strided),
      spec: ({ convTransposeSpec }) => convTransposeSpec(input, [some, few, 3, 3], strided),
    },
    {
      name: `maxPool2d 3x3/2 ${some}`,
      needs: ["maxPool2d", "maxPoolSpec"],
      shapes: [input],
      run: ({ maxPool2d }, [x]) => maxPool2d(x!, pooled),
      spec: ({ maxPoolSpec }) => maxPoolSpec(input, 2, pooled),
    },
    {
      name: `avgPool2d 3x3/2 ${some}`,
      needs: ["avgPool2d", "avgPoolSpec"],
      shapes: [input],
      run: ({ avgPool2d }, [x]) => avgPool2d(x!, pooled),
      spec: ({ avgPoolSpec }) => avgPoolSpec(input, 2, pooled),
    },
    {
      name: `globalAvgPool ${some}`,
      needs: ["globalAvgPool", "globalAvgPoolSpec"],
      shapes: [input],
      run: ({ globalAvgPool }, [x]) => globalAvgPool(x!),
      spec: ({ globalAvgPoolSpec }) => globalAvgPoolSpec(input),
    },
    {
      name: `linear ${many}->${some}, rows of ${many}`,
      needs: ["linear", "linearSpec"],
      shapes: [[many, many], [some, many], [some]],
      run: ({ linear }, [x, weight, bias]) => linear(x!, weight!, { bias }),
      spec: ({ linearSpec }) => linearSpec([many, many], [some, many], { bias: true }),
    },
    {
      name: `pad ${some}`,
      needs: ["pad", "padSpec"],
      shapes: [input],
      run: ({ pad }, [x]) => pad(x!, border),
      spec: ({ padSpec }) => padSpec(input, border),
    },
    {
      name: `unfold 3x3 ${some}`,
      needs: ["unfold", "unfoldSpec"],
      shapes: [input],
      run: ({ unfold }, [x]) => unfold(x!, { kernelSize: 3, padding: 1 }),
      spec: ({ unfoldSpec }) => unfoldSpec(input, { kernelSize: 3, padding: 1 }),
    },
  ];
}

function compareLayers({ name, needs, shapes, run, spec }: LayerRow): Comparison {
  return {
    name,
    group: "layers",
    needs: [...needs, "compileLayer"],
    operands: { shapes, dtype: "float32", values: "random" },
    prepare: (library, operands) => {
      const arrays = arraysOf(operands, shapes);
      const { source } = library.compileLayer(spec(library), { dtype: "float32", target: "javascript" });
      return { run: () => run(library, arrays), source: source.text };
    },
  };
}

/** The kernel of a gradient takes the cotangent in the place of the operand that it differentiates by. */
function compareGradients({ name, spec, dtype, shapes, values, outputShape }: Workload, by: number): Comparison {
  return {
    name: `gradient by ${by === 0 ? "input" : "weight"}: ${name}`,
    group: "gradients",
    needs: ["compileGradient"],
    operands: { dtype, values, shapes: shapes.map((shape, operand) => (operand === by ? outputShape : shape)) },
    outputShape: shapes[by] ?? [],
    prepare: async ({ compileGradient }, operands, out) => {
      const { source } = compileGradient(spec, by, { shapes, dtype, target: "javascript" });
      return { run: callOf(await importText(source.text), operands, out), source: source.text };
    },
  };
}

/** Imports an emitted module; two of one text are two modules, as the second build must not run what the first has. */
async function importText(text: string): Promise<(...arrays: Floats[]) => Floats> {
  const url = `data:text/javascript,${encodeURIComponent(`${text}\n// ${imported++}\n`)}`;
  const { kernel } = (await import(url)) as { kernel: (...arrays: Floats[]) => Floats };
  return kernel;
}

let imported = 0;

/** Calls of `compile`, on one shape after the other. */
function compareCompiling(name: string, workloads: readonly Workload[]): Comparison {
  return {
    name: `compile: ${name}`,
    group: "compiling",
    needs: ["compile"],
    operands: { shapes: [], dtype: "float64", values: "random" },
    prepare: ({ compile }) => {
      const compileAll = (): void => {
        for (const workload of workloads) compile(workload.spec, compileOptionsOf(workload));
      };
      return { run: compileAll };
    },
  };
}

function arraysOf(operands: readonly Floats[], shapes: readonly (readonly number[])[]): NdArray[] {
  return operands.map((data, operand) => ({ data, shape: shapes[operand] ?? [] }));
}
