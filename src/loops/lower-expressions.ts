/**
 * Lowers the term and the finish of a nest: typed expressions over what is loaded, and names for what occurs more than once.
 *
 *     term relu(a) * b          -->   value a = a[i]; value aIn = max(a, 0); value b = b[j]; acc sum= aIn * b
 *     finish relu(acc + bias)   -->   value bias = bias[i]; out[4*i + j] = max(acc + bias, 0)
 *
 * Invariant: each element, each part that reads one operand alone, and each shared part is declared once before the value
 * that uses it.
 */
import type { Affine } from "../affine/affine.ts";
import { valueTypeOf } from "../ir/dtype.ts";
import type { FunctionDefinition } from "../ir/element-function.ts";
import { componentsOf, elementsIn, includes, isTruth, partsOf, type Elementwise } from "../ir/elementwise.ts";
import { partsOfTerm } from "../ir/product.ts";
import { InternalError, required } from "../support/errors.ts";
import type { Expression, Kernel, Statement } from "./kernel.ts";
import type { RoutineNames } from "./names.ts";
import { accessOf, type BufferAccess, type LoopNest } from "./nest.ts";
import { expressionOf, visitExpression, visitStatements } from "./rewrite.ts";
import { constant, convertTo, load, truthOf } from "./values.ts";

/** Where a value is computed: what addresses and positions over the indices are there. */
export interface Place {
  address(access: BufferAccess): Affine;
  position(over: Affine): Affine;
}

/** Computes the expressions of a nest; appends what has to come first to `statements`. */
export interface NestExpressions {
  /** What the components of its state are called, where there are several. */
  readonly state: readonly string[];
  /** The components of the term. */
  terms(place: Place, statements: Statement[]): readonly Expression[];
  /** Several expressions, in which equal parts that are shared are computed once. */
  compute(
    parts: readonly Elementwise[],
    place: Place,
    statements: Statement[],
    elementAt: ElementAt,
  ): readonly Expression[];
  finish(value: Expression, place: Place, statements: Statement[]): Expression;
}

/** The element of an access, by its number. */
type ElementAt = (access: number) => Expression;

/** Lowers the expressions of one nest, under names that stay the same wherever its body is repeated. */
export function lowerExpressions(nest: LoopNest, names: RoutineNames): NestExpressions {
  const { dtype, operands, term, reduce, finish } = nest;
  const type = valueTypeOf(dtype);
  const finishNames = new Map(elementsIn(finish).map((read) => [read, names.choose(accessOf(nest, read).buffer.name)]));
  const state = typeof reduce === "string" ? [] : reduce.components.map(({ name }) => names.choose(name));
  const partNames = new Map<Elementwise, string>();
  // Parts over one operand are values of their own: some loop may not change them.
  const terms = componentsOf(term);
  for (const part of operands.length > 0 ? terms.flatMap((component) => partsOfTerm(component).parts) : []) {
    const [read, another] = elementsIn(part);
    if (part.kind === "element" || read === undefined || another !== undefined) continue;
    partNames.set(part, names.choose(`${accessOf(nest, read).buffer.name}In`));
  }
  // What a state of several components is combined of is read more than once.
  for (const component of terms.length > 1 ? terms : []) {
    if (partsOf(component).length > 0 && !partNames.has(component)) partNames.set(component, names.choose("term"));
  }

  function lower(
    expression: Elementwise,
    place: Place,
    statements: Statement[],
    elementAt: ElementAt,
    value?: Expression,
    declared = new Map<Elementwise, Expression>(),
  ): Expression {
    const once = (key: Elementwise, made: Elementwise): Expression => {
      const name = partNames.get(key) ?? names.choose("value");
      partNames.set(key, name);
      const known = declared.get(key) ?? declare(name, compute(made), statements);
      declared.set(key, known);
      return known;
    };
    const visit = (part: Elementwise): Expression =>
      part.kind === "shared" ? once(part, part.value) : partNames.has(part) ? once(part, part) : compute(part);
    const compute = (part: Elementwise): Expression => {
      switch (part.kind) {
        case "value":
          return convertTo(required(value, "a reduced value"), dtype);
        case "constant":
          return constant(part.value, type);
        case "integer":
          return { kind: "integer", type: "f64", value: place.position(part.value) };
        case "element":
          return convertTo(elementAt(part.access), dtype);
        case "binary":
          if (isTruth(part)) return truthOf(visit(part.left));
          return { kind: "binary", type, operator: part.operator, left: visit(part.left), right: visit(part.right) };
        case "compare":
          return { kind: "compare", type, operator: part.operator, left: visit(part.left), right: visit(part.right) };
        case "select":
          return {
            kind: "select",
            type,
            condition: asksForPosition(part.condition) ? lowerPositions(part.condition, place) : visit(part.condition),
            yes: visit(part.yes),
            no: visit(part.no),
          };
        case "call":
          return { kind: "call", type, function: part.function, value: visit(part.value) };
        case "shared":
          return visit(part.value);
        case "wrap":
          return { kind: "convert", type, dtype, value: visit(part.value) };
        case "inside":
        case "tuple":
          throw new InternalError(`a nest is lowered whose term holds: ${part.kind}`);
      }
    };
    return visit(expression);
  }

  const compute: NestExpressions["compute"] = (parts, place, statements, elementAt) => {
    const declared = new Map<Elementwise, Expression>();
    return parts.map((part) => lower(part, place, statements, elementAt, undefined, declared));
  };

  return {
    state,
    compute,
    terms: (place, statements) => {
      const elements = operands.map((access, operand) =>
        declare(required(names.operands[operand], "a name"), load(access.buffer, place.address(access)), statements),
      );
      return compute(terms, place, statements, (read) => required(elements[read], `operand ${read}`));
    },
    finish: (value, place, statements) => {
      if (finish.kind === "value") return value;
      const loaded = new Map<number, Expression>();
      const elementAt = (read: number): Expression => {
        const access = accessOf(nest, read);
        const name = required(finishNames.get(read), "the name of an access");
        const known = loaded.get(read) ?? declare(name, load(access.buffer, place.address(access)), statements);
        loaded.set(read, known);
        return known;
      };
      return lower(finish, place, statements, elementAt, value);
    },
  };
}

/** Whether a condition speaks of positions alone, which are doubles whatever the elements are. */
function asksForPosition(condition: Elementwise): boolean {
  const isPosition = ({ kind }: Elementwise): boolean => kind === "integer";
  return includes(condition, isPosition) && elementsIn(condition).length === 0;
}

function lowerPositions(part: Elementwise, place: Place): Expression {
  const type = "f64";
  switch (part.kind) {
    case "constant":
      return constant(Number(part.value), type);
    case "integer":
      return { kind: "integer", type, value: place.position(part.value) };
    case "binary":
    case "compare": {
      const [left, right] = [lowerPositions(part.left, place), lowerPositions(part.right, place)];
      return part.kind === "binary"
        ? { kind: "binary", type, operator: part.operator, left, right }
        : { kind: "compare", type, operator: part.operator, left, right };
    }
    default:
      throw new InternalError(`a condition on positions holds a ${part.kind}`);
  }
}

function declare(name: string, value: Expression, statements: Statement[]): Expression {
  statements.push({ kind: "value", name, value });
  return { kind: "variable", type: value.type, name };
}

/** Adds the definitions of the functions that a kernel calls. */
export function withDefinitions(kernel: Kernel): Kernel {
  const definitions = new Set<FunctionDefinition>();
  for (const { body } of kernel.routines) {
    visitStatements(body, (statement) => {
      const expression = expressionOf(statement);
      if (!expression) return;
      visitExpression(expression, (part) => {
        if (part.kind === "call" && part.function.definition) definitions.add(part.function.definition);
      });
    });
  }
  return definitions.size > 0 ? { ...kernel, definitions: [...definitions] } : kernel;
}
