/**
 * Messages about the contents of .npy files, one function a code. Each takes the file's name first, in a form that
 * may be shown as it is.
 */
import { quote } from "../carets.ts";
import { EinsumError } from "../errors.ts";
import type { Span } from "../span.ts";

/** The element type is not one that einsmith computes with; `remedy` says how to save such elements. */
export function npyDtype(file: string, descr: string, meaning: string, remedy: string): EinsumError {
  return new EinsumError({
    code: "npy-dtype",
    summary: `${file} holds ${meaning} (dtype ${quote(descr)}), which einsmith does not compute with`,
    remedy,
  });
}

/** The header is not the Python dict literal that the format prescribes. */
export function npyHeader(file: string, header: string, span: Span, found: string, expected: string): EinsumError {
  return new EinsumError({
    code: "npy-header",
    summary: `the header of ${file} cannot be read: expected ${expected}`,
    text: header,
    marks: [{ span, label: found }],
    remedy: "save the array again; a header reads {'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }",
  });
}

/** The header claims a length that no header has. */
export function npyHeaderLength(file: string, found: number, longest: number): EinsumError {
  return new EinsumError({
    code: "npy-header-length",
    summary: `the header of ${file} claims to be ${found} bytes long`,
    remedy: `headers of at most ${longest} bytes are read: save a plain array, without named fields`,
  });
}

/** The file holds fewer or more bytes of data than its shape says. */
export function npyLength(
  file: string,
  found: number,
  needed: number,
  shape: readonly number[],
  dtype: string,
): EinsumError {
  const remedy =
    found < needed
      ? "the file is cut short: copy or save it again"
      : "something follows the array: save one array a file";
  return new EinsumError({
    code: "npy-length",
    summary: `${file} holds ${found} bytes of data, but ${dtype} of shape ${showShape(shape)} takes ${needed}`,
    remedy,
  });
}

/** The file does not begin as every .npy file does. */
export function npyMagic(file: string, start: Uint8Array): EinsumError {
  const found = start.length === 0 ? "it is empty" : `it begins with the bytes ${showBytes(start)}`;
  return new EinsumError({
    code: "npy-magic",
    summary: `${file} is no .npy file: ${found}`,
    remedy: "a .npy file begins with the bytes 93 4e 55 4d 50 59; numpy.save writes such files",
  });
}

/** The file ends before its data begins. */
export function npyTruncated(file: string, found: number, needed: number): EinsumError {
  return new EinsumError({
    code: "npy-truncated",
    summary: `${file} ends inside its header: it has ${found} bytes, and its header takes ${needed}`,
    remedy: "the file is cut short: copy or save it again",
  });
}

/** The file is of a format version that is not known. */
export function npyVersion(file: string, major: number, minor: number): EinsumError {
  return new EinsumError({
    code: "npy-version",
    summary: `${file} is of .npy format version ${major}.${minor}`,
    remedy: "versions 1.0, 2.0 and 3.0 are read: save it with numpy.save",
  });
}

function showBytes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

/** A header may claim any number of axes: a few of them say enough. */
function showShape(shape: readonly number[]): string {
  return shape.length <= 8 ? `[${shape.join(", ")}]` : `[${shape.slice(0, 8).join(", ")}, ... ${shape.length} axes]`;
}
