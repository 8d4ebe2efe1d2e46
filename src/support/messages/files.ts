/**
 * Messages about files and folders. Paths are shown as they were given, but on one line and with nothing invisible.
 */
import { EinsumError } from "../errors.ts";

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
