/**
 * Written modules: a kernel's source placed in the template, as trees.
 *
 * Each declaration of the template is copied once for every part it stands for, with name, doc comment, parameters,
 * types and statements replaced. Invariant: the module holds exactly the declarations of the kernel's source; nothing in
 * a name, a comment or a body can add one.
 */
import type { FunctionDeclaration, FunctionDeclarationStructure, Node, SourceFile } from "ts-morph";
import type { Compilation } from "../compile.ts";
import { commentLines, docComment } from "../emit/code.ts";
import { DIALECTS, markPure, plainSignature, signaturesOf } from "../emit/dialect.ts";
import { isEmitted } from "../emit/kernel.ts";
import type { FunctionSource, KernelSource, Signature } from "../emit/source.ts";
import { InternalError, publishedAsync } from "../support/errors.ts";
import { invalidOption, notACompilation } from "../support/messages/options.ts";
import { reading, readOptions } from "../support/read.ts";
import { plainHeader } from "./files.ts";
import { TYPESCRIPT_VERSIONS, type TypeScriptVersion } from "./manifest.ts";
import { formatModule, loadPackage, openTemplate, parseTypeScript } from "./packages.ts";

export interface EmitModuleOptions {
  /** What the kernel is for: the first paragraph of its doc comment. */
  readonly description?: string;
  /**
   * The oldest TypeScript that is to read the module, if that is its language: "5.7", the default, says of results that they
   * are in memory of their own, as a `Blob` wants them; "5.0" cannot.
   */
  readonly typescript?: TypeScriptVersion;
}

/** How the module of a kernel is written. */
interface ModuleOptions extends EmitModuleOptions {
  /** What stands above everything else. */
  readonly header: string;
}

/**
 * Returns the text of a module that exports the kernel, formatted: it imports nothing and owns its scratch. Takes what
 * `compile` returns, or the `kernel` of a lazy tensor. Refuses to work without its packages, prettier and ts-morph.
 */
export const emitModule = /* @__PURE__ */ publishedAsync(async function emitModule(
  compilation: Pick<Compilation, "source">,
  options: EmitModuleOptions = {},
): Promise<string> {
  const read = readOptions(options, ["description", "typescript"]);
  const { typescript = "5.7", description } = read;
  if (description !== undefined && typeof description !== "string") {
    throw invalidOption("description", description, "a text");
  }
  if (!TYPESCRIPT_VERSIONS.includes(typescript)) throw invalidOption("typescript", typescript, "'5.0' or '5.7'");
  const source = reading(() => (compilation as Partial<Compilation> | null | undefined)?.source);
  if (!isEmitted(source)) throw notACompilation(compilation);
  return writeModule(source, { ...read, header: plainHeader(source.target, typescript) });
});

/** The same from a kernel's source, under a given header. */
export async function writeModule(source: KernelSource, { header, ...options }: ModuleOptions): Promise<string> {
  const file = fillTemplate(source, options);
  verifyModule(file, source);
  return `${header}\n\n${await formatModule(file.getFullText(), source.target)}`;
}

function fillTemplate(source: KernelSource, { description = "", typescript = "5.7" }: EmitModuleOptions): SourceFile {
  const { Node, VariableDeclarationKind } = loadPackage("ts-morph");
  const isTyped = source.target === "typescript";
  const module = parseTypeScript(isTyped ? "kernel.ts" : "kernel.js", "");

  const addFunction = (
    template: FunctionDeclaration,
    { name, documentation, parameters, returns, body }: FunctionSource,
    signatures: readonly Signature[] = [],
  ): void => {
    // The template's declaration has no overloads, so its structure is that of a function.
    const { returnType: _, ...kept } = template.getStructure() as FunctionDeclarationStructure;
    const docs = documentationOf(documentation);
    module.addFunction({
      ...kept,
      name,
      // What a caller sees is the first signature.
      docs: signatures.length > 0 ? [] : docs,
      overloads: signatures.map((signature, at) => ({
        isExported: kept.isExported ?? false,
        docs: at === 0 ? docs : [],
        parameters: signature.parameters.map(({ optional, ...taken }) => ({ ...taken, hasQuestionToken: optional })),
        returnType: signature.returns,
      })),
      parameters: parameters.map((taken) => ({
        name: taken.name,
        ...(isTyped && { type: taken.type }),
        ...(taken.initial !== undefined && { initializer: taken.initial }),
      })),
      ...(isTyped && { returnType: returns }),
      statements: template.getStatements().map((statement) => {
        const text = statement.getText();
        return text.includes("$statements") ? body : text;
      }),
    });
  };

  for (const statement of openTemplate("module.ts").getStatements()) {
    if (Node.isVariableStatement(statement)) {
      for (const { name, type, initial, grows } of source.scratch.map(markPure)) {
        module.addVariableStatement({
          ...statement.getStructure(),
          ...(grows && { declarationKind: VariableDeclarationKind.Let }),
          // What stands above the first declaration describes the template.
          docs: [],
          declarations: [{ name, initializer: initial, ...(isTyped && { type }) }],
        });
      }
    } else if (!Node.isFunctionDeclaration(statement)) {
      throw new InternalError(`the template has a ${statement.getKindName()}`);
    } else if (statement.isExported()) {
      const { main, target } = source;
      const documentation = [...describeKernel(description), ...main.documentation];
      const { signaturesOf } = DIALECTS[typescript === "5.0" ? "javascript" : target];
      addFunction(statement, { ...main, documentation }, signaturesOf(main));
    } else {
      for (const routine of source.routines) addFunction(statement, routine);
    }
  }
  return module;
}

/** A line feed at the start puts the comment's marks on lines of their own. */
function documentationOf(lines: readonly string[]): string[] {
  const open = lines.find((line) => line.includes("*/"));
  if (open !== undefined) throw new InternalError(`the documentation line ${JSON.stringify(open)} ends its comment`);
  return lines.length === 0 ? [] : [(lines.length > 1 ? "\n" : "") + lines.join("\n")];
}

function verifyModule(module: SourceFile, source: KernelSource): void {
  const { Node } = loadPackage("ts-morph");
  const [first] = module.getProject().getProgram().getSyntacticDiagnostics(module);
  if (first) throw new InternalError(`the module of '${source.name}' is malformed: ${String(first.getMessageText())}`);
  const isSignature = (statement: Node): boolean =>
    Node.isFunctionDeclaration(statement) && statement.isOverload() && statement.getName() === source.name;
  const found = module
    .getStatements()
    .filter((statement) => !isSignature(statement))
    .map(declaredName);
  const wanted = [...source.scratch, ...source.routines, source.main].map(({ name }) => name);
  if (found.length !== wanted.length || found.some((name, at) => name !== wanted[at])) {
    throw new InternalError(`the module of '${source.name}' declares ${found.join(", ")}`);
  }
}

/** The one name that a top-level statement declares. */
function declaredName(statement: Node): string | undefined {
  const { Node } = loadPackage("ts-morph");
  if (Node.isFunctionDeclaration(statement)) return statement.getName();
  const declarations = Node.isVariableStatement(statement) ? statement.getDeclarations() : [];
  return declarations.length === 1 ? declarations[0]?.getName() : undefined;
}

/** The width of a description. */
const WIDTH = 110;

/** Breaks a description into lines of a doc comment at words, followed by an empty line; none for an empty text. */
function describeKernel(text: string): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(/\s+/u)) {
    if (line !== "" && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  if (line !== "") lines.push(line);
  return lines.length > 0 ? [...commentLines(lines), ""] : [];
}

/** Returns the text of `<name>.d.ts` for the module of a kernel. */
export async function writeDeclarations({ main }: KernelSource, options: ModuleOptions): Promise<string> {
  const { header, description = "", typescript = "5.7" } = options;
  const known = typescript === "5.0" ? [] : signaturesOf(main);
  const signatures = (known.length > 0 ? known : [plainSignature(main)]).map(({ parameters, returns }) => {
    const given = parameters.map(({ name, type, optional }) => `${name}${optional ? "?" : ""}: ${type}`);
    return `export declare function ${main.name}(${given.join(", ")}): ${returns};`;
  });
  const lines = [...docComment([...describeKernel(description), ...main.documentation]), ...signatures];
  return `${header}\n\n${await formatModule(lines.join("\n"), "typescript")}`;
}
