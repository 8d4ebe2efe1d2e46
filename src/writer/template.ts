/** Templates: valid TypeScript files of the package, read as trees. */
import type { SourceFile } from "ts-morph";
import { loadPackage, readTemplate } from "./packages.ts";

/** Reads and parses a template of the package's `templates/`. */
export function openTemplate(name: string): SourceFile {
  return parseTypeScript(name, readTemplate(name));
}

/** Parses a text in a project of its own: no disk, no libraries, no configuration. */
export function parseTypeScript(name: string, text: string): SourceFile {
  const { Project } = loadPackage("ts-morph");
  const project = new Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    skipFileDependencyResolution: true,
  });
  return project.createSourceFile(name, text);
}
