/** The command line of the benchmark, and how much effort each of its ways of running takes. */
import { fileURLToPath } from "node:url";
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
  /** Whether first uses of new shapes are measured, too: not if workloads were picked. */
  readonly firstUse: "tiny" | "whole" | undefined;
  /** The commit whose build today's is compared with, instead of contenders. */
  readonly against: string | undefined;
  /** Whether only the report of the results that are kept is wanted. */
  readonly report: boolean;
  /** The page that their figures are put into, too. */
  readonly page: string | undefined;
  /** Where results are kept and read; undefined for a run whose results are only printed. */
  readonly file: string | undefined;
}

export const USAGE = `npm run bench -- [options]

  --peers             all libraries of bench/package.json, too (npm run bench:peers)
  --against COMMIT    today's build beside that of a commit, in turns: kernels, calls, layers, gradients; keeps
                      bench/results/against.json and .md after a run of everything
  --contenders A,B    these alone; the plain loops, which results are checked against, always run
  --only TEXT         workloads whose names hold the text; may be repeated
  --tiny              tiny sizes and no time to warm up: whether everything runs, not how fast
  --quick             fewer rounds
  --json FILE         keeps the results, tables and pictures here; bench/results/peers.json by default, where a run
                      of everything with --peers is kept
  --report            measures nothing: prints and draws the results that were kept
  --page              the same, and puts them into docs/benchmark.md
  --help              this text`;

/** Measured figures settle in this time; with fewer contenders, a whole run takes under three minutes. */
const EFFORTS = {
  peers: { library: 100, warm: 250, rounds: 7, slice: 30, enough: 600 },
  ours: { library: 100, warm: 200, rounds: 5, slice: 25, enough: 200 },
  against: { library: 0, warm: 100, rounds: 9, slice: 20, enough: 2000 },
  quick: { library: 0, warm: 50, rounds: 3, slice: 10, enough: 500 },
  tiny: { library: 1, warm: 1, rounds: 2, slice: 1, enough: 0 },
} as const satisfies Record<string, Effort>;

const AGAINST_FILE = fileURLToPath(new URL("results/against.json", import.meta.url));

const DEFAULT_FILE = fileURLToPath(new URL("results/peers.json", import.meta.url));

const PAGE = fileURLToPath(new URL("../docs/benchmark.md", import.meta.url));

/** Undefined where the help text is asked for. */
export function parseOptions(args: readonly string[]): BenchOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      peers: { type: "boolean", default: false },
      against: { type: "string" },
      contenders: { type: "string" },
      only: { type: "string", multiple: true, default: [] },
      tiny: { type: "boolean", default: false },
      json: { type: "string" },
      quick: { type: "boolean", default: false },
      report: { type: "boolean", default: false },
      page: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const { tiny, only, peers } = values;
  const report = values.report || values.page;
  if (values.against !== undefined) return readAgainst(values.against, values);
  const contenders = chooseContenders(values.contenders, peers);
  const effort = tiny ? EFFORTS.tiny : peers && !values.quick ? EFFORTS.peers : EFFORTS.ours;
  const firstUse = only.length > 0 ? undefined : tiny ? "tiny" : "whole";
  const whole = peers && !tiny && !values.quick && only.length === 0 && values.contenders === undefined;
  const file = values.json ?? (whole || report ? DEFAULT_FILE : undefined);
  const page = values.page ? PAGE : undefined;
  return { contenders, tiny, only, effort, firstUse, against: undefined, report, page, file };
}

/** What a run against a commit cannot have beside it. */
const ALONE = ["peers", "contenders", "report", "page"] as const;

interface AgainstValues extends Partial<Record<(typeof ALONE)[number], boolean | string>> {
  readonly tiny: boolean;
  readonly quick: boolean;
  readonly only: readonly string[];
  readonly json?: string;
}

function readAgainst(commit: string, values: AgainstValues): BenchOptions {
  if (commit.trim() === "") throw new Error("--against takes a commit: its hash, a branch or a tag");
  const excluded = ALONE.filter((name) => values[name] !== undefined && values[name] !== false);
  if (excluded.length > 0) {
    throw new Error(
      `--against compares builds of einsmith: leave out ${excluded.map((name) => `--${name}`).join(", ")}`,
    );
  }
  const { tiny, quick, only, json } = values;
  const whole = !tiny && !quick && only.length === 0;
  const effort = tiny ? EFFORTS.tiny : quick ? EFFORTS.quick : EFFORTS.against;
  const file = json ?? (whole ? AGAINST_FILE : undefined);
  return {
    contenders: [],
    tiny,
    only,
    effort,
    firstUse: undefined,
    against: commit,
    report: false,
    page: undefined,
    file,
  };
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
