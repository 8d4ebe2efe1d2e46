/** Messages about sizes: conflicts, what nothing determines, and reads that leave their axis. One function a code. */
import { EinsumError } from "../errors.ts";
import { quote, excerptOf, type SourceText, type Mark, type Span } from "../carets.ts";
import { formatCount, listFew } from "../describe.ts";
import { words } from "../words.ts";

/** A place in a spec or a constraint with its name in words; structurally what `affine/equation.ts` calls a place. */
interface Place {
  readonly span: Span;
  readonly what: string;
  readonly side: "input" | "output";
  readonly operand: number;
}

/** An axis whose size says something of an index. */
interface SizedPlace {
  readonly place: Place;
  readonly axisSize: number | null;
}

/** The elements that an expression names, and those that there are: the axis and the padding declared around it. */
interface Reach {
  readonly min: number;
  readonly max: number;
  readonly axisSize: number;
  readonly before: number;
  readonly after: number;
}

export function emptyOutputAxis(text: SourceText, place: Place, size: number): EinsumError {
  return new EinsumError({
    code: "empty-output-axis",
    summary: `the padding leaves ${place.what} a size of ${size}`,
    ...excerptOf(text, [{ span: place.span, label: place.what }]),
    remedy:
      place.side === "output"
        ? `declare less padding, or give the size you want ${words.within("outputShape")}`
        : "declare less padding, or give larger sizes",
  });
}

export function givenSizeConflict(
  text: SourceText,
  index: string,
  given: number,
  place: Place,
  found: number,
): EinsumError {
  return new EinsumError({
    code: "given-size-conflict",
    summary: `index ${quote(index)} is given size ${given} ${words.within("sizes", index, given)}, but an axis has size ${found}`,
    ...excerptOf(text, [{ span: place.span, label: `${found}, ${place.what}` }]),
    remedy: `leave ${quote(index)} out of ${words.option("sizes")}, or pass an operand of the size given`,
  });
}

/**
 * `times`: how often the unknown index occurs in the composition; `sources`: where the sizes were found, if that is known
 * to help.
 */
export function indivisibleSplit(
  text: SourceText,
  place: Place,
  axisSize: number,
  known: number,
  times: number,
  sources: readonly Mark[],
): EinsumError {
  const power = times === 2 ? "a square" : `a power of ${times}`;
  return new EinsumError({
    code: "indivisible-split",
    summary:
      times === 1
        ? `an axis of size ${axisSize} does not split into parts of ${known}`
        : `an axis of size ${axisSize} is not ${known === 1 ? power : `${known} times ${power}`}`,
    ...excerptOf(text, [{ span: place.span, label: `${axisSize}, ${place.what}` }, ...sources]),
    remedy: `correct the sizes known of this composition, or ${typeof text === "string" ? "pass" : "give"} an axis that they divide`,
  });
}

/** A size found elsewhere against one that `options.outputShape` asks for. */
export function outputSizeConflict(
  text: SourceText,
  index: string,
  known: { readonly size: number; readonly place: Place | undefined },
  asked: { readonly size: number; readonly place: Place },
): EinsumError {
  const { size, place } = known;
  const source = place ? [{ span: place.span, label: `${size}, ${place.what}` }] : [];
  return new EinsumError({
    code: "output-size-conflict",
    summary: `${words.option("outputShape")} asks for ${asked.size} along ${nameOf(text, index, asked.place)}, whose size is ${size}`,
    ...excerptOf(text, [...source, { span: asked.place.span, label: `${asked.size}, ${asked.place.what}` }]),
    remedy: place
      ? `correct ${words.option("outputShape")}, or leave that axis null: only expressions leave a choice`
      : `correct ${words.option("outputShape")} or ${words.option("sizes")}: they must agree`,
  });
}

/** `sources`: where the sizes were found, if that is known to help. */
export function productConflict(
  text: SourceText,
  place: Place,
  axisSize: number,
  indices: readonly string[],
  sizes: ReadonlyMap<string, number>,
  sources: readonly Mark[],
): EinsumError {
  const found = listFew(
    indices.map((index) => String(sizes.get(index))),
    " x ",
    " x ",
  );
  return new EinsumError({
    code: "product-conflict",
    summary: `the sizes ${found} do not multiply to the size of their axis, ${axisSize}`,
    ...excerptOf(text, [{ span: place.span, label: `${axisSize}, ${place.what}` }, ...sources]),
    remedy: `the sizes of ${listFew(indices.map(quote), ", ", " and ")} are fixed elsewhere; one of them or the shape is wrong`,
  });
}

/** An expression whose values pass what integers of doubles hold exactly. */
export function reachTooLarge(text: SourceText, place: Place, min: number, max: number): EinsumError {
  const [sign, furthest] = -min > max ? ["-", -min] : ["", max];
  return new EinsumError({
    code: "reach-too-large",
    summary: `the expression reaches element ${sign}${formatCount(furthest).replace("about ", "")}, beyond 2^53`,
    ...excerptOf(text, [{ span: place.span, label: place.what }]),
    remedy: "use smaller coefficients or sizes",
  });
}

export function readOutside(text: SourceText, place: Place, reach: Reach): EinsumError {
  return new EinsumError({
    code: "read-outside",
    ...outside(text, place, reach, "reads"),
    remedy:
      typeof text === "string"
        ? `declare padding (\`- p\`, or \`- lo : hi\`), or give the size of one of its indices ${words.within("sizes")}`
        : "add a constant, so that it begins at 0, or declare padding (`- p`, or `- lo : hi`)",
  });
}

export function sizeConflict(text: SourceText, index: string, found: readonly [SizedPlace, SizedPlace]): EinsumError {
  const [{ place: first }, { place: second }] = found;
  const one = found.some(({ axisSize }) => axisSize === 1);
  const diagonal = `sizes on a diagonal must be equal${one ? ", 1 does not broadcast there" : ""}`;
  return new EinsumError({
    code: "size-conflict",
    summary: `${nameOf(text, index, second)} has two sizes`,
    ...excerptOf(
      text,
      found.map(({ place, axisSize }) => ({ span: place.span, label: `${axisSize}, ${place.what}` })),
    ),
    remedy:
      first.operand === second.operand
        ? `${diagonal}; name the axes differently to keep both`
        : "give the axes equal sizes (1 broadcasts across operands), or name them differently",
  });
}

/** `partners`: unknown sizes and axes of which any would do, if it were known. */
export function undeterminedIndex(
  text: SourceText,
  index: string,
  places: readonly Place[],
  partners: { readonly indices: readonly string[]; readonly axes: readonly string[] },
): EinsumError {
  const others = listFew(partners.indices.map(quote), ", ", " or ");
  const axes = listFew(partners.axes, ", ", " or ");
  const isSpec = typeof text === "string";
  const where = isSpec ? words.within("sizes", index) : "in the known sizes";
  const give = others ? `give its size, or that of ${others}, ${where}` : `give its size ${where}`;
  return new EinsumError({
    code: "undetermined-index",
    summary: `nothing determines the size of index ${quote(index)}`,
    ...excerptOf(
      text,
      places.map(({ span, what }) => ({ span, label: what })),
    ),
    remedy: axes
      ? `${give}, or the size of ${axes}`
      : give + (others || !isSpec ? "" : words.example("sizes", /^[\w$]+$/.test(index) ? index : "name")),
  });
}

export function unitAxis(text: SourceText, place: Place, found: number): EinsumError {
  return new EinsumError({
    code: "unit-axis",
    summary: `an axis written as 1 has size ${found}`,
    ...excerptOf(text, [{ span: place.span, label: `${found}, ${place.what}` }]),
    remedy:
      place.side === "input"
        ? "name the axis, or pass an operand whose axis has size 1"
        : `name the axis, or ask for a size of 1 ${words.within("outputShape")}`,
  });
}

export function windowTooLarge(
  text: SourceText,
  place: Place,
  index: string,
  window: number,
  padded: number,
): EinsumError {
  return new EinsumError({
    code: "window-too-large",
    summary: `a window of ${window} does not fit an axis of ${padded}, padding included`,
    ...excerptOf(text, [{ span: place.span, label: `${place.what}, leaves nothing for ${quote(index)}` }]),
    remedy: `shrink the window or its dilation, declare more padding, or ${typeof text === "string" ? "pass a larger operand" : "enlarge the axis"}`,
  });
}

export function writeOutside(text: SourceText, place: Place, reach: Reach): EinsumError {
  const below = reach.min < -reach.before;
  return new EinsumError({
    code: "write-outside",
    ...outside(text, place, reach, "writes"),
    remedy: below
      ? "add a constant, so that it begins at 0, or declare padding (`- p`, or `- lo : hi`), which drops elements"
      : `declare padding (\`- p\`, or \`- lo : hi\`), which drops elements, or ask for more ${words.within("outputShape")}`,
  });
}

/** An index as the spec names it; those that an ellipsis stands for have no name there. */
function nameOf(text: SourceText, index: string, { span }: Place): string {
  return typeof text === "string" && text.slice(span.start, span.end) === "..."
    ? "an axis of '...'"
    : `index ${quote(index)}`;
}

function outside(text: SourceText, place: Place, { min, max, axisSize, before, after }: Reach, verb: string) {
  const padding = before + after > 0 ? `, padded by ${before} and ${after}` : "";
  const [elements, label] = min === max ? ["element", min] : ["elements", `${min} to ${max}`];
  return {
    summary: `the expression ${verb} ${elements} ${label} of an axis of size ${axisSize}${padding}`,
    ...excerptOf(text, [{ span: place.span, label: `${label}, ${place.what}` }]),
  };
}
