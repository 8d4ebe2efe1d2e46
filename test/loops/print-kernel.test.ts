import type { ComparisonOperator } from "../../src/ir/elementwise.ts";
import { expect, it } from "vitest";
import type { Expression } from "../../src/loops/kernel.ts";
import { printExpression, printKernel } from "../../src/loops/print-kernel.ts";
import { anyAndAll, largestProduct, remainder } from "../emit/samples.ts";
import { binary, constant, convert, naiveMatmul, paddedMean, variable } from "../support/kernels.ts";

it("prints a kernel in the notation of its grammar", () => {
  expect(printKernel(naiveMatmul())).toBe(`kernel matmul
  operand a: float64, 12
  operand b: float64, 15
  output out: float64, 20

  for i = 0 to 4
    for k = 0 to 5
      accumulator acc0 = 0
      for j = 0 to 3
        acc0 sum= a[3*i + j] * b[5*j + k]
      out[5*i + k] = acc0`);
});

it("prints scratch, routines with their comments, and steps", () => {
  expect(printKernel(paddedMean())).toBe(`kernel mean3
  operand a: float64, 6
  output out: float64, 6
  scratch padded: float64, 8

  // copies a into padded
  for x = 0 to 6
    padded[x + 1] = a[x]

  // averages windows of 3
  for x = 0 to 6 step 2
    out[x] = (padded[x] + padded[x + 1] + padded[x + 2]) / 3
    out[x + 1] = (padded[x + 1] + padded[x + 2] + padded[x + 3]) / 3`);
});

it("prints types that are not f64, conversions and truth", () => {
  expect(printKernel(largestProduct())).toBe(`kernel largest
  operand a: int8, 9
  operand b: int8, 9
  output out: int8, 1

  accumulator acc0: i32 = -128
  for i = 0 to 9
    acc0 max= int8(a[i] * b[-i + 8])
  out[0] = acc0`);
  expect(printKernel(anyAndAll()).split("\n").at(-1)).toBe("    out[i] any= a[i] and b[i] or (b[-i + 3] != 0)");
});

it("prints blocks, offsets, and what scratch starts as", () => {
  expect(printKernel(remainder())).toBe(`kernel remainder
  operand a: float64, 5
  output out: float64, 5
  scratch padded: float32, 5, starts as -Infinity

  for i = 0 to 4 step 2
    out[i] = a[i] * -2
  block
    offset i = 4
    out[i] = -0 - (Infinity - NaN)
    padded[-i + 4] = 1e+21 * 0.5 / (3 * 7)`);
});

it("prints how often a loop is to be unrolled", () => {
  const kernel = naiveMatmul();
  const body = kernel.routines[0]?.body.map((statement) => ({ ...statement, unroll: 4 })) ?? [];
  const text = printKernel({ ...kernel, routines: [{ comment: "", body }] });
  expect(text.split("\n")[5]).toBe("  for i = 0 to 4 unroll 4");
});

function compared(operator: ComparisonOperator, left: Expression, right: Expression): Expression {
  return { kind: "compare", type: left.type, operator, left, right };
}

function selected(condition: Expression, yes: Expression, no: Expression): Expression {
  return { kind: "select", type: yes.type, condition, yes, no };
}

it.each<[Expression, string]>([
  [binary("mul", binary("add", variable("x"), variable("y")), variable("z")), "(x + y) * z"],
  [binary("sub", variable("x"), binary("sub", variable("y"), variable("z"))), "x - (y - z)"],
  [binary("max", variable("x"), binary("add", variable("y"), constant(1))), "max(x, y + 1)"],
  [binary("and", binary("or", variable("x"), variable("y")), variable("z")), "(x or y) and z"],
  [convert("int64", variable("n", "i32")), "int64(n)"],
  [compared("ne", variable("x"), constant(0)), "(x != 0)"],
  [compared("le", binary("add", variable("x"), variable("y")), constant(-1)), "(x + y <= -1)"],
  [binary("mul", compared("lt", variable("x"), variable("y")), variable("z")), "(x < y) * z"],
  [compared("eq", compared("eq", variable("x"), variable("y")), variable("z")), "((x == y) == z)"],
  [selected(compared("lt", variable("x"), constant(0)), constant(0), variable("x")), "((x < 0) ? 0 : x)"],
  [binary("sub", variable("y"), selected(variable("x"), variable("y"), constant(1))), "y - (x ? y : 1)"],
  [constant(-0), "-0"],
])("prints the expression %#", (expression, text) => {
  expect(printExpression(expression)).toBe(text);
});
