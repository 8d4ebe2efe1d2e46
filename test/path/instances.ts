/**
 * Contraction-ordering problems that others have published figures for: `instances/paths.jsonl`, one a line. Terms are
 * names between spaces, and any text is a name.
 *
 * Figures are logarithms to base 10: of flops as opt_einsum 3.3 counts them, by its strategies (`optimum` is that of its
 * exact ones, `best` of the best of all); `multiplications` are the best known of a search of 8 seconds or less, with
 * cotengra on one core; `published` are the multiplications of the best optimizer in TensorBFS'
 * OMEinsumContractionOrdersBenchmark.
 */
import { readFileSync } from "node:fs";
import type { PathProblem } from "../../src/path/path.ts";

export interface PathFigures {
  readonly optimum?: number;
  readonly dp?: number;
  readonly autoHq?: number;
  readonly randomGreedy?: number;
  readonly greedy: number;
  readonly best?: number;
  readonly multiplications?: number;
  readonly published?: number;
}

export interface PathInstance {
  readonly name: string;
  readonly problem: PathProblem;
  readonly figures: PathFigures;
}

/** Reads all instances. */
export function pathInstances(): PathInstance[] {
  const file = readFileSync(new URL("instances/paths.jsonl", import.meta.url), "utf8");
  return file.trim().split("\n").map(readInstance);
}

function readInstance(line: string): PathInstance {
  const { name, spec, sizes, figures } = JSON.parse(line) as {
    name: string;
    spec: string;
    sizes: number | Record<string, number>;
    figures: PathFigures;
  };
  const namesOf = (text: string): string[] => text.split(" ").filter((part) => part !== "");
  const [inputs = "", output = ""] = spec.split("->");
  const terms = inputs.split(",").map(namesOf);
  const names = new Set([...namesOf(output), ...terms.flat()]);
  const sizeOf = (index: string): number => (typeof sizes === "number" ? sizes : (sizes[index] ?? 1));
  return {
    name,
    problem: {
      inputs: terms.map((term) => new Set(term)),
      output: new Set(namesOf(output)),
      sizes: new Map([...names].map((index) => [index, sizeOf(index)])),
    },
    figures,
  };
}
