import ts from "typescript";
import { describe, expect, it } from "vitest";
import { emitKernel } from "../../src/emit/kernel.ts";
import type { Kernel } from "../../src/loops/kernel.ts";
import { naiveMatmul, paddedMean, stationaryMatmul } from "../support/kernels.ts";
import { anyAndAll, largestProduct, longSum, mixedSum, remainder, smallestBig } from "./samples.ts";

const KERNELS: readonly Kernel[] = [
  naiveMatmul(),
  naiveMatmul("int32"),
  naiveMatmul("int64"),
  stationaryMatmul("float32"),
  stationaryMatmul("uint64"),
  paddedMean(),
  anyAndAll(),
  largestProduct(),
  longSum(),
  mixedSum(),
  remainder(),
  smallestBig(),
];

const DOCUMENTATION = ["ij,jk->ik", "", "4x3 by 3x5"];

describe("emitKernel, to TypeScript", () => {
  it("annotates parameters, the result and elements, and says what is in memory of its own", () => {
    expect(emitKernel(stationaryMatmul(), { target: "typescript", documentation: DOCUMENTATION }).text).toBe(`/**
 * ij,jk->ik
 *
 * 4x3 by 3x5
 */
export function matmul(
  a: Float64Array,
  b: Float64Array,
  out?: Float64Array<ArrayBuffer>,
): Float64Array<ArrayBuffer>;
export function matmul(a: Float64Array, b: Float64Array, out?: Float64Array): Float64Array;
export function matmul(
  a: Float64Array,
  b: Float64Array,
  out: Float64Array = new Float64Array(20),
): Float64Array {
  if (a.length < 12) throw new RangeError("matmul: a needs 12 elements, found " + a.length);
  if (b.length < 15) throw new RangeError("matmul: b needs 15 elements, found " + b.length);
  if (out.length !== 20) throw new RangeError("matmul: out must have 20 elements, found " + out.length);
  out.fill(0);
  for (let i = 0; i < 4; i++) {
    const aAt = 3 * i;
    const a0 = a[aAt]!;
    const a1 = a[aAt + 1]!;
    const a2 = a[aAt + 2]!;
    for (let k = 0; k < 5; k++) {
      out[5 * i + k]! += a0 * b[k]! + a1 * b[k + 5]! + a2 * b[k + 10]!;
    }
  }
  return out;
}
`);
  });

  it("gives the JavaScript once its types are stripped", () => {
    // The doc comment belongs to the first signature, which goes with the types.
    const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, removeComments: true };
    const plain = (text: string): string => ts.transpileModule(text, { compilerOptions }).outputText;
    for (const kernel of KERNELS) {
      const [typed, untyped] = (["typescript", "javascript"] as const).map((target) => {
        return plain(emitKernel(kernel, { target, documentation: DOCUMENTATION }).text);
      });
      expect(words(typed as string)).toEqual(words(untyped as string));
    }
  });

  it("type-checks under every strictness option", () => {
    const texts = new Map(
      KERNELS.map((kernel, at) => {
        return [`/kernel${at}.ts`, emitKernel(kernel, { target: "typescript", documentation: DOCUMENTATION }).text];
      }),
    );
    expect(diagnostics(texts)).toEqual([]);
    expect(diagnostics(new Map([["/wrong.ts", "export const wrong: string = new Float64Array(1)[0];"]]))).toEqual([
      "/wrong.ts: Type 'number | undefined' is not assignable to type 'string'.",
    ]);
  });
});

/** What formatting leaves alone. */
function words(text: string): string[] {
  return text.match(/[^\s()\[\];,]+|[()\[\];]/gu) ?? [];
}

function diagnostics(texts: ReadonlyMap<string, string>): string[] {
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    lib: ["lib.es2022.d.ts"],
    types: [],
    strict: true,
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noImplicitReturns: true,
    isolatedModules: true,
    isolatedDeclarations: true,
    declaration: true,
    noEmit: true,
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile } = host;
  host.getSourceFile = (name, version, ...rest) => {
    const text = texts.get(name);
    return text === undefined ? getSourceFile(name, version, ...rest) : ts.createSourceFile(name, text, version);
  };
  host.fileExists = (name) => texts.has(name) || ts.sys.fileExists(name);
  const program = ts.createProgram([...texts.keys()], options, host);
  return ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
    return `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, "\n").split("\n")[0]}`;
  });
}
