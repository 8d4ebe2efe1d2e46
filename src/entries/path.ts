/**
 * `einsmith/path`: the order of contraction. A program that imports it knows every optimizer by its name, wherever a name is
 * taken: this is the one module of the package whose import does something.
 */
import { carrySearches } from "../path/choose.ts";
import { createSearch } from "../path/search/optimizers.ts";

export * from "../path/index.ts";
export { EinsumError, InternalError, UnsupportedError } from "../support/errors.ts";

carrySearches(createSearch);
