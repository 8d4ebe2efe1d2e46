/**
 * Extrema of a few elements without a branch: V8 branches in `Math.max`, and on random elements mispredicts. The bits of
 * float32 elements are read as integers, brought into the order of the floats, and chosen among by arithmetic. `einsum`
 * does not carry this file.
 *
 *     out[x] = max(a[2*x], a[2*x + 1])     -->     out[x] = restore(max(order(a[2*x]), order(a[2*x + 1])))
 *
 * Legal for kernels that compare elements and do nothing else, and update nothing. It is done where there are many
 * results, each of a few elements.
 *
 * Invariant: `order` maps the bits of all floats one to one to integers, NaN to those that win, whatever its sign; so the
 * result has the bits of an element.
 */
import type { Contraction } from "../ir/contraction.ts";
import { valueTypeOf } from "../ir/dtype.ts";
import type { ElementFunction, FunctionDefinition } from "../ir/element-function.ts";
import { elementCount } from "../ir/tensor.ts";
import type { Buffer, Expression, Kernel, Statement } from "./kernel.ts";
import { isNested, mapRoutines, mapStatement, visitReads } from "./rewrite.ts";
import { load } from "./values.ts";

/** Fewest results for which it pays to look at arrays another way. */
const LEAST_RESULTS = 256;

/** Most passes of the loops that one accumulator takes up: in a long reduction, the branch is one that is seldom taken. */
const MOST_PASSES = 8;

/** A kernel of maxima or minima of float32 or small integers that does not branch; any other kernel as it is. */
export function orderBits(kernel: Kernel): Kernel {
  const { operands, output, integers, scratch } = kernel;
  const [operand, other] = operands;
  const operator = operatorOf(kernel);
  if (!operand || other || !operator || integers.length > 0 || Number(output.length) < LEAST_RESULTS) return kernel;
  const { order, restore, choose } = ORDERS[operator];
  if ([operand, output, ...scratch].every(({ dtype }) => valueTypeOf(dtype) === "i32")) {
    return { ...kernel, definitions: [choose] };
  }
  const isFloat = operand.dtype === "float32" && output.dtype === "float32";
  if (!isFloat || scratch.some(({ dtype, part }) => dtype !== "float64" || part)) {
    return kernel;
  }
  const place = (value: unknown): number => order.compute(bitsOf(Number(value)));
  const asBits = new Map<Buffer, Buffer>([
    ...[operand, output].map((buffer) => [buffer, { ...buffer, dtype: "int32", bitsOf: "float32" }] as const),
    ...scratch.map((buffer): [Buffer, Buffer] => {
      const { initial, ...rest } = buffer;
      return [buffer, { ...rest, dtype: "int32", ...(initial !== undefined && { initial: place(initial) }) }];
    }),
  ]);
  const viewOf = (buffer: Buffer): Buffer => asBits.get(buffer) as Buffer;
  const call = (called: ElementFunction, value: Expression): Expression => {
    return { kind: "call", type: "i32", function: called, value };
  };
  const lower = (expression: Expression): Expression => {
    switch (expression.kind) {
      case "constant":
        return { kind: "constant", type: "i32", value: place(expression.value) };
      case "load": {
        const bits = load(viewOf(expression.buffer), expression.address);
        return expression.buffer === operand ? call(order, bits) : bits;
      }
      case "binary":
        return { ...expression, type: "i32", left: lower(expression.left), right: lower(expression.right) };
      default:
        return { ...expression, type: "i32" } as Expression;
    }
  };
  const rewrite = (statement: Statement): Statement => {
    if (isNested(statement)) return { ...statement, body: statement.body.map(rewrite) };
    if (statement.kind === "fill")
      return { ...statement, buffer: viewOf(statement.buffer), value: place(statement.value) };
    const lowered = mapStatement(statement, lower);
    if (lowered.kind !== "store") return lowered;
    const value = lowered.buffer === output ? call(restore, lowered.value) : lowered.value;
    return { ...lowered, buffer: viewOf(lowered.buffer), value };
  };
  return {
    ...mapRoutines(kernel, (body) => body.map(rewrite)),
    operands: [viewOf(operand)],
    output: viewOf(output),
    scratch: scratch.map(viewOf),
    definitions: [order, restore].map(({ definition }) => definition as FunctionDefinition).concat(choose),
  };
}

/** Whether the kernel of a contraction of one operand, all by itself, may come out without a branch. */
export function mayOrderBits({ reduce, dtype, finish, output }: Contraction): boolean {
  const isOrdered = dtype === "float32" || valueTypeOf(dtype) === "i32";
  const compares = (reduce === "max" || reduce === "min") && finish.kind === "value";
  return isOrdered && compares && elementCount(output.tensor.shape) >= LEAST_RESULTS;
}

/** The operator of a kernel that does nothing but compare elements, few of them at a time; null for any other. */
function operatorOf({ routines, output }: Kernel): "max" | "min" | null {
  const found = new Set<string>();
  const visit = (body: readonly Statement[], around: number): void => {
    const passes = body.some(({ kind }) => kind === "accumulator") ? 1 : around;
    for (const statement of body) {
      if (statement.kind === "loop") visit(statement.body, (passes * Number(statement.to)) / statement.step);
      else if (statement.kind === "block") visit(statement.body, passes);
      else if (statement.kind === "accumulate") found.add(passes > MOST_PASSES ? "long" : statement.operator);
      else if (statement.kind === "update") found.add(statement.kind);
      else if (statement.kind === "fill" && statement.buffer === output) found.add(statement.kind);
      visitReads(statement, (part) => {
        if (part.kind === "binary") found.add(part.operator);
        else if (part.kind === "load" ? part.buffer === output : part.kind !== "variable" && part.kind !== "constant") {
          found.add(part.kind);
        }
      });
    }
  };
  for (const { body } of routines) visit(body, 1);
  const [only, second] = found;
  return second === undefined && (only === "max" || only === "min") ? only : null;
}

function bitsOf(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0] as number;
}

/** How far the places of numbers are shifted, so that those of NaN of the one sign come round to those of the other. */
const SHIFT = 0x7fffff;

/** The bits of a negative float are in reverse; the shift puts both kinds of NaN at one end. */
function orderFor(operator: "max" | "min") {
  const shift = operator === "max" ? -SHIFT : SHIFT;
  const [there, back] = operator === "max" ? ["-", "+"] : ["+", "-"];
  const name = operator === "max" ? "greaterOf" : "lesserOf";
  const end = operator === "max" ? "above" : "below";
  return {
    order: integerFunction(
      "orderBits",
      "bits",
      (bits) => ((bits ^ ((bits >> 31) >>> 1)) + shift) | 0,
      `Brings the bits of a float32 into the order of the floats, and NaN ${end} all of them.`,
      `return ((bits ^ ((bits >> 31) >>> 1)) ${there} 0x7fffff) | 0;`,
    ),
    restore: integerFunction(
      "restoreBits",
      "place",
      (place) => {
        const bits = (place - shift) | 0;
        return bits ^ ((bits >> 31) >>> 1);
      },
      "The bits of the float32 that has a place in the order.",
      `const bits = (place ${back} 0x7fffff) | 0;\nreturn bits ^ ((bits >> 31) >>> 1);`,
    ),
    choose: {
      name,
      documentation: [`The ${name.slice(0, -2)} of two integers, without a branch that random ones would mispredict.`],
      parameters: ["a", "b"].map((parameter) => ({ name: parameter, type: "number" })),
      returns: "number",
      body: `return b ^ ((a ^ b) & -(a ${operator === "max" ? ">" : "<"} b));`,
      bytecode: 20,
    } satisfies FunctionDefinition,
  };
}

/** A function of an integer: small enough that V8 puts it in the place of every call, however many there are. */
function integerFunction(
  name: string,
  parameter: string,
  compute: (value: number) => number,
  documentation: string,
  body: string,
): ElementFunction {
  return {
    name,
    type: "i32",
    compute,
    javascript: [`${name}(`, ")"],
    definition: {
      name,
      documentation: [documentation],
      parameters: [{ name: parameter, type: "number" }],
      returns: "number",
      body,
      bytecode: 27,
    },
  };
}

const ORDERS = { max: /* @__PURE__ */ orderFor("max"), min: /* @__PURE__ */ orderFor("min") };

/** Whether a kernel calls a function for each of its maxima or minima of two. */
export function choosesWithoutBranch({ definitions = [] }: Kernel): boolean {
  return definitions.includes(ORDERS.max.choose) || definitions.includes(ORDERS.min.choose);
}
