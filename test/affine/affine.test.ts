import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Affine,
  addAffine,
  affineKey,
  affineOf,
  affineRange,
  affineSize,
  constantAffine,
  dependsOn,
  derivative,
  equalAffine,
  evaluateAffine,
  factorsOf,
  fixVariable,
  multiplyAffines,
  scaleAffine,
  shiftAffine,
  shiftVariable,
  sizeAffine,
  substitute,
  sumAffines,
  symbolicDerivative,
  variableAffine,
  ZERO,
  printAffine,
} from "../../src/affine/affine.ts";
import { seedFromEnvironment } from "../support/random.ts";

const seed = seedFromEnvironment(20);
const NAMES = ["x", "y", "k", "__proto__"];

const affine: fc.Arbitrary<Affine> = fc
  .tuple(fc.uniqueArray(fc.constantFrom(...NAMES)), fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 4 }))
  .map(([names, values]) => affineOf(new Map(names.map((name, at) => [name, values[at] ?? 0])), values[3] ?? 0));

/** A value for every variable. */
const point = fc
  .array(fc.integer({ min: -4, max: 4 }), { minLength: NAMES.length, maxLength: NAMES.length })
  .map((values) => (name: string) => values[NAMES.indexOf(name)] as number);

function check<T extends unknown[]>(arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> }, holds: (...given: T) => void) {
  fc.assert(
    fc.property(fc.tuple<T>(...arbitraries), (given) => holds(...given)),
    { seed, numRuns: 300 },
  );
}

/** No coefficient is 0, no variable occurs twice, and nothing is -0. */
function expectCanonical({ terms, constant }: Affine): void {
  expect(new Set(terms.map(({ variable }) => variable)).size).toBe(terms.length);
  expect(terms.every(({ coefficient }) => coefficient !== 0)).toBe(true);
  expect(Object.is(constant, -0)).toBe(false);
}

const x = variableAffine("x");
const y = variableAffine("y");

describe("affine expressions", () => {
  it("make nothing of a coefficient of 0", () => {
    expect(variableAffine("x", 0)).toEqual(ZERO);
    expect(constantAffine(0)).toBe(ZERO);
    expect(affineOf(new Map([["x", 0]]), 2)).toEqual(constantAffine(2));
  });

  it("add up point by point", () => {
    check<[Affine, Affine, (name: string) => number]>([affine, affine, point], (a, b, at) => {
      const sum = addAffine(a, b);
      expectCanonical(sum);
      expect(evaluateAffine(sum, at)).toBe(evaluateAffine(a, at) + evaluateAffine(b, at));
      expect(equalAffine(sum, sumAffines([a, b]))).toBe(true);
    });
  });

  it("keep the order of their variables, and drop those that cancel", () => {
    expect(printAffine(addAffine(addAffine(x, y), addAffine(variableAffine("k"), x)))).toBe("2*x + y + k");
    expect(addAffine(addAffine(x, y), variableAffine("x", -1))).toEqual(y);
    expect(sumAffines([x, y, variableAffine("x", -1)])).toEqual(y);
    expect(sumAffines([])).toEqual(ZERO);
  });

  it("scale and shift point by point", () => {
    const factor = fc.integer({ min: -3, max: 3 });
    check<[Affine, number, number, (name: string) => number]>([affine, factor, factor, point], (a, times, by, at) => {
      const moved = shiftAffine(scaleAffine(a, times), by);
      expectCanonical(moved);
      expect(evaluateAffine(moved, at)).toBe(evaluateAffine(a, at) * times + by);
    });
  });

  it("substitute all variables at once", () => {
    check<[Affine, Affine, Affine, (name: string) => number]>([affine, affine, affine, point], (a, b, c, at) => {
      const result = substitute(a, new Map([["x", b], ["y", c]])); // prettier-ignore
      expectCanonical(result);
      const values = new Map([["x", evaluateAffine(b, at)], ["y", evaluateAffine(c, at)]]); // prettier-ignore
      expect(evaluateAffine(result, at)).toBe(evaluateAffine(a, (name) => values.get(name) ?? at(name)));
    });
    const swapped = substitute(addAffine(variableAffine("x", 2), y), new Map([["x", y], ["y", x]])); // prettier-ignore
    expect(printAffine(swapped)).toBe("2*y + x");
  });

  it("have the difference of neighbours for a derivative", () => {
    check<[Affine, (name: string) => number]>([affine, point], (a, at) => {
      for (const name of NAMES) {
        const next = (other: string): number => at(other) + (other === name ? 1 : 0);
        expect(derivative(a, name)).toBe(evaluateAffine(a, next) - evaluateAffine(a, at));
      }
    });
  });

  it("range over what their variables reach", () => {
    const sizes = fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 4 }));
    check<[Affine, [number, number]]>([affine, sizes], (a, [sizeOfX, size]) => {
      const sizeOf = (name: string): number => (name === "x" ? sizeOfX : size);
      const values: number[] = [];
      const visit = (names: readonly string[], chosen: ReadonlyMap<string, number>): void => {
        const [name, ...rest] = names;
        if (name === undefined) values.push(evaluateAffine(a, (variable) => chosen.get(variable) as number));
        else for (let value = 0; value < sizeOf(name); value++) visit(rest, new Map(chosen).set(name, value));
      };
      visit(NAMES, new Map());
      expect(affineRange(a, sizeOf)).toEqual({ min: Math.min(...values), max: Math.max(...values) });
    });
  });

  it("have equal keys exactly where they are equal", () => {
    check<[Affine, Affine]>([affine, affine], (a, b) => {
      expect(affineKey(a) === affineKey(b)).toBe(equalAffine(a, b));
      const reversed = { terms: [...a.terms].reverse(), constant: a.constant };
      expect(affineKey(reversed)).toBe(affineKey(a));
      expect(equalAffine(reversed, a)).toBe(true);
    });
  });

  it.each([
    [ZERO, "0"],
    [constantAffine(-3), "-3"],
    [x, "x"],
    [variableAffine("x", -1), "-x"],
    [variableAffine("x", -2), "-2*x"],
    [shiftAffine(addAffine(variableAffine("y", 2), variableAffine("ky")), -1), "2*y + ky - 1"],
    [shiftAffine(addAffine(variableAffine("y", -1), variableAffine("k", -3)), 4), "-y - 3*k + 4"],
  ])("print %j as %s", (expression, text) => {
    expect(printAffine(expression)).toBe(text);
  });

  it("print under other names", () => {
    expect(printAffine(addAffine(x, variableAffine("y", 3)), (name) => `${name}0`)).toBe("x0 + 3*y0");
  });

  it("add and substitute thousands of terms soon", () => {
    const many = Array.from({ length: 20_000 }, (_, at) => variableAffine(`x${at}`));
    const started = performance.now();
    const sum = sumAffines(many);
    const shifted = substitute(sum, new Map(sum.terms.map(({ variable }) => [variable, x])));
    expect(performance.now() - started).toBeLessThan(2000);
    expect(printAffine(shifted)).toBe("20000*x");
  });

  describe("with symbolic coefficients", () => {
    const [h, w, n, i] = ["h", "w", "n", "i"].map((name) => variableAffine(name)) as [Affine, Affine, Affine, Affine];

    it("multiply sizes by sizes, and by an index last", () => {
      const stride = multiplyAffines(h, shiftAffine(w, 1));
      expect(printAffine(stride)).toBe("h*w + h");
      expect(printAffine(multiplyAffines(stride, shiftAffine(scaleAffine(i, 2), -1)))).toBe(
        "2*h*w*i + 2*h*i - h*w - h",
      );
      expect(multiplyAffines(constantAffine(3), i)).toEqual(scaleAffine(i, 3));
      expect(multiplyAffines(n, ZERO)).toEqual(ZERO);
    });

    it("multiply point by point", () => {
      check<[Affine, Affine, (name: string) => number]>([affine, affine, point], (a, b, at) => {
        const product = multiplyAffines(a, b);
        const value = evaluateAffine(product, (variable) =>
          factorsOf(variable).reduce((result, factor) => result * at(factor), 1),
        );
        expect(value + 0).toBe(evaluateAffine(a, at) * evaluateAffine(b, at) + 0);
      });
    });

    it("have a symbolic derivative, of which the plain one is the integer part", () => {
      const address = addAffine(multiplyAffines(shiftAffine(w, 2), i), n);
      expect(printAffine(symbolicDerivative(address, "i"))).toBe("w + 2");
      expect(derivative(address, "i")).toBe(2);
      expect(dependsOn(address, "i")).toBe(true);
      // A size is no index of the address, though it is a factor of its strides.
      expect(dependsOn(multiplyAffines(w, i), "w")).toBe(false);
    });

    it("shift and fix a variable", () => {
      const address = multiplyAffines(w, i);
      expect(printAffine(shiftVariable(address, "i", 3))).toBe("w*i + 3*w");
      expect(printAffine(fixVariable(shiftAffine(address, 1), "i", 4))).toBe("4*w + 1");
      expect(fixVariable(n, "i", 4)).toBe(n);
    });

    it("substitute factors of a product", () => {
      const address = addAffine(multiplyAffines(multiplyAffines(h, w), i), n);
      const result = substitute(address, new Map([["w", constantAffine(5)], ["i", addAffine(i, n)]])); // prettier-ignore
      expect(printAffine(result)).toBe("5*h*i + 5*h*n + n");
    });

    it("are integers again where nothing is left of them", () => {
      expect(affineSize(substitute(multiplyAffines(h, w), new Map([["h", constantAffine(2)], ["w", constantAffine(3)]])))).toBe(6); // prettier-ignore
      expect(affineSize(n)).toBe(n);
      expect(sizeAffine(4)).toEqual(constantAffine(4));
    });
  });
});
