/**
 * Drafts at random: specs of every kind the language has, over operands of any layout.
 *
 * Invariant: what is made depends on the generator that is handed in alone.
 */
import type { Random } from "../support/random.ts";
import {
  COMBINES,
  REDUCES,
  buildCase,
  type Case,
  type Combine,
  type Draft,
  type DraftAxis,
  type DraftIndex,
  type DraftOperand,
  type Factor,
  type Part,
  type Reduce,
} from "./draft.ts";
import { DTYPES, isFloat, promoteTwo, type Dtype, type Filling } from "./numbers.ts";

const LETTERS = [..."ijklmnabcopxyzABCéßΩλ"];
/** Names that emitted code might trip over are among them. */
const WORDS = "row col b oc kx ky out a acc0 constructor __proto__ Math for i x1 größe i1 aAt toString let n".split(
  " ",
);
const PARAMETERS = ["s", "d", "p", "q"];
const WORD_PARAMETERS = ["stride", "dil", "pad", "s"];

/** What a kind asks of its drafts. */
export interface Wishes {
  readonly dtypes?: readonly Dtype[];
  readonly fillings?: readonly Filling[];
  readonly reduces?: readonly Reduce[];
  readonly combines?: readonly Combine[];
  readonly operands?: readonly number[];
  readonly mostPoints?: number;
}

export interface Drafted {
  readonly draft: Draft;
  readonly given: Case;
}

/** Makes drafts until one is a valid call. */
export function randomDraft(random: Random, wishes: Wishes = {}): Drafted {
  for (;;) {
    const draft = makeDraft(random, wishes);
    const given = buildCase(draft, wishes.mostPoints);
    if (given) return { draft, given };
  }
}

interface Vocabulary {
  readonly random: Random;
  readonly named: boolean;
  readonly indices: readonly DraftIndex[];
  readonly ellipsis: readonly DraftIndex[];
  readonly parameterNames: readonly string[];
  readonly params: Map<string, number>;
}

function makeDraft(random: Random, wishes: Wishes): Draft {
  const named = random.chance(0.4);
  const index = (name: string): DraftIndex => ({ name, size: randomSize(random) });
  const words: Vocabulary = {
    random,
    named,
    indices: random
      .shuffle(named ? WORDS : LETTERS)
      .slice(0, random.pick([1, 2, 2, 3, 3, 4, 4, 5, 6]))
      .map(index),
    ellipsis: ["...0", "...1"].slice(random.pick([0, 1, 2, 2, 2])).map(index),
    parameterNames: named ? WORD_PARAMETERS : PARAMETERS,
    params: new Map(),
  };
  const terms = makeTerms(words, random.pick(wishes.operands ?? [1, 1, 2, 2, 2, 2, 3, 3, 4, 5]));
  const output = makeOutput(words, terms);
  const operators = chooseOperators(random, wishes);
  const operands = makeOperands(random, terms, operators, wishes);
  // A product of sums of floats overflows; where it does first, decides what it is.
  const grows =
    operators.reduce === "prod" &&
    operators.combine === "add" &&
    isFloat(operands.map(({ dtype }) => dtype).reduce(promoteTwo));
  const used = new Set(JSON.stringify([terms, output]).match(/"name":"[^"]*"/g));
  const params = [...words.params].filter(([name]) => used.has(`"name":${JSON.stringify(name)}`));
  return {
    named,
    sayNotation: random.chance(0.15),
    indices: words.indices,
    ellipsis: words.ellipsis,
    params: Object.fromEntries(params),
    operands,
    output,
    given: words.indices.filter(() => random.chance(0.04)).map(({ name }) => name),
    sayShape: random.chance(0.05),
    reduce: operators.reduce,
    combine: grows ? "mul" : operators.combine,
  };
}

function randomSize(random: Random): number {
  if (random.chance(0.03)) return 0;
  if (random.chance(0.12)) return 1;
  return random.chance(0.1) ? random.integer(6, 17) : random.integer(2, 5);
}

function makeTerms(words: Vocabulary, count: number): DraftAxis[][] {
  const { random } = words;
  const plainOnly = random.chance(0.35);
  return Array.from({ length: count }, () => {
    const rank = random.pick([0, 1, 1, 2, 2, 2, 3, 3, 4]);
    const axes = Array.from({ length: rank }, () => makeAxis(words, plainOnly || random.chance(0.4)));
    const covers = words.ellipsis.length > 0 ? random.chance(0.7) : random.chance(0.03);
    if (covers) axes.splice(random.integer(0, rank), 0, makeEllipsis(words));
    return axes;
  });
}

function makeAxis(words: Vocabulary, plainOnly: boolean): DraftAxis {
  const { random, indices, named } = words;
  const kind = plainOnly ? 0 : random.integer(0, 9);
  if (kind <= 4) return { kind: "plain", index: random.pick(indices).name, one: random.chance(0.08) };
  if (kind === 5) return { kind: "unit", text: named && random.chance(0.3) ? "1" : "()" };
  const some = random.shuffle(indices).slice(0, random.integer(1, 3));
  if (kind === 6 && some.length > 1) return { kind: "merged", indices: some.map(({ name }) => name) };
  return makeAffine(words, some, "input");
}

function makeEllipsis({ random, ellipsis }: Vocabulary): DraftAxis {
  const count = random.chance(0.8) ? ellipsis.length : random.integer(0, ellipsis.length);
  return { kind: "ellipsis", count, ones: Array.from({ length: count }, () => random.chance(0.15)) };
}

function makeAffine(words: Vocabulary, indices: readonly DraftIndex[], side: "input" | "output"): DraftAxis {
  const { random } = words;
  const parts: Part[] = indices.map(({ name }) => {
    const sign = random.chance(0.15) ? -1 : 1;
    return { sign, index: name, factors: makeFactors(words, random.pick([1, 1, 1, 1, 2, 2, 3])) };
  });
  // A part of an index may come twice: 2*i + i.
  if (random.chance(0.05)) parts.push({ sign: 1, index: random.pick(indices).name, factors: [] });
  const reversed = parts.flatMap(({ sign, index, factors }) => (sign < 0 && factors.length === 0 ? (index ?? []) : []));
  const [first] = reversed;
  if (first !== undefined && random.chance(0.7)) {
    // |k| - 1 - k: the other way round.
    parts.push(
      { sign: 1, factors: [{ kind: "size", index: first }] },
      { sign: -1, factors: [{ kind: "integer", value: 1 }] },
    );
  } else if (random.chance(0.5)) {
    const value = random.integer(1, 3);
    parts.push({ sign: random.chance(0.75) ? -1 : 1, factors: makeFactors(words, value, true) });
  }
  const declares = random.chance(0.25);
  const loose = side === "input" && random.chance(0.2);
  return {
    kind: "affine",
    parts: random.shuffle(parts),
    ...(declares && { after: random.integer(0, 3) }),
    slack: loose ? random.integer(0, 9) : random.pick([0, 0, 0, 1, 2]),
    loose,
  };
}

/** A positive integer as factors: a number, a parameter, the size of an index, or two of them. */
function makeFactors(words: Vocabulary, value: number, always = false): Factor[] {
  const { random, params, parameterNames } = words;
  if (random.chance(0.04)) return [{ kind: "size", index: random.pick(words.indices).name }];
  if (random.chance(0.25)) {
    const name = random.pick(parameterNames);
    const isFree = !words.indices.some((index) => index.name === name);
    if (isFree && (params.get(name) ?? value) === value) {
      params.set(name, value);
      return [{ kind: "param", name }];
    }
  }
  if (value === 1 && !always && random.chance(0.85)) return [];
  const factors: Factor[] = [{ kind: "integer", value }];
  return random.chance(0.04) ? [...factors, { kind: "integer", value: random.integer(1, 2) }] : factors;
}

function makeOutput(words: Vocabulary, terms: readonly (readonly DraftAxis[])[]): DraftAxis[] | null {
  const { random, ellipsis } = words;
  const axes = terms.flat();
  const counts = axes.flatMap((axis) => (axis.kind === "ellipsis" ? [axis.count] : []));
  const oneLetter = axes.every(
    (axis) => axis.kind === "ellipsis" || (axis.kind === "plain" && [...axis.index].length === 1),
  );
  if (oneLetter && random.chance(0.2)) return null;
  const names = new Set(axes.flatMap((axis) => namesOf(axis)));
  const known = words.indices.filter(({ name }) => names.has(name));
  const keep = random.chance(0.15) ? known.length : random.integer(0, known.length);
  const kept = random.shuffle(known).slice(0, keep);
  if (random.chance(0.05)) kept.push(...words.indices.filter((index) => !known.includes(index)).slice(0, 1));
  const groups: DraftAxis[] = [];
  for (let left = kept; left.length > 0;) {
    const count = random.chance(0.8) ? 1 : Math.min(left.length, random.integer(1, 3));
    const taken = left.slice(0, count);
    left = left.slice(count);
    if (count > 1 && random.chance(0.5)) groups.push({ kind: "merged", indices: taken.map(({ name }) => name) });
    else if (count > 1 || random.chance(0.1)) groups.push(makeAffine(words, taken, "output"));
    else groups.push(...taken.map(({ name }): DraftAxis => ({ kind: "plain", index: name, one: false })));
  }
  if (counts.length > 0 && random.chance(0.75)) {
    const merged = ellipsis.length > 0 && random.chance(0.15) && Math.max(...counts) > 0;
    const whole: DraftAxis = { kind: "ellipsis", count: Math.max(...counts), ones: [], ...(merged && { merged }) };
    groups.splice(random.integer(0, groups.length), 0, whole);
  }
  if (random.chance(0.08)) groups.splice(random.integer(0, groups.length), 0, { kind: "unit", text: "()" });
  if (known.length > 0 && random.chance(0.07)) groups.push(makeAffine(words, [random.pick(known)], "output"));
  return groups;
}

function namesOf(axis: DraftAxis): string[] {
  if (axis.kind === "plain") return [axis.index];
  if (axis.kind === "merged") return [...axis.indices];
  return axis.kind === "affine" ? axis.parts.flatMap(({ index }) => index ?? []) : [];
}

function chooseOperators(random: Random, { reduces, combines }: Wishes): { reduce: Reduce; combine: Combine } {
  return {
    reduce: reduces ? random.pick(reduces) : random.chance(0.55) ? "sum" : random.pick(REDUCES),
    combine: combines ? random.pick(combines) : random.chance(0.6) ? "mul" : random.pick(COMBINES),
  };
}

function makeOperands(
  random: Random,
  terms: readonly (readonly DraftAxis[])[],
  { reduce }: { readonly reduce: Reduce },
  { dtypes, fillings }: Wishes,
): DraftOperand[] {
  const common = dtypes ? random.pick(dtypes) : random.chance(0.4) ? "float64" : random.pick(DTYPES);
  const mixed = random.chance(0.2);
  const own = terms.map(() => (mixed ? random.pick(dtypes ?? DTYPES) : common));
  const isFloating = isFloat(own.reduce(promoteTwo)) || reduce === "mean";
  const usual: Filling = isFloating
    ? random.pick(["small", "small", "small", "sparse", "special"])
    : random.pick(["small", "small", "sparse", "wide"]);
  // A product of many floats is exact where they are ones, and so are their combinations.
  const isProduct = isFloating && reduce === "prod";
  const filling = isProduct ? "ones" : fillings ? random.pick(fillings) : usual;
  return terms.map((axes, at) => ({
    axes,
    dtype: own[at] as Dtype,
    layout: random.chance(0.4) ? "row" : random.chance(0.15) ? "window" : "view",
    filling,
    seed: random.integer(0, 2 ** 31 - 1),
  }));
}
