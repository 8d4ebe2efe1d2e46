/** Results as Markdown: tables to paste, then what took no part or failed, then how noisy the machine was. */
import { fastest, fractionOfPeak, NO_WAY, type Cell, type FirstUseRow, type Results, type Row } from "../results.ts";
import { median } from "../measure.ts";
import { percent, printTable, significant } from "./table.ts";

const isJit = ({ contender }: Cell): boolean => contender === "einsmith";
const isModule = ({ contender }: Cell): boolean => contender === "einsmith module";
const isPlain = ({ kind }: Cell): boolean => kind === "plain";
const isScript = ({ kind }: Cell): boolean => kind === "javascript";
const isWasm = ({ kind }: Cell): boolean => kind === "wasm";

export function printReport(results: Results): string {
  const { rows } = results;
  const inTable = (table: Row["table"]): readonly Row[] => rows.filter((row) => row.table === table);
  const sections = [
    section("Against other libraries, float32, ms a call", printPeers(results)),
    section("Einsums in float64, ms a call", table(inTable("float64"), results)),
    section("Matrix products from small to large, ms a call", table(inTable("sweep"), results)),
    section("Products of transposed matrices, float64, ms a call", table(inTable("layouts"), results)),
    section("First call / calls until they run at full speed, ms", ramps(results)),
    section("First use of a new shape, ms", printFirstUses(results)),
    section("Who took part", participants(results)),
    section("Failures", failures(results)),
    section("Noise", printNoise(results)),
  ];
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`;
}

function section(title: string, body: string): string {
  return body === "" ? "" : `## ${title}\n\n${body}`;
}

/** The workloads that users pick libraries for. */
export function printPeers(results: Results): string {
  return table(
    results.rows.filter((row) => row.table === "peers"),
    results,
  );
}

interface Column {
  readonly title: string;
  readonly cell: (row: Row) => string;
}

/** Columns without a single figure are left out. */
function table(rows: readonly Row[], { contenders }: Results): string {
  if (rows.length === 0) return "";
  const kinds = new Set(contenders.filter(({ absent }) => absent === undefined).map(({ kind }) => kind));
  const columns: Column[] = [
    { title: "workload", cell: ({ name }) => name },
    { title: "plain loops", cell: (row) => time(fastest(row, isPlain)) },
    { title: "einsmith", cell: (row) => time(fastest(row, isJit)) },
    { title: "its module", cell: (row) => time(fastest(row, isModule)) },
    { title: "of the peak", cell: peakCell },
    { title: "x plain loops", cell: (row) => times(fastest(row, isPlain), fastest(row, isOurs)) },
  ];
  if (kinds.has("javascript")) {
    columns.push({ title: "best JavaScript library", cell: (row) => named(fastest(row, isScript)) });
  }
  if (kinds.has("wasm")) {
    const given = (cell: Cell): boolean => isWasm(cell) && cell.asGiven;
    columns.push({ title: "best WebAssembly library, as given", cell: (row) => named(fastest(row, given)) });
    columns.push({ title: "best WebAssembly library, any way", cell: (row) => named(fastest(row, isWasm)) });
  }
  return layOut(columns, rows);
}

function layOut(columns: readonly Column[], rows: readonly Row[]): string {
  return printTable(
    columns.map(({ title }) => title),
    rows.map((row) => columns.map(({ cell }) => cell(row))),
  );
}

const isOurs = ({ kind }: Cell): boolean => kind === "einsmith";

/** The fraction of the better of our two forms, with the goal where it is missed. */
function peakCell(row: Row): string {
  const best = fastest(row, isOurs);
  const fraction = best && fractionOfPeak(row, best);
  if (fraction === undefined) return "";
  const missed = row.goal !== undefined && fraction < row.goal;
  return missed ? `${fraction.toFixed(2)} (goal ${row.goal})` : fraction.toFixed(2);
}

function time(cell: Cell | undefined): string {
  return cell?.time === undefined ? "" : significant(cell.time);
}

function named(cell: Cell | undefined, print = time): string {
  return cell ? `${print(cell)} (${cell.contender})` : "";
}

function times(slow: Cell | undefined, fast: Cell | undefined): string {
  return slow?.time === undefined || fast?.time === undefined ? "" : significant(slow.time / fast.time);
}

/** Of every row: the first call, and how long calls took together before they ran at full speed. */
function ramps({ rows, contenders }: Results): string {
  const kinds = new Set(contenders.filter(({ absent }) => absent === undefined).map(({ kind }) => kind));
  const columns: Column[] = [
    { title: "workload", cell: ({ name }) => name },
    { title: "plain loops", cell: (row) => ramp(fastest(row, isPlain)) },
    { title: "einsmith", cell: (row) => ramp(fastest(row, isJit)) },
    { title: "its module", cell: (row) => ramp(fastest(row, isModule)) },
  ];
  const add = (title: string, wanted: (cell: Cell) => boolean): void => {
    columns.push({ title, cell: (row) => named(fastest(row, wanted), ramp) });
  };
  if (kinds.has("javascript")) add("best JavaScript library", isScript);
  if (kinds.has("wasm")) add("best WebAssembly library, any way", isWasm);
  return layOut(columns, rows);
}

function ramp(cell: Cell | undefined): string {
  if (cell?.first === undefined) return "";
  const { first, toFullSpeed, watched = 0 } = cell;
  return `${significant(first)} / ${toFullSpeed === undefined ? `> ${significant(watched)}` : significant(toFullSpeed)}`;
}

/** One line for each workload and contender: from the call to its result, then the second call and the hundredth. */
export function printFirstUses({ firstUses }: Results): string {
  const able = firstUses.filter((row) => !("failure" in row && row.failure === NO_WAY));
  if (able.length === 0) return "";
  const names = [...new Set(able.map(({ name }) => name))];
  const lines = names.flatMap((name) => able.filter((row) => row.name === name).map(firstUseLine));
  return printTable(["workload", "contender", "first call", "second", "hundredth"], lines, 2);
}

function firstUseLine(row: FirstUseRow): string[] {
  const figures =
    "failure" in row ? [row.failure, "", ""] : [row.first, row.second, row.hundredth].map((value) => value.toFixed(3));
  return [row.name, row.contender, ...figures];
}

function participants({ contenders, machine }: Results): string {
  const lines = contenders.map(({ name, version, remark, absent }) => {
    const told = [`${name}${version === undefined ? "" : ` ${version}`}`, ...(remark === undefined ? [] : [remark])];
    return `- ${told.join(": ")}${absent === undefined ? "" : `: skipped, ${absent}`}`;
  });
  return [`${machine.processor}, one thread, Node ${machine.node} (V8 ${machine.v8}).`, "", ...lines].join("\n");
}

/** One line for each contender and reason, with the workloads it struck. */
function failures({ rows }: Results): string {
  const struck = new Map<string, string[]>();
  for (const { name, cells } of rows) {
    for (const { contender, label, failure } of cells) {
      if (failure === undefined) continue;
      const reason = `${contender}${label === "" ? "" : `, ${label}`}: ${failure}`;
      struck.set(reason, [...(struck.get(reason) ?? []), name]);
    }
  }
  return [...struck].map(([reason, names]) => `- ${reason} (${names.join("; ")})`).join("\n");
}

export function printNoise({ peak, rows }: Results): string {
  const spreads = rows.flatMap(({ cells }) => cells.flatMap(({ spread }) => (spread === undefined ? [] : [spread])));
  const [low, middle, high] = [peak.low, peak.median, peak.high].map((value) => value.toFixed(1));
  return [
    `Peak of scalar multiply-adds: ${middle} GFLOP/s, between ${low} and ${high} in nine of ten of its`,
    `${peak.samples} measurements. Half of the figures have quartiles less than ${percent(median(spreads))} apart, and`,
    `${percent(spreads.filter((spread) => spread > 0.15).length / spreads.length)} of them more than 15 %.`,
  ].join("\n");
}
