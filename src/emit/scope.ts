/**
 * Scopes give emitted code its identifiers: the preferred name where it can be one, else the nearest readable
 * variation (`class_`, `i2`).
 *
 * Invariant: a name is never given twice along a chain of nested scopes, in whatever order they declare, so nothing
 * is ever shadowed; scopes beside each other may share names.
 */
import { Name } from "./code.ts";

/** No identifier needs more characters to be told apart; a number is appended where two begin alike. */
export const LONGEST_IDENTIFIER = 64;

export class Scope {
  readonly #parent: Scope | null;
  readonly #own = new Set<string>();
  /** Names of all scopes inside this one, which it must not declare above them. */
  readonly #inside = new Set<string>();

  constructor(parent: Scope | null = null) {
    this.#parent = parent;
  }

  /** Opens a scope inside this one. */
  nest(): Scope {
    return new Scope(this);
  }

  /** Declares an identifier as close to the preferred text as can be. */
  declare(preferred: string): Name {
    const base = identifierLike(preferred);
    let text = base;
    for (let number = 2; !this.#isFree(text); number++) {
      text = /\d$/.test(base) ? `${base}_${number}` : `${base}${number}`;
    }
    this.#own.add(text);
    for (let scope = this.#parent; scope; scope = scope.#parent) scope.#inside.add(text);
    return new Name(text);
  }

  #isFree(text: string): boolean {
    if (this.#inside.has(text)) return false;
    for (let scope: Scope | null = this; scope; scope = scope.#parent) if (scope.#own.has(text)) return false;
    return true;
  }
}

/**
 * Keeps the characters that an identifier may have, visible ones only, and steps aside for reserved words. Where none
 * stands by itself, as for `×` and for marks alone, the name is the number of the character, `ud7`.
 */
function identifierLike(preferred: string): string {
  const kept = /[\p{L}\p{Nl}\p{Nd}_$]/u.test(preferred)
    ? preferred.normalize("NFC").replaceAll(/[^\p{ID_Continue}$]|[\u200c\u200d]/gu, "")
    : preferred.replaceAll(/[^]/gu, (character) =>
        /\s/.test(character) ? "" : `u${character.codePointAt(0)?.toString(16)}`,
      );
  const short = [...kept].slice(0, LONGEST_IDENTIFIER).join("");
  const started = /^[\p{ID_Start}_$]/u.test(short) ? short : `_${short}`;
  return RESERVED.has(started) ? `${started}_` : started;
}

/** Words of the language in strict mode, of TypeScript's modules, and the globals that emitted code uses. */
const RESERVED: ReadonlySet<string> = new Set(
  `await break case catch class const continue debugger default delete do else enum export extends false finally for
  function if implements import in instanceof interface let new null package private protected public return static
  super switch this throw true try typeof var void while with yield
  arguments async eval of Infinity NaN undefined
  exports module require globalThis Object Promise Reflect
  erf orderBits restoreBits greaterOf lesserOf BigInt Math Number RangeError BigInt64Array BigUint64Array Float32Array Float64Array Int8Array Int16Array Int32Array
  Uint8Array Uint16Array Uint32Array`.split(/\s+/),
);
