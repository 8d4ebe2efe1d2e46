/**
 * The differential fuzz, as a program:
 *
 *     npm run fuzz -- --cases 10000 --seed 1
 *
 * Random contractions, layers, graphs and gradients are computed in every way there is, and compared bit for bit with
 * plain loops that share nothing with `src`. Operands hold small integers, so that every order of summation gives the
 * same; NaN, infinities, -0 and integers that wrap come where one order is prescribed or none matters.
 *
 *     --cases N        how many cases; 1,000 by default
 *     --seed S         what they are made from; 1 by default
 *     --from A --to B  the cases A to B - 1 instead, so that several processes share a run
 *     --case I         one case again: that number printed with a failure
 *     --kind K         only the cases of a kind
 *     --most F         stops after so many failures; 20 by default
 *
 * A case depends on the seed and its number alone. A failure prints both, and a program that shows it, made smaller where
 * that is cheap. At the end stands a table: cases, results compared, refusals by their codes, known faults. A refusal is a
 * failure unless its code is listed beside the way, with the reason; so is an error of any other class.
 */
import { parseArgs } from "node:util";
import { describeFailed, KINDS, printTally, runCases } from "./run.ts";

const { values } = parseArgs({
  options: {
    cases: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    from: { type: "string" },
    to: { type: "string" },
    case: { type: "string" },
    kind: { type: "string" },
    most: { type: "string", default: "20" },
  },
});

function integerOf(name: string, text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} ${text}: not a count`);
  return value;
}

const known = KINDS.map(({ name }) => name);
if (values.kind !== undefined && !known.includes(values.kind)) {
  throw new Error(`--kind ${values.kind}: there are ${known.join(", ")}`);
}
const single = values.case === undefined ? undefined : integerOf("case", values.case);
const from = single ?? (values.from === undefined ? 0 : integerOf("from", values.from));
const to =
  single === undefined
    ? values.to === undefined
      ? from + integerOf("cases", values.cases)
      : integerOf("to", values.to)
    : single + 1;
const most = integerOf("most", values.most);

let shown = 0;
const started = performance.now();
const before = process.cpuUsage();
const tally = await runCases({ seed: integerOf("seed", values.seed), from, to, kind: values.kind }, (failed) => {
  console.log(`${describeFailed(failed)}\n`);
  if (++shown < most) return;
  console.log(`${shown} failures: stopped`);
  process.exit(1);
});
const seconds = (performance.now() - started) / 1000;
console.log(printTally(tally));
const { user, system } = process.cpuUsage(before);
const processor = (user + system) / 1e6;
console.log(`${seconds.toFixed(1)} s, of which the processor worked ${processor.toFixed(1)} s`);
process.exitCode = tally.failures.length > 0 ? 1 : 0;
