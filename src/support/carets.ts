/**
 * Draws a spec with carets under the guilty places, one line a mark, left to right:
 *
 *     ij,jk->ik
 *      ^ 3, axis 1 of operand 0
 *        ^ 4, axis 0 of operand 1
 *
 * The text is the user's: characters that would break the line or hide are shown as visible stand-ins of the same
 * width, and a long text is cut to a window around the marks.
 */

/**
 * Places in a text: half-open ranges of UTF-16 offsets. Every node of a parsed spec carries one, so that a message
 * written many layers later can still point at the characters that caused it.
 */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The smallest span that holds both. */
export function joinSpans(first: Span, last: Span): Span {
  return { start: Math.min(first.start, last.start), end: Math.max(first.end, last.end) };
}

/** A place to put a caret under, and what to write beside it. */
export interface Mark {
  readonly span: Span;
  readonly label?: string;
}

/** The widest excerpt of a text that a message shows, in characters. */
const WINDOW = 96;
/** The most marks that a message draws; of the rest it tells the count. */
const MOST_MARKS = 8;
const INDENT = "    ";

/** Returns the lines of the drawing, each indented: the text, then one line a mark; the text alone without marks. */
export function drawCarets(text: string, marks: readonly Mark[]): string[] {
  const sorted = [...marks].sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
  const drawn = sorted.slice(0, MOST_MARKS);
  const first = drawn[0]?.span.start ?? 0;
  const window = windowOf(text, first, Math.max(first, ...drawn.map(({ span }) => span.end)));
  const lines = [INDENT + window.shown];
  for (const { span, label } of drawn) {
    const from = window.column(span.start);
    const width = Math.max(1, window.column(span.end) - from);
    lines.push(INDENT + " ".repeat(from) + "^".repeat(width) + (label ? ` ${label}` : ""));
  }
  if (sorted.length > drawn.length) lines.push(`${INDENT}(and ${sorted.length - drawn.length} more)`);
  return lines;
}

/** Quotes a piece of the user's text for use inside a sentence: one line, bounded, nothing invisible. */
export function quote(text: string): string {
  const characters = [...text];
  return `'${visible(characters.length > 40 ? `${characters.slice(0, 37).join("")}...` : text)}'`;
}

interface Window {
  readonly shown: string;
  /** The column, in characters of `shown`, of a UTF-16 offset of the text. */
  column(offset: number): number;
}

function windowOf(text: string, start: number, end: number): Window {
  const characters = [...text];
  const from = columnOf(text, start);
  const to = Math.min(columnOf(text, end), from + WINDOW);
  const room = Math.max(0, WINDOW - (to - from));
  const left = Math.max(0, Math.min(from - Math.floor(room / 2), characters.length - WINDOW));
  const right = Math.min(characters.length, left + WINDOW);
  const head = left > 0 ? "..." : "";
  const tail = right < characters.length ? "..." : "";
  return {
    shown: head + visible(characters.slice(left, right).join("")) + tail,
    column: (offset) => head.length + Math.min(Math.max(columnOf(text, offset), left), right) - left,
  };
}

/** Counts the characters (code points) before a UTF-16 offset. */
function columnOf(text: string, offset: number): number {
  return [...text.slice(0, offset)].length;
}

/** Stands in for characters that end a line, move the cursor, reorder text or take no room. */
function visible(text: string): string {
  return text.replace(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Mn}\p{Me}\p{Cs}\p{Co}\p{Cn}\p{Default_Ignorable_Code_Point}]/gu,
    "\u00b7",
  );
}

//  * Marks in a text of many pieces, such as a list of constraints: a message shows only the pieces that are marked.
//
// Spans count as if the pieces were joined by one character: piece n begins where those before it, and n joints, end.

/** A text as a message draws it. */
interface Excerpt {
  readonly text: string;
  readonly marks: readonly Mark[];
}

/** One text, or the pieces of one. */
export type SourceText = string | Pieces;

interface Pieces {
  readonly excerpt: (marks: readonly Mark[]) => Excerpt;
}

/** What stands between pieces in a message. */
const JOINT = ", ";

/** The text and the marks as a message draws them; a text in one piece stays as it is. */
export function excerptOf(text: SourceText, marks: readonly Mark[]): Excerpt {
  return typeof text === "string" ? { text, marks } : text.excerpt(marks);
}

/** Where each piece of a text begins. */
export function startsOf(pieces: readonly string[]): number[] {
  let start = 0;
  return pieces.map((piece) => {
    const begins = start;
    start += piece.length + 1;
    return begins;
  });
}

/** A text in pieces. */
export function textOfPieces(pieces: readonly string[]): Pieces {
  return { excerpt: (marks) => excerptOfPieces(pieces, marks) };
}

function excerptOfPieces(pieces: readonly string[], marks: readonly Mark[]): Excerpt {
  let shown = "";
  const moved: Mark[] = [];
  const starts = startsOf(pieces);
  for (const [number, piece] of pieces.entries()) {
    const start = starts[number] as number;
    const inside = marks.filter(({ span }) => span.start >= start && span.end <= start + piece.length);
    if (inside.length === 0) continue;
    if (shown !== "") shown += JOINT;
    const by = shown.length - start;
    moved.push(...inside.map((mark) => ({ ...mark, span: { start: mark.span.start + by, end: mark.span.end + by } })));
    shown += piece;
  }
  return { text: shown, marks: moved };
}
