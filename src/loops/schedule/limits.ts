/**
 * The numbers a schedule is chosen by. Each was measured in V8 on one core; `bench/` shows what they give today.
 */

/** Multiply-adds up to which a whole nest becomes straight-line code; beyond, V8's compile time outweighs its speed. */
export const FULL_UNROLL = 512;

/** The same for a nest that reads every element once: written out, it is longer and no faster. */
export const COPY_UNROLL = 32;

/** Tiled indices with a remainder in one nest: each doubles the code. */
export const TILE_REMAINDERS = 4;

/** Shortest row worth streaming along. */
export const STREAM = 8;

/** Largest stride in the target of what streams along it: some parts of an output lie so far apart. */
export const APART = 4;

/** Doubles in a cache line: a stream of larger steps fetches a line for every element. */
export const LINE = 8;

/** Output rows in one pass. */
export const ROWS = 4;

/** The same where rows share what streams by, and the block that stays has room for them. */
export const SHARED_ROWS = 8;

/** Reduction steps in one stationary block: a 3 x 3 window, or the row of a larger one. */
export const STEPS = 9;

/** Reduction steps in one block where a single operand is reduced: no other operand's values wait in registers. */
export const LONE_STEPS = 16;

/** Values of the stationary operand in one block; the rest of V8's registers hold the stream. */
export const BLOCK_VALUES = 36;

/** Multiply-adds written out in one pass of the innermost loop. */
export const LEAF_LIMIT = 144;

/** Elements that the second cache holds: what is larger and read once comes from memory, and should come in its order. */
export const SECOND_CACHE = 131_072;

/** Sums of a whole window that are held at a time. */
export const WINDOW = 9;

/** Side of the square tiles of a transpose: both sides stay within cache lines. */
export const TILE = 32;

/** Reduction steps in one stationary block where a whole loop is too long for it, or in one pass of fewer accumulators than that. */
export const PART_STEPS = 4;

/** Columns of the stream in one pass: neighbouring windows share their loads. */
export const COLUMNS = 4;

/** The same where neighbours share nothing: more would be more code, and no faster. */
export const LONE_COLUMNS = 2;

/** Reduction steps in one pass where a row of accumulators takes them up. */
export const ROW_STEPS = 2;

/** Reduction steps in one pass of a lone accumulator, which is split into chains then. */
export const CHAIN_STEPS = 8;

/** Blocks of reduction steps from which on a float32 output is summed in rows of doubles: it is rounded once then. */
export const ROW_BLOCKS = 4;

/** Most elements of these rows: they share the first cache with a block and a stream. */
export const ROWS_LENGTH = 6400;

/** Longest row that is summed in one piece; longer ones walk in tiles, of half as much at least. */
export const LONG_ROW = 768;

/** Most values of the stationary operand in a block that is proposed; most of them wait in memory. */
export const MOST_VALUES = 64;
