/**
 * Binds a spec to the options of `compile`: layouts are checked, then sizes inferred.
 */
import type { EinsumSpec } from "../spec/ast.ts";
import { bindOperands, type BoundSpec } from "./bind-operands.ts";
import type { Contraction } from "./contraction.ts";
import { checkOperandNames, checkOperands } from "./operand-options.ts";
import type { BindOptions } from "./options.ts";

/**
 * Gives a spec its meaning for operands of known shapes.
 * Refuses shapes that do not fit: conflicting or undetermined sizes, ranks, reads outside an axis without padding.
 */
export function bind(spec: EinsumSpec, options: BindOptions): Contraction {
  return bindSpec(spec, options).contraction;
}

/** As `bind`; also tells where every size came from. */
export function bindSpec(parsed: EinsumSpec, options: BindOptions): BoundSpec {
  const operands = checkOperands(options, parsed);
  const { sizes, params, outputShape, reduce, combine } = options;
  const bound = bindOperands(parsed, operands, { sizes, params, outputShape, reduce, combine });
  checkOperandNames(operands);
  return bound;
}
