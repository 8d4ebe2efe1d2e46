/** Kernel sources as an emitter would make them, by hand. */
import type { FunctionSource, KernelSource } from "../../src/emit/source.ts";

/** A kernel with scratch, a routine and a default parameter. */
export function handMadeSource(changes: Partial<KernelSource> = {}, main: Partial<FunctionSource> = {}): KernelSource {
  return {
    name: "double",
    target: "typescript",
    integers: [],
    scratch: [{ name: "rows", type: "Float64Array", initial: "new Float64Array(3)" }],
    routines: [
      {
        name: "fillRows",
        documentation: ["rows = x"],
        parameters: [{ name: "x", type: "Float32Array" }],
        returns: "void",
        body: "for (let i = 0; i < 3; i++) {\n  rows[i] = x[i]!;\n}",
        bytecode: 40,
      },
    ],
    main: {
      name: "double",
      documentation: ["`i -> i`", "", "x: 3"],
      parameters: [
        { name: "x", type: "Float32Array" },
        { name: "out", type: "Float32Array", initial: "new Float32Array(3)" },
      ],
      returns: "Float32Array",
      body: "fillRows(x);\nfor (let i = 0; i < 3; i++) {\n  out[i] = 2 * rows[i]!;\n}\nreturn out;",
      bytecode: 60,
      ...main,
    },
    text: "",
    toString: () => "",
    ...changes,
  };
}
