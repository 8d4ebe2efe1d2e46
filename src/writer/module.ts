/**
 * Written modules: a kernel's source placed in the template, as trees.
 *
 * Each declaration of the template is copied once for every part it stands for, with name, doc comment, parameters,
 * types and statements replaced. Invariant: the module holds exactly the declarations of the kernel's source; nothing in
 * a name, a comment or a body can add one.
 */
import type {
  FunctionDeclaration,
  FunctionDeclarationStructure,
  JSDocStructure,
  Node,
  OptionalKind,
  ParameterDeclarationStructure,
  SourceFile,
  VariableStatement,
} from "ts-morph";
import type { Compilation } from "../compile.ts";
import { commentLines, docComment } from "../emit/code.ts";
import { DIALECTS, markPure, plainSignature, signaturesOf } from "../emit/dialect.ts";
import { isEmitted } from "../emit/kernel.ts";
import type {
  ConstantSource,
  FunctionSource,
  KernelSource,
  ParameterSource,
  Signature,
  Target,
} from "../emit/source.ts";
import { InternalError, publishedAsync, required } from "../support/errors.ts";
import { notACompilation } from "../support/messages/compile.ts";
import { invalidOption } from "../support/messages/options.ts";
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
  const dialect = DIALECTS[typescript === "5.0" ? "javascript" : source.target];
  const module = parseTypeScript(source.target === "typescript" ? "kernel.ts" : "kernel.js", "");
  const { Node } = loadPackage("ts-morph");
  const template = openTemplate("module.ts");
  for (const statement of template.getStatements()) {
    if (Node.isVariableStatement(statement)) {
      for (const scratch of source.scratch) addConstant(module, statement, markPure(scratch), source.target);
    } else if (Node.isFunctionDeclaration(statement) && !statement.isExported()) {
      for (const routine of source.routines) addFunction(module, statement, routine, source.target);
    } else if (Node.isFunctionDeclaration(statement)) {
      const documentation = [...describeKernel(description), ...source.main.documentation];
      addFunction(
        module,
        statement,
        { ...source.main, documentation },
        source.target,
        dialect.signaturesOf(source.main),
      );
    } else {
      throw new InternalError(`the template has a ${statement.getKindName()}`);
    }
  }
  return module;
}

function addConstant(module: SourceFile, template: VariableStatement, constant: ConstantSource, target: Target): void {
  const structure = template.getStructure();
  const { type: _, ...kept } = required(structure.declarations[0], "the template's declaration");
  const { VariableDeclarationKind } = loadPackage("ts-morph");
  const { name, type, initial: initializer, grows } = constant;
  module.addVariableStatement({
    ...structure,
    ...(grows && { declarationKind: VariableDeclarationKind.Let }),
    // What stands above the first declaration describes the template.
    docs: [],
    declarations: [{ ...kept, name, initializer, ...(target === "typescript" && { type }) }],
  });
}

function addFunction(
  module: SourceFile,
  template: FunctionDeclaration,
  source: FunctionSource,
  target: Target,
  signatures: readonly Signature[] = [],
): void {
  // The template's declaration has no overloads, so its structure is that of a function.
  const structure = template.getStructure() as FunctionDeclarationStructure;
  const { returnType: _, parameters, ...kept } = structure;
  const parameter = required(parameters?.[0], "the template's parameter");
  const docs = documentationOf(source.documentation);
  module.addFunction({
    ...kept,
    name: source.name,
    // What a caller sees is the first signature.
    docs: signatures.length > 0 ? [] : docs,
    overloads: signatures.map(({ parameters, returns }, at) => ({
      isExported: kept.isExported ?? false,
      docs: at === 0 ? docs : [],
      parameters: parameters.map(({ name, type, optional }) => ({ name, type, hasQuestionToken: optional })),
      returnType: returns,
    })),
    parameters: source.parameters.map((filling) => fillParameter(parameter, filling, target)),
    ...(target === "typescript" && { returnType: source.returns }),
    statements: template
      .getStatements()
      .map((statement) => (standsForBody(statement) ? source.body : statement.getText())),
  });
}

/** A line feed at the start puts the comment's marks on lines of their own. */
function documentationOf(lines: readonly string[]): JSDocStructure[] {
  if (lines.length === 0) return [];
  const open = lines.find((line) => line.includes("*/"));
  if (open !== undefined) throw new InternalError(`the documentation line ${JSON.stringify(open)} ends its comment`);
  const { StructureKind } = loadPackage("ts-morph");
  return [{ kind: StructureKind.JSDoc, description: (lines.length > 1 ? "\n" : "") + lines.join("\n") }];
}

function fillParameter(
  template: OptionalKind<ParameterDeclarationStructure>,
  { name, type, initial }: ParameterSource,
  target: Target,
): OptionalKind<ParameterDeclarationStructure> {
  const { initializer: _, type: __, ...kept } = template;
  return {
    ...kept,
    name,
    ...(target === "typescript" && { type }),
    ...(initial !== undefined && { initializer: initial }),
  };
}

/** Whether a statement of the template is the one that the kernel's statements replace. */
function standsForBody(statement: Node): boolean {
  const { Node } = loadPackage("ts-morph");
  return statement.getDescendants().some((node) => Node.isIdentifier(node) && node.getText() === "$statements");
}

function verifyModule(module: SourceFile, source: KernelSource): void {
  const { Node } = loadPackage("ts-morph");
  const errors = module.getProject().getProgram().getSyntacticDiagnostics(module);
  const first = errors[0];
  if (first) throw new InternalError(`the module of '${source.name}' is malformed: ${String(first.getMessageText())}`);
  const statements = module.getStatements();
  const signatures = new Set(
    statements.filter(
      (statement) =>
        Node.isFunctionDeclaration(statement) && statement.isOverload() && declaredName(statement) === source.name,
    ),
  );
  const found = statements.filter((statement) => !signatures.has(statement)).map(declaredName);
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
  const signatures = known.length > 0 ? known : [plainSignature(main)];
  const lines = [
    ...docComment([...describeKernel(description), ...main.documentation]),
    ...signatures.map((signature) => printSignature(main.name, signature)),
  ];
  return `${header}\n\n${await formatModule(lines.join("\n"), "typescript")}`;
}

function printSignature(name: string, { parameters, returns }: Signature): string {
  const given = parameters.map((parameter) => `${parameter.name}${parameter.optional ? "?" : ""}: ${parameter.type}`);
  return `export declare function ${name}(${given.join(", ")}): ${returns};`;
}
