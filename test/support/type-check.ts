/** Type-checks texts by TypeScript of several versions, with the libraries of each and nothing from disk. */
import ts60 from "typescript";
import { getLibFiles as libraries50, ts as ts50 } from "typescript-5.0";
import { getLibFiles as libraries57, ts as ts57 } from "typescript-5.7";

export const VERSIONS = ["5.0", "5.7", "6.0"] as const;
export type Version = (typeof VERSIONS)[number];

interface Compiler {
  /** All have the part of the interface that is used here. */
  readonly ts: typeof ts60;
  /** The text of a library, by its name without folder: `lib.dom.d.ts`. */
  library(name: string): string | undefined;
}

type Libraries = readonly { readonly fileName: string; readonly text: string }[];

function fromList(ts: unknown, libraries: Libraries): Compiler {
  const texts = new Map(libraries.map(({ fileName, text }) => [fileName, text]));
  return { ts: ts as typeof ts60, library: (name) => texts.get(name) };
}

const COMPILERS: Readonly<Record<Version, Compiler>> = {
  "5.0": fromList(ts50, libraries50()),
  "5.7": fromList(ts57, libraries57()),
  "6.0": {
    ts: ts60,
    library: (name) => ts60.sys.readFile(ts60.getDefaultLibFilePath({}).replace(/[^/\\]+$/, name)),
  },
};

/**
 * What TypeScript says of files, given by their names, as `file: message`: the first line of each message. Everything is
 * strict, and there are the libraries of ECMAScript 2022 and of browsers.
 */
export function typeCheck(version: Version, files: Readonly<Record<string, string>>): string[] {
  const { ts, library } = COMPILERS[version];
  const options: ts60.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    lib: ["lib.es2022.d.ts", "lib.dom.d.ts"],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    isolatedModules: true,
    skipLibCheck: true,
    noEmit: true,
  };
  const read = (path: string): string | undefined =>
    path.startsWith("/lib/") ? library(path.slice("/lib/".length)) : files[path.slice(1)];
  const host: ts60.CompilerHost = {
    fileExists: (path) => read(path) !== undefined,
    readFile: read,
    getSourceFile: (path, target) => {
      const text = read(path);
      return text === undefined ? undefined : ts.createSourceFile(path, text, target);
    },
    getDefaultLibFileName: () => "/lib/lib.d.ts",
    getDefaultLibLocation: () => "/lib",
    getCurrentDirectory: () => "/",
    getCanonicalFileName: (path) => path,
    useCaseSensitiveFileNames: () => true,
    getNewLine: () => "\n",
    writeFile: () => undefined,
  };
  const program = ts.createProgram(
    Object.keys(files).map((name) => `/${name}`),
    options,
    host,
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    const [line] = ts.flattenDiagnosticMessageText(messageText, "\n").split("\n");
    return `${file?.fileName.slice(1) ?? "options"}: ${line}`;
  });
}
