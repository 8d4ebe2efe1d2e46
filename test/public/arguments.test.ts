/**
 * Every public function of every entry, every argument and every part of it, wrong in every way: what comes out is a
 * result, an `EinsumError` with a code and a sentence, or an `UnsupportedError`. Nothing else is thrown, and nothing hangs.
 */
import { describe, expect, it } from "vitest";
import { EinsumError, UnsupportedError } from "../../src/index.ts";
import { PUBLIC_CALLS, unlisted, unlistedMethods, type PublicCall } from "../support/public-calls.ts";

class Instance {
  own = 1;
  get data(): never {
    throw new Error("a getter of the class");
  }
}

/** What a caller may pass by mistake, or on purpose; each made anew. */
const WRONG: Readonly<Record<string, () => unknown>> = {
  undefined: () => undefined,
  null: () => null,
  true: () => true,
  zero: () => 0,
  "minus zero": () => -0,
  "a negative number": () => -1,
  "a fraction": () => 1.5,
  NaN: () => NaN,
  Infinity: () => Infinity,
  "a large number": () => 2 ** 53,
  "an empty text": () => "",
  "a text": () => "x",
  "a text of two letters": () => "é\u2028",
  "a name of every object": () => "__proto__",
  "another name of every object": () => "constructor",
  "a symbol": () => Symbol("s"),
  "a BigInt": () => 1n,
  "a function": () => () => 1,
  "an empty list": () => [],
  "a list of undefined": () => [undefined],
  "a list of null": () => [null, null],
  "a list of numbers": () => [1, 2, 3],
  "a list of texts": () => ["i", "j"],
  "a list of lists": () => [[], [[]]],
  "a list of objects": () => [{}, Object.create(null)],
  "a list of symbols": () => [Symbol("s"), 1n],
  "a sparse list": () => new Array(3),
  "a huge list of nothing": () => new Array(2 ** 32 - 1),
  "a list that holds itself": () => {
    const list: unknown[] = [];
    list.push(list);
    return list;
  },
  "an empty object": () => ({}),
  "an object without prototype": () => Object.create(null) as unknown,
  "an object that holds itself": () => {
    const object: Record<string, unknown> = {};
    object["i"] = object;
    return object;
  },
  "an object of unknown fields": () => ({ nothing: 1 }),
  "an instance of a class": () => new Instance(),
  "a Map": () => new Map([["a", 1]]),
  "a Set": () => new Set([1]),
  "a Date": () => new Date(0),
  "a pattern": () => /x/,
  "a promise": () => Promise.resolve(1),
  "an error": () => new TypeError("x"),
  "a boxed number": () => Object(1) as unknown,
  "a boxed text": () => Object("ij->") as unknown,
  "a typed array": () => Float64Array.of(1, 2),
  "a clamped array": () => new Uint8ClampedArray(4),
  "a view of data": () => new DataView(new ArrayBuffer(8)),
  "a buffer": () => new ArrayBuffer(8),
  "an array": () => ({ data: Float64Array.of(1, 2), shape: [2] }),
  "an array that is detached": () => {
    const data = new Float64Array(4);
    structuredClone(data, { transfer: [data.buffer] });
    return { data, shape: [4] };
  },
  "a detached typed array": () => {
    const data = new Float64Array(4);
    structuredClone(data, { transfer: [data.buffer] });
    return data;
  },
  "a getter that throws": () => Object.defineProperty({}, "data", { enumerable: true, get: () => fail() }),
  "a list whose item throws": () => Object.defineProperty([1, 2], 0, { enumerable: true, get: () => fail() }),
  "a proxy that throws": () =>
    new Proxy({}, { get: fail, ownKeys: fail, getPrototypeOf: fail, has: fail, getOwnPropertyDescriptor: fail }),
  "a list behind a proxy that throws": () => new Proxy([], { get: fail, ownKeys: fail, getPrototypeOf: fail }),
  "a proxy that is revoked": () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  "a list behind a proxy that is revoked": () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  "an object that says it is a list": () => ({ length: 2, [Symbol.toStringTag]: "Array" }),
  "an object with hostile conversions": () => ({
    toString: fail,
    valueOf: fail,
    [Symbol.toPrimitive]: fail,
    toJSON: fail,
  }),
};

function fail(): never {
  throw new Error("code of the caller");
}

/** Calls, and waits; what went wrong in another way than it should. */
async function problemOf(call: (...given: never[]) => unknown, given: readonly unknown[]): Promise<string | undefined> {
  try {
    await call(...(given as never[]));
    return undefined;
  } catch (error) {
    if (error instanceof UnsupportedError && error.message.length > 10) return undefined;
    if (error instanceof EinsumError && /^[a-z-]+$/.test(error.code) && error.message.length > 15) return undefined;
    const { stack = "" } = error as Error;
    return stack.split("\n").slice(0, 4).join(" | ");
  }
}

type Path = readonly (string | number)[];

/** The places in a value where a field or an item may be put in the place of another, three levels deep. */
function placesIn(value: unknown, levels = 3): Path[] {
  if (levels === 0 || typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return [];
  // Symbols, tensors and layers are made by the library: their parts are its own.
  const isMade = Object.hasOwn(value, "toString") || Object.hasOwn(value, "node");
  if (isMade || (!Array.isArray(value) && Object.getPrototypeOf(value) !== Object.prototype)) return [];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => [
    [key],
    ...placesIn((value as Record<string, unknown>)[key], levels - 1).map((rest) => [key, ...rest]),
  ]);
}

/** A copy of a value with another at some place. */
function replaceAt(value: unknown, [key, ...rest]: Path, wrong: unknown): unknown {
  if (key === undefined) return wrong;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<
    string | number,
    unknown
  >;
  copy[key] = replaceAt(copy[key], rest, wrong);
  return copy;
}

/** Every way in which the call goes wrong that it should not. */
async function problemsOf({ prepare }: PublicCall): Promise<string[]> {
  const problems: string[] = [];
  const count = prepare().given.length;
  for (let at = 0; at < count; at++) {
    const { call, given } = prepare();
    const problem = await problemOf(call, given.slice(0, at));
    if (problem) problems.push(`with ${at} arguments: ${problem}`);
  }
  for (const place of placesIn(prepare().given)) {
    for (const [words, make] of Object.entries(WRONG)) {
      const { call, given } = prepare();
      const problem = await problemOf(call, replaceAt(given, place, make()) as unknown[]);
      if (problem) problems.push(`${words} at ${place.join(".")}: ${problem}`);
    }
  }
  for (const [words, make] of Object.entries(WRONG)) {
    const { call, given } = prepare();
    const problem = await problemOf(call, [...given, make()]);
    if (problem) problems.push(`${words} behind the arguments: ${problem}`);
  }
  return problems;
}

describe("the table of public calls", () => {
  it("has every public function, and every method of what they return", () => {
    expect([...unlisted(), ...unlistedMethods()]).toEqual([]);
  });

  it.each(PUBLIC_CALLS)("has sound arguments for $name", async ({ prepare }) => {
    const { call, given } = prepare();
    await call(...(given as never[]));
  });
});

describe("wrong arguments", () => {
  it.each(PUBLIC_CALLS)("of $name are refused in words", { timeout: 60_000 }, async (call) => {
    expect(await problemsOf(call)).toEqual([]);
  });
});
