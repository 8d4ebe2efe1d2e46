import { describe, expect, it } from "vitest";
import { EinsumError } from "../../src/support/errors.ts";
import { openTemplate } from "../../src/writer/packages.ts";

describe("templates", () => {
  it.each(["module.ts", "index.ts"])("include %s, which is valid TypeScript", (name) => {
    const file = openTemplate(name);
    expect(file.getStatements().length).toBeGreaterThan(0);
    expect(file.getProject().getProgram().getSyntacticDiagnostics(file)).toEqual([]);
  });

  it("are said to be missing where they are", () => {
    expect(() => openTemplate("none.ts")).toThrow(
      new EinsumError({
        code: "templates-missing",
        summary: "the template 'none.ts' of einsmith is not found",
        remedy: "run where einsmith is installed: a bundle of 'einsmith/writer' reads its templates from the package",
      }),
    );
  });
});
