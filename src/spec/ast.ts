/**
 * The syntax tree of a spec. It says what was written and where; it knows nothing of shapes, nor which names are
 * parameters. Every node carries the span of its text.
 *
 * Invariant: `parseSpec(printSpec(spec))` is `spec` but for spans.
 */
import type { Span } from "../support/carets.ts";

/** How names are told apart: one letter each (NumPy), or words separated by spaces (einops). */
export type Notation = "compact" | "named";

export interface EinsumSpec {
  /** The text as the user wrote it; spans point into it. */
  readonly text: string;
  readonly notation: Notation;
  readonly operands: readonly Term[];
  /** `null` where the spec has no arrow. */
  readonly output: Term | null;
}

/** One operand's part of the spec, or the output's: one axis expression per axis. */
export interface Term {
  readonly axes: readonly AxisExpression[];
  readonly span: Span;
}

export type AxisExpression = IndexAxis | EllipsisAxis | UnitAxis | CompositionAxis | AffineAxis;

/** A bare name: `i`. In an operand, `(i)` is the same; in an output that is an expression, which scatters. */
export interface IndexAxis {
  readonly kind: "index";
  readonly name: string;
  readonly span: Span;
}

/** `...`: any number of broadcast axes. */
export interface EllipsisAxis {
  readonly kind: "ellipsis";
  readonly span: Span;
}

/** `()` or `1`: an axis of size 1. */
export interface UnitAxis {
  readonly kind: "unit";
  readonly span: Span;
}

/** `(h w)`: several indices merged row-major. An output may merge its ellipsis: `(...)`, `(h ...)`. */
export interface CompositionAxis {
  readonly kind: "composition";
  readonly parts: readonly (IndexAxis | EllipsisAxis)[];
  readonly span: Span;
}

/** `(2*y + ky - 1)`, `(s*x - lo : 2)`. */
export interface AffineAxis {
  readonly kind: "affine";
  readonly parts: readonly AffinePart[];
  /** The integer after the colon: the padding declared behind the axis. */
  readonly paddingAfter: IntegerFactor | null;
  readonly span: Span;
}

/** A signed product of which at most one factor is an index. */
export interface AffinePart {
  readonly sign: 1 | -1;
  readonly factors: readonly Factor[];
  readonly span: Span;
}

export type Factor = NameFactor | IntegerFactor | SizeFactor;

/** An index or a parameter: which of the two, the bound parameters decide. */
export interface NameFactor {
  readonly kind: "name";
  readonly name: string;
  readonly span: Span;
}

export interface IntegerFactor {
  readonly kind: "integer";
  readonly value: number;
  readonly span: Span;
}

/** `|k|`: the size of an index. */
export interface SizeFactor {
  readonly kind: "size";
  readonly name: string;
  readonly span: Span;
}
