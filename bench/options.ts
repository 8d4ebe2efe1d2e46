/** The command line of the benchmark, and how much effort each of its ways of running takes. */
import { parseArgs } from "node:util";
import type { Contender } from "./contenders/contender.ts";
import { OURS, PEERS } from "./contenders/list.ts";
import type { Effort } from "./run-workload.ts";

export interface BenchOptions {
  readonly contenders: readonly Contender[];
  readonly tiny: boolean;
  /** A workload runs if its name holds one of these; all run if there are none. */
  readonly only: readonly string[];
  readonly effort: Effort;
  /** Whether only the report of the results that are kept is wanted. */
  readonly report: boolean;
  /** Whether the results are kept: those of a run of everything. */
  readonly keep: boolean;
}

export const USAGE = `npm run bench -- [options]

  --peers             all libraries of bench/package.json, too (npm run bench:peers)
  --contenders A,B    these alone; the plain loops, which results are checked against, always run
  --only TEXT         workloads whose names hold the text; may be repeated
  --tiny              tiny sizes and no time to warm up: whether everything runs, not how fast
  --quick             fewer rounds
  --report            measures nothing: prints and draws what the last whole run with peers kept
  --help              this text`;

/** Measured figures settle in this time; with fewer contenders, a whole run takes under three minutes. */
const EFFORTS = {
  peers: { warm: 300, rounds: 9, slice: 60, enough: 3000 },
  ours: { warm: 120, rounds: 5, slice: 40, enough: 400 },
  tiny: { warm: 1, rounds: 2, slice: 1, enough: 0 },
} as const satisfies Record<string, Effort>;

/** Undefined where the help text is asked for. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peers: { type: "boolean", default: false },
      contenders: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      tiny: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { tiny, only, report, peers } = values;
  const contenders = chooseContenders(values.contenders, peers);
  const effort = tiny ? EFFORTS.tiny : peers && !values.quick ? EFFORTS.peers : EFFORTS.ours;
  const keep = peers && !tiny && only.length === 0 && values.contenders === undefined;
  return { contenders, tiny, only, effort, report, keep };
}

/** The plain loops come first: they say what is expected. */
function chooseContenders(names: string | undefined, peers: boolean): readonly Contender[] {
  if (names === undefined) return peers ? [...OURS, ...PEERS] : OURS;
  const all = [...OURS, ...PEERS];
  const wanted = names.split(",").map((name) => name.trim());
  const unknown = wanted.filter((name) => !all.some((contender) => contender.name === name));
  if (unknown.length > 0) {
    const known = all.map(({ name }) => name).join(", ");
    throw new Error(`no contender is called ${unknown.join(", ")}; there are: ${known}`);
  }
  return all.filter(({ name, kind }) => kind === "plain" || wanted.includes(name));
}
