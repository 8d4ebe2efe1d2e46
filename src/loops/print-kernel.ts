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
import { sizeAffine, type Affine, type Size, namesApart, printAffine } from "../affine/affine.ts";
import type { ValueType } from "../ir/dtype.ts";
import { COMPARISONS } from "../ir/print-elementwise.ts";
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
import { partsOf, visitStatements } from "./rewrite.ts";

/** Prints a whole kernel; the text ends without a line break. */
export function printKernel(kernel: Kernel): string {
  const lines = [`kernel ${kernel.name}`, ...kernel.integers.map((integer) => `  ${printInteger(integer)}`)];
  for (const { relation, found, wanted } of kernel.checks) {
    lines.push(`  check ${printAffine(found)} ${relation === "equal" ? "=" : ">="} ${printAffine(wanted)}`);
  }
  const buffers = [...kernel.operands, kernel.output, ...kernel.scratch];
  const { variables, values } = namesIn(kernel);
  const nameOf = namesApart(variables, [...buffers.map(({ name }) => name), ...values]);
  for (const buffer of buffers) lines.push("  " + printBuffer(buffer));
  for (const [at, { comment, body }] of kernel.routines.entries()) {
    lines.push("");
    if (at === kernel.slices?.first) lines.push(...printSlices(kernel.slices, nameOf), "");
    if (comment) lines.push(`  // ${comment.replaceAll(/\s+/g, " ")}`);
    printInto(lines, body, "  ", nameOf);
  }
  return lines.join("\n");
}

type NameOf = (variable: string) => string;

/** What the loops of a kernel are called; and what is computed in it, which may be called as buffers are. */
function namesIn({ routines, slices, integers }: Kernel): {
  readonly variables: Set<string>;
  readonly values: Set<string>;
} {
  const variables = new Set([...integers, ...(slices?.indices ?? [])].map(({ name }) => name));
  const values = new Set<string>();
  for (const { body } of routines) {
    visitStatements(body, (statement) => {
      if (statement.kind === "loop") variables.add(statement.variable);
      else if (statement.kind === "value" || statement.kind === "accumulator") values.add(statement.name);
    });
  }
  return { variables, values };
}

/** Prints an expression with as few parentheses as precedence allows. */
export function printExpression(expression: Expression, nameOf: NameOf = (name) => name): string {
  switch (expression.kind) {
    case "constant":
      return Object.is(expression.value, -0) ? "-0" : String(expression.value);
    case "integer":
      return `(${printAffine(expression.value, nameOf)})`;
    case "variable":
      return nameOf(expression.name);
    case "load":
      return printElement(expression.buffer, expression.address, nameOf);
    case "binary":
      return printBinary(expression, nameOf);
    case "call":
      return `${expression.function.name}(${printExpression(expression.value, nameOf)})`;
    case "convert":
      return `${expression.dtype}(${printExpression(expression.value, nameOf)})`;
    case "compare": {
      const { operator, left, right } = expression;
      return `(${printExpression(left, nameOf)} ${COMPARISONS[operator]} ${printExpression(right, nameOf)})`;
    }
    case "select": {
      const [condition, yes, no] = partsOf(expression).map((part) => printExpression(part, nameOf));
      return `(${condition} ? ${yes} : ${no})`;
    }
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
function printSlices({ indices, first, end }: Slices, nameOf: NameOf): string[] {
  const loops = indices.map(({ name, size }) => `${nameOf(name)} of ${size}`).join(", ");
  return [`  slices ${loops}: the next ${end - first === 1 ? "routine" : `${end - first} routines`}`];
}

function printBuffer({ role, name, dtype, bitsOf, length, initial, part }: Buffer): string {
  const from = part ? `, from ${part.from} of ${part.of.name}` : "";
  const start = initial === undefined ? "" : `, starts as ${initial}`;
  const type = bitsOf ? `${dtype}, the bits of ${bitsOf}` : dtype;
  return `${role} ${name}: ${type}, ${printSize(length)}${from}${start}`;
}

function printInto(lines: string[], statements: readonly Statement[], indent: string, nameOf: NameOf): void {
  for (const statement of statements) {
    lines.push(indent + printStatement(statement, nameOf));
    if (statement.kind === "loop" || statement.kind === "block")
      printInto(lines, statement.body, indent + "  ", nameOf);
  }
}

function printStatement(statement: Statement, nameOf: NameOf): string {
  switch (statement.kind) {
    case "loop":
      return printLoop(statement, nameOf);
    case "block":
      return "block";
    case "offset":
      return `offset ${nameOf(statement.name)} = ${printAffine(statement.value, nameOf)}${statement.whole ? ` in whole ${statement.whole}` : ""}`;
    case "value":
      return `value ${nameOf(statement.name)}${printType(statement.value.type)} = ${printExpression(statement.value, nameOf)}`;
    case "accumulator":
      return `accumulator ${nameOf(statement.name)}${printType(statement.initial.type)} = ${printExpression(statement.initial, nameOf)}`;
    case "accumulate":
      return `${nameOf(statement.name)} ${statement.operator}= ${printExpression(statement.value, nameOf)}`;
    case "assign":
      return `${nameOf(statement.name)} = ${printExpression(statement.value, nameOf)}`;
    case "store":
      return `${printElement(statement.buffer, statement.address, nameOf)} = ${printExpression(statement.value, nameOf)}`;
    case "update": {
      const target = printElement(statement.buffer, statement.address, nameOf);
      return `${target} ${statement.operator}= ${printExpression(statement.value, nameOf)}`;
    }
    case "fill":
      return `fill ${statement.buffer.name} = ${statement.value}`;
    default:
      return unreachable(statement);
  }
}

function printLoop({ variable, from, to, step, unroll }: LoopStatement, nameOf: NameOf): string {
  return `for ${nameOf(variable)} = ${printSize(from, nameOf)} to ${printSize(to, nameOf)}${step === 1 ? "" : ` step ${step}`}${unroll === 1 ? "" : ` unroll ${unroll}`}`;
}

function printSize(size: Size, nameOf?: NameOf): string {
  return printAffine(sizeAffine(size), nameOf);
}

function printType(type: ValueType): string {
  return type === "f64" ? "" : `: ${type}`;
}

function printElement(buffer: Buffer, address: Affine, nameOf: NameOf): string {
  return `${buffer.name}[${printAffine(address, nameOf)}]`;
}

function printBinary({ operator, left, right }: BinaryExpression, nameOf: NameOf): string {
  const infix = INFIX[operator];
  if (!infix) return `${operator}(${printExpression(left, nameOf)}, ${printExpression(right, nameOf)})`;
  const leftText =
    precedenceOf(left) < infix.precedence ? `(${printExpression(left, nameOf)})` : printExpression(left, nameOf);
  const rightText =
    precedenceOf(right) <= infix.precedence ? `(${printExpression(right, nameOf)})` : printExpression(right, nameOf);
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
