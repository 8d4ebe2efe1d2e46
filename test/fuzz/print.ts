/** Values as the text of a program that makes them again: what a failing case is printed with. */
import type { Case, CaseOperand } from "./draft.ts";

/** JavaScript for a value of numbers, texts, lists and plain objects. */
export function printValue(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  if (ArrayBuffer.isView(value)) {
    const items = Array.from(value as unknown as ArrayLike<unknown>, printValue);
    return `new ${value.constructor.name}([${items.join(", ")}])`;
  }
  if (Array.isArray(value)) return `[${value.map(printValue).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "undefined";
  const fields = Object.entries(value).filter(([, field]) => field !== undefined);
  return `{ ${fields.map(([name, field]) => `${printName(name)}: ${printValue(field)}`).join(", ")} }`;
}

function printName(name: string): string {
  // A field of this name would set the prototype.
  if (name === "__proto__") return '["__proto__"]';
  return /^[A-Za-z_]\w*$/.test(name) ? name : JSON.stringify(name);
}

export function printOperand({ data, shape, strides, offset }: CaseOperand): string {
  return printValue({ data, shape, strides, offset });
}

/** A program: its imports, the operands `x0`, `x1`, ..., and a call. */
export function printProgram({ operands }: Pick<Case, "operands">, call: string): string {
  const names = ["einsum", "jit", "compile", "einsumGrad", "compileGradient"].filter((name) =>
    new RegExp(`\\b${name}\\(`).test(call),
  );
  return [
    'import "einsmith/path";',
    `import { ${names.join(", ")} } from "einsmith";`,
    ...operands.map((operand, at) => `const x${at} = ${printOperand(operand)};`),
    call,
  ].join("\n");
}
