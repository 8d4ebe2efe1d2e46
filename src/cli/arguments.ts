/**
 * Values of options, from text. A reader returns the value or throws the error that commander reports as wrong usage.
 */
import { InvalidArgumentError, Option } from "commander";
import { quote } from "../support/carets.ts";
import { suggest } from "../support/suggest.ts";
import { OPTIMIZER_NAMES, type Optimize } from "../path/choose.ts";
import { OBJECTIVE_NAMES, type LinearPath, type Minimize } from "../path/path.ts";

/** `2,3,32`: sizes separated by commas; the empty text is the shape of a scalar. */
export function readShape(text: string): number[] {
  if (text.trim() === "") return [];
  return text.split(",").map((part) => {
    return found(
      readInteger(part, /^\d+$/),
      `${quote(part)} is no size: a shape reads 2,3,32, and that of a scalar ""`,
    );
  });
}

/** A spec; without quotes a shell takes the end of its arrow for itself, and what follows for a file. */
export function readSpec(text: string): string {
  if (!/-\s*$/.test(text)) return text;
  throw new InvalidArgumentError(
    "It ends in '-', as where a shell takes the '>' of '->' for itself: put quotes around it, as in 'ij->i'",
  );
}

/** A count of at least 1. */
export function readCount(text: string): number {
  return found(readInteger(text, /^0*[1-9]\d*$/), "Write a whole number of at least 1.");
}

/** One more shape of a repeated option; a name stands for a size that the kernel takes as an argument: `n,64`. */
export function collectShape(
  text: string,
  shapes: readonly (readonly (number | string)[])[] | undefined,
): (readonly (number | string)[])[] {
  const parts = text.split(",").map((part) => part.trim());
  const hasName = parts.some((part) => /^[\p{ID_Start}_][\p{ID_Continue}]*$/u.test(part));
  if (!hasName) return [...(shapes ?? []), readShape(text)];
  const shape = parts.map((part) => (/^\d/.test(part) ? (readShape(part)[0] as number) : part));
  return [...(shapes ?? []), shape];
}

/** One more `name=integer` of a repeated option; `lowest` is the least integer that will do. */
export function collectBinding(lowest: number): (text: string, bound: Bindings | undefined) => Bindings {
  return (text, bound = new Map()) => {
    const [, name = "", digits = ""] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
    const value = readInteger(digits, /^-?\d+$/);
    if (name.trim() === "" || value === undefined || value < lowest) {
      throw new InvalidArgumentError(lowest < 0 ? "Write name=integer, as in s=2" : "Write name=size, as in k=3");
    }
    if (bound.has(name.trim())) throw new InvalidArgumentError(`${quote(name.trim())} has a value already`);
    return new Map([...bound, [name.trim(), value]]);
  };
}

/** Integers by name; a map, since the names are the user's. */
export type Bindings = ReadonlyMap<string, number>;

/** An option whose value is one of some words. */
export function choiceOption(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices(choices).argParser((text: string) => readChoice(text, choices));
}

/** One of some words, and a suggestion where it is nearly one. */
export function readChoice<T extends string>(text: string, choices: readonly T[]): T {
  const near = suggest(text, choices);
  const hint = near === undefined ? "" : ` Did you mean ${near}?`;
  return found(
    choices.find((choice) => choice === text),
    `It is one of ${choices.join(", ")}.${hint}`,
  );
}

/** A contraction order: an optimizer's name, or a linear path as JSON, `[[0,1],[0,1]]`. */
export function readOptimize(text: string): Optimize {
  if (!text.trimStart().startsWith("[")) return readChoice(text, OPTIMIZER_NAMES);
  return found(parsePath(text), "A path is a list of steps, each a list of positions: [[0,1],[0,1]].");
}

/** What a search makes small: an objective, or weights, `flops=1,write=64`. */
export function readMinimize(text: string): Minimize {
  if (!text.includes("=")) return readChoice(text, OBJECTIVE_NAMES);
  return Object.fromEntries(text.split(",").map(readWeight));
}

function readWeight(text: string): [name: "flops" | "write", weight: number] {
  const [, name, digits] = /^\s*(flops|write)\s*=\s*(\d+(?:\.\d+)?)\s*$/.exec(text) ?? [];
  if (name !== "flops" && name !== "write") {
    throw new InvalidArgumentError(`${quote(text)} is no weight: weights read flops=1,write=64`);
  }
  return [name, Number(digits)];
}

/** A time in seconds, fractions allowed. */
export function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!/^\s*\d*\.?\d+\s*$/.test(text) || !(seconds > 0 && seconds < Infinity)) {
    throw new InvalidArgumentError("Write a number of seconds above 0, as in 0.5");
  }
  return seconds;
}

/** A whole number, negative ones included. */
export function readSeed(text: string): number {
  return found(readInteger(text, /^-?\d+$/), "Write a whole number.");
}

function parsePath(text: string): LinearPath | undefined {
  try {
    const path: unknown = JSON.parse(text);
    const isStep = (step: unknown): boolean => Array.isArray(step) && step.every(Number.isSafeInteger);
    return Array.isArray(path) && path.every(isStep) ? (path as LinearPath) : undefined;
  } catch {
    return undefined;
  }
}

/** What was read; undefined is wrong usage. */
function found<T>(value: T | undefined, message: string): T {
  if (value === undefined) throw new InvalidArgumentError(message);
  return value;
}

function readInteger(text: string, pattern: RegExp): number | undefined {
  const value = Number(text);
  return pattern.test(text.trim()) && Number.isSafeInteger(value) ? value + 0 : undefined;
}
