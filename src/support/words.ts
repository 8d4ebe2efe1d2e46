/**
 * How messages name what the caller gave: as options of the API, unless a front end speaks. Messages are worded when they
 * are made, so a front end calls the compiler through `speaking`, and every remedy is one that its user can follow.
 *
 * Invariant: no message names an option but by these words.
 */

/** The words of a front end; `option` is a name in `CompileOptions`, with what is inside it: `sizes`, `shapes[0]`. */
export interface Words {
  /** An option in a sentence: `options.sizes`. */
  readonly option: (option: string) => string;
  /** Where an option is given, or one entry of it: "give its size in options.sizes". */
  readonly within: (option: string, key?: string, value?: number) => string;
  /** What may follow that for those who have not done it yet: ", as in { sizes: { k: 3 } }". */
  readonly example: (option: string, key: string) => string;
  /** What to do for an option to be a word: `set notation to "named"`. */
  readonly set: (option: string, value: string) => string;
  /** What an operand is given by: "array or shape". */
  readonly operand: string;
}

/** The words of the front end that speaks. */
export let words: Words = {
  option: (option) => `options.${option}`,
  within: (option) => `in options.${option}`,
  example: (option, key) => `, as in { ${option}: { ${key}: 3 } }`,
  set: (option, value) => `set ${option} to "${value}"`,
  operand: "array or shape",
};

/** Runs an action, which must not wait for anything, whose messages speak a front end's words. */
export function speaking<T>(own: Words, action: () => T): T {
  const others = words;
  words = own;
  try {
    return action();
  } finally {
    words = others;
  }
}
