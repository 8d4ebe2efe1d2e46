/** Declarations of written modules in JavaScript: what the module in TypeScript would say, without its code. */
import { docComment } from "../emit/comment.ts";
import type { KernelSource, Signature } from "../emit/source.ts";
import { plainSignature, signaturesOf } from "../emit/typescript.ts";
import { formatModule } from "./format.ts";
import { describeKernel, type ModuleOptions } from "./module.ts";

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
