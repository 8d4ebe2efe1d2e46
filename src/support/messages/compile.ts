/** Messages about what to compile a spec to. One function a code. */
import { EinsumError } from "../errors.ts";
import { quote } from "../carets.ts";
import { describe } from "../describe.ts";
import { words } from "../words.ts";

export function kernelName(name: unknown): EinsumError {
  return new EinsumError({
    code: "kernel-name",
    summary: `${describe(name)} cannot name a kernel`,
    remedy: "use letters, digits, _ and $, and begin with no digit",
  });
}

export function longName(name: string, found: number, most: number): EinsumError {
  return new EinsumError({
    code: "name-too-long",
    summary: `${quote(name)} cannot name a kernel: it has ${found} characters, more than ${most}`,
    remedy: "choose a shorter name",
  });
}

export function notACompilation(found: unknown): EinsumError {
  return new EinsumError({
    code: "not-a-compilation",
    summary: `a module is made of what compile returns, or of the kernel of a lazy tensor, found ${describe(found)}`,
  });
}

export function reservedName(name: string): EinsumError {
  return new EinsumError({
    code: "reserved-name",
    summary: `${quote(name)} cannot name a kernel: JavaScript or emitted code uses it`,
    remedy: "choose another name",
  });
}

export function unknownTarget(target: unknown): EinsumError {
  return new EinsumError({
    code: "unknown-target",
    summary: `${words.option("target")} does not know ${describe(target)}`,
    remedy: "it is 'javascript' or 'typescript'",
  });
}
