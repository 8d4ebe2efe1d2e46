/**
 * Messages about files and folders. Paths are shown as they were given, but on one line and with nothing invisible.
 */
import { EinsumError } from "../errors.ts";
import { type Span, quote } from "../carets.ts";

/** Languages of modules, as options name them. */
type Language = "javascript" | "typescript";

/** A file that einsmith did not write stands where a module should go. */
export function fileForeign(path: string): EinsumError {
  return new EinsumError({
    code: "file-foreign",
    summary: `${shownPath(path)} was not written by einsmith, so it is not replaced`,
    remedy: "move the file away, rename the kernel, or generate into another folder",
  });
}

/** A module was to be written to a file whose name says that it declares one. */
export function fileOfDeclarations(path: string): EinsumError {
  return new EinsumError({
    code: "file-of-declarations",
    summary: `a file called ${shownPath(path)} holds declarations, so no code is written there`,
    remedy: "end the name in .ts, .js, .mjs or .cjs",
  });
}

/** Something that is no plain file stands where a module should go; `found` names it: "a symbolic link". */
export function fileNotPlain(path: string, found: string): EinsumError {
  return new EinsumError({
    code: "file-not-plain",
    summary: `${shownPath(path)} is ${found}, so nothing is written there`,
    remedy: "remove it, or generate into another folder",
  });
}

/** The name of a file says one language, and the caller another. */
export function fileTarget(path: string, language: Language, target: Language): EinsumError {
  const words = { javascript: "JavaScript", typescript: "TypeScript" };
  return new EinsumError({
    code: "file-target",
    summary: `a file called ${shownPath(path)} holds ${words[language]}, but --target asks for ${words[target]}`,
    remedy: `leave --target out, or end the name in ${target === "typescript" ? ".ts" : ".js, .mjs or .cjs"}`,
  });
}

/** The system refused to read a file; `reason` as `reasonOf` gives it. */
export function fileUnreadable(path: string, reason: string): EinsumError {
  return new EinsumError({
    code: "file-unreadable",
    summary: `cannot read ${shownPath(path)}: ${reason}`,
    remedy: "check the path and the permissions",
  });
}

/** The system refused to write a file or to make a folder. */
export function fileUnwritable(path: string, reason: string): EinsumError {
  return new EinsumError({
    code: "file-unwritable",
    summary: `cannot write ${shownPath(path)}: ${reason}`,
    remedy: "check the path, the permissions and the room on the disk",
  });
}

/** What should be a folder is something else. */
export function folderNotFolder(path: string): EinsumError {
  return new EinsumError({
    code: "folder-not-folder",
    summary: `${shownPath(path)} is not a folder`,
    remedy: "name a folder, or a path at which one can be made",
  });
}

/** A package that the writer works with cannot be found from where einsmith, or the bundle that holds it, is. */
export function packageMissing(name: string): EinsumError {
  return new EinsumError({
    code: "package-missing",
    summary: `writing modules takes the package '${name}', which is not installed`,
    remedy: "install what it takes: npm install --save-dev prettier ts-morph",
  });
}

/** The templates that belong to the package are not where it was installed. */
export function templatesMissing(name: string): EinsumError {
  return new EinsumError({
    code: "templates-missing",
    summary: `the template '${name}' of einsmith is not found`,
    remedy: "run where einsmith is installed: a bundle of 'einsmith/writer' reads its templates from the package",
  });
}

/** Says in words why a call of `node:fs` failed. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return "unknown error";
  const code = "code" in error ? String(error.code) : printable(error.message);
  return REASONS.get(code) ?? code;
}

/** Quotes a path for use inside a sentence. */
export function shownPath(path: string): string {
  return `'${printable(path)}'`;
}

/** Stands in for characters that end a line, move the cursor, reorder text or take no room. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, "\u00b7");
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["EACCES", "permission denied"],
  ["EBUSY", "something else is using it"],
  ["EEXIST", "it exists already"],
  ["EFBIG", "the file would be too large"],
  ["EINVAL", "not a valid path"],
  ["EIO", "the disk or the device failed"],
  ["EISDIR", "it is a folder"],
  ["ELOOP", "too many symbolic links"],
  ["EMFILE", "too many files are open"],
  ["ENAMETOOLONG", "the name is too long"],
  ["ENOENT", "no such file or folder"],
  ["ENOSPC", "no room is left on the disk"],
  ["ENOTDIR", "a part of the path is no folder"],
  ["ENXIO", "there is no such device"],
  ["EPERM", "not permitted"],
  ["EROFS", "the disk is read-only"],
  ["ERR_FS_FILE_TOO_LARGE", "it has more than 2 GiB"],
  ["ERR_INVALID_ARG_VALUE", "not a valid path"],
]);

//  * Messages about the contents of .npy files, one function a code. Each takes the file's name first, in a form that
// may be shown as it is.

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
