/**
 * Lowers a nest whose monoid has several components: an accumulator each; or, where several values of the output's indices
 * meet in one element, scratch as long as the target each, of whose states the results are stored in the end.
 *
 *     nest out[i] first max= (a[4*i + j], j)   -->   for i { accumulator max = -Infinity; accumulator first = Infinity
 *       for i 8                                              for j { value a = a[4*i + j]; value isNew = ...
 *       for j 4                                                      max = isNew ? a : max; first = isNew ? j : first }
 *                                                            out[i] = first }
 *
 * Invariant: what is computed of a state is a value of its own before any component is assigned.
 */
import type { Affine } from "../affine/affine.ts";
import { InternalError, required } from "../support/errors.ts";
import type { Buffer, Expression, Statement, VariableExpression } from "./kernel.ts";
import { lowerRows } from "./lower-rows.ts";
import { lowerLoops, placeAt, storeAt, storeEach, type LowerReduction } from "./lower.ts";
import { constant, load } from "./values.ts";

/** Lowers what keeps no single accumulator: rows, and states. */
export const lowerRowsAndStates: LowerReduction = (nest, ...rest) =>
  nest.rows ? lowerRows(nest, ...rest) : lowerStates(nest, ...rest);

/** Where a component of the state is. */
interface Component {
  readonly start: Statement;
  /** At an address of the target; appends what has to come first to `statements`. */
  read(address: Affine, statements: Statement[]): Expression;
  write(address: Affine, value: Expression): Statement;
}

const lowerStates: LowerReduction = (nest, names, depth, positions) => {
  const { reduce, target, states } = nest;
  if (typeof reduce === "string") throw new InternalError(`a ${reduce} has one component`);
  const components = reduce.components.map(({ identity }, at) => {
    const name = required(names.state[at], "a name");
    const buffer = states?.[at];
    return buffer ? inMemory(name, identity, buffer) : inAccumulator(name, identity);
  });
  const readState = (address: Affine, statements: Statement[]): Expression[] =>
    components.map(({ read }) => read(address, statements));
  const place = placeAt(positions);
  const resultAt = (address: Affine, statements: Statement[]): Expression => {
    const state = readState(address, statements);
    const [result] = names.compute([reduce.result], place, statements, (at) => required(state[at], "a component"));
    return required(result, "a result");
  };
  const combined = lowerLoops(nest, depth, positions, {
    names,
    leaf: (inner) => {
      const here = placeAt(inner);
      const statements: Statement[] = [];
      const address = here.address(target);
      const point = names.terms(here, statements);
      const both = [...readState(address, statements), ...point];
      const next = names.compute(reduce.combine, here, statements, (at) => required(both[at], "a component"));
      return [...statements, ...components.map(({ write }, at) => write(address, required(next[at], "a component")))];
    },
  });
  const statements: Statement[] = [];
  const stored = states
    ? storeEach(nest, names, resultAt)
    : storeAt(nest, names, positions, resultAt(place.address(target), statements));
  return [...components.map(({ start }) => start), ...combined, ...statements, ...stored];
};

function inAccumulator(name: string, identity: number): Component {
  const variable: VariableExpression = { kind: "variable", type: "f64", name };
  return {
    start: { kind: "accumulator", name, initial: constant(identity, "f64") },
    read: () => variable,
    write: (_, value) => ({ kind: "assign", name, value }),
  };
}

function inMemory(name: string, identity: number, buffer: Buffer): Component {
  return {
    start: { kind: "fill", buffer, value: identity },
    read(address, statements) {
      statements.push({ kind: "value", name, value: load(buffer, address) });
      return { kind: "variable", type: "f64", name };
    },
    write: (address, value) => ({ kind: "store", buffer, address, value }),
  };
}
