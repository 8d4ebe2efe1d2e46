// The package as a program of modules sees it.
import { checkModules, ENTRIES } from "./consumer-checks.mjs";

const modules = {};
for (const entry of ENTRIES) modules[entry] = await import(entry);
await checkModules(modules, "import");
