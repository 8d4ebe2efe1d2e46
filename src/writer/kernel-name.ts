/**
 * Names that the manifest may give: a kernel's name becomes a function and a file, an operand's a parameter.
 *
 * Invariant: an accepted name is emitted as it is written, hides nothing that emitted code uses, and is a plain file
 * name on every system.
 */
import { LONGEST_IDENTIFIER, Scope } from "../emit/scope.ts";

/** Says what is wrong with a kernel's name, as the rest of the sentence "the name 'x' ..."; undefined: nothing. */
export function problemOfKernelName(name: string): string | undefined {
  const folded = name.toLowerCase();
  if (folded === "index") return "is taken: index.ts exports all kernels";
  if (DEVICES.test(folded)) return "is a device on Windows, so no file can have it";
  if (name === "then") return "would turn the module that exports it into a promise";
  if (name === "__esModule") return "is reserved: bundlers mark modules with it";
  return problemOfIdentifier(name);
}

/** Says what is wrong with a name for an operand or any other binding of emitted code. */
export function problemOfIdentifier(name: string): string | undefined {
  if (name === "") return "is empty";
  if (name.length > LONGEST_IDENTIFIER) return `has more than ${LONGEST_IDENTIFIER} characters`;
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return "is not an identifier";
  // An emitter's scope renames what it cannot use.
  if (new Scope().declare(name).text !== name) return "is reserved: JavaScript or emitted code uses it";
  return undefined;
}

/** Names that stand for devices on Windows, whatever the extension. */
const DEVICES = /^(?:aux|con|nul|prn|com[0-9]|lpt[0-9])$/;
