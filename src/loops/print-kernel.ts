/**
 * Prints a kernel for a reader, in the notation of the grammar in `kernel.ts`; blocks are indented, and the type of a
 * value is written where it is not f64.
 *
 *     kernel matmul
 *       operand a: float64, 12
 *       output out: float64, 16
 *
 *       for i = 0 to 16 step 4
 *         value a0 = a[4*i + 1]
 *         out[i] sum= a0 * b[i]
 */
import { sizeAffine, type Affine, type Size } from "../affine/affine.ts";
import { printAffine } from "../affine/print.ts";
import type { ValueType } from "../ir/dtype.ts";
import type { Integer } from "../ir/symbols.ts";
import { unreachable } from "../support/errors.ts";
import type {
  BinaryExpression,
  BinaryOperator,
  Buffer,
  Expression,
  Kernel,
  LoopStatement,
  Slices,
  Statement,
} from "./kernel.ts";

/** Prints a whole kernel; the text ends without a line break. */
export function printKernel(kernel: Kernel): string {
  const lines = [`kernel ${kernel.name}`, ...kernel.integers.map((integer) => `  ${printInteger(integer)}`)];
  for (const { relation, found, wanted } of kernel.checks) {
    lines.push(`  check ${printAffine(found)} ${relation === "equal" ? "=" : ">="} ${printAffine(wanted)}`);
  }
  for (const buffer of [...kernel.operands, kernel.output, ...kernel.scratch]) lines.push("  " + printBuffer(buffer));
  for (const [at, { comment, body }] of kernel.routines.entries()) {
    lines.push("");
    if (at === kernel.slices?.first) lines.push(...printSlices(kernel.slices), "");
    if (comment) lines.push(`  // ${comment.replaceAll(/\s+/g, " ")}`);
    printInto(lines, body, "  ");
  }
  return lines.join("\n");
}

/** Prints an expression with as few parentheses as precedence allows. */
export function printExpression(expression: Expression): string {
  switch (expression.kind) {
    case "constant":
      return Object.is(expression.value, -0) ? "-0" : String(expression.value);
    case "integer":
      return `(${printAffine(expression.value)})`;
    case "variable":
      return expression.name;
    case "load":
      return printElement(expression.buffer, expression.address);
    case "binary":
      return printBinary(expression);
    case "call":
      return `${expression.function.name}(${printExpression(expression.value)})`;
    case "convert":
      return `${expression.dtype}(${printExpression(expression.value)})`;
    case "truth":
      return `truth(${printExpression(expression.value)})`;
    default:
      return unreachable(expression);
  }
}

function printInteger(integer: Integer): string {
  if (integer.kind === "parameter") {
    const { length } = integer;
    return `integer ${integer.name}${length ? ` = length of ${length.name} / ${length.per}` : ""}`;
  }
  const [left, right] = [printAffine(integer.left), printAffine(integer.right)];
  if (integer.kind === "size") return `integer ${integer.name} = ${left}`;
  const value = integer.kind === "quotient" ? `floor((${left}) / (${right}))` : `${integer.kind}(${left}, ${right})`;
  return `integer ${integer.name} = ${value}`;
}

/** Which routines follow in the loops, counted from the next one. */
function printSlices({ indices, first, end }: Slices): string[] {
  const loops = indices.map(({ name, size }) => `${name} of ${size}`).join(", ");
  return [`  slices ${loops}: the next ${end - first === 1 ? "routine" : `${end - first} routines`}`];
}

function printBuffer({ role, name, dtype, bitsOf, length, initial, part }: Buffer): string {
  const from = part ? `, from ${part.from} of ${part.of.name}` : "";
  const start = initial === undefined ? "" : `, starts as ${initial === "position" ? "positions" : initial}`;
  const type = bitsOf ? `${dtype}, the bits of ${bitsOf}` : dtype;
  return `${role} ${name}: ${type}, ${printSize(length)}${from}${start}`;
}

function printInto(lines: string[], statements: readonly Statement[], indent: string): void {
  for (const statement of statements) {
    lines.push(indent + printStatement(statement));
    if (statement.kind === "loop" || statement.kind === "block") printInto(lines, statement.body, indent + "  ");
  }
}

function printStatement(statement: Statement): string {
  switch (statement.kind) {
    case "loop":
      return printLoop(statement);
    case "block":
      return "block";
    case "offset":
      return `offset ${statement.name} = ${printAffine(statement.value)}${statement.whole ? ` in whole ${statement.whole}` : ""}`;
    case "value":
      return `value ${statement.name}${printType(statement.value.type)} = ${printExpression(statement.value)}`;
    case "accumulator":
      return `accumulator ${statement.name}${printType(statement.initial.type)} = ${printExpression(statement.initial)}`;
    case "accumulate":
      return `${statement.name} ${statement.operator}= ${printExpression(statement.value)}`;
    case "store":
      return `${printElement(statement.buffer, statement.address)} = ${printExpression(statement.value)}`;
    case "update": {
      const target = printElement(statement.buffer, statement.address);
      return `${target} ${statement.operator}= ${printExpression(statement.value)}`;
    }
    case "fill":
      return `fill ${statement.buffer.name} = ${statement.value}`;
    default:
      return unreachable(statement);
  }
}

function printLoop({ variable, from, to, step, unroll }: LoopStatement): string {
  return `for ${variable} = ${printSize(from)} to ${printSize(to)}${step === 1 ? "" : ` step ${step}`}${unroll === 1 ? "" : ` unroll ${unroll}`}`;
}

function printSize(size: Size): string {
  return printAffine(sizeAffine(size));
}

function printType(type: ValueType): string {
  return type === "f64" ? "" : `: ${type}`;
}

function printElement(buffer: Buffer, address: Affine): string {
  return `${buffer.name}[${printAffine(address)}]`;
}

function printBinary({ operator, left, right }: BinaryExpression): string {
  const infix = INFIX[operator];
  if (!infix) return `${operator}(${printExpression(left)}, ${printExpression(right)})`;
  const leftText = precedenceOf(left) < infix.precedence ? `(${printExpression(left)})` : printExpression(left);
  const rightText = precedenceOf(right) <= infix.precedence ? `(${printExpression(right)})` : printExpression(right);
  return `${leftText} ${infix.sign} ${rightText}`;
}

function precedenceOf(expression: Expression): number {
  return (expression.kind === "binary" && INFIX[expression.operator]?.precedence) || Infinity;
}

const INFIX: Readonly<Partial<Record<BinaryOperator, { readonly sign: string; readonly precedence: number }>>> = {
  or: { sign: "or", precedence: 1 },
  and: { sign: "and", precedence: 2 },
  add: { sign: "+", precedence: 3 },
  sub: { sign: "-", precedence: 3 },
  mul: { sign: "*", precedence: 4 },
  div: { sign: "/", precedence: 4 },
};
