// The package as a program of CommonJS sees it.
"use strict";
const { checkModules, ENTRIES } = require("./consumer-checks.mjs");

const modules = {};
for (const entry of ENTRIES) modules[entry] = require(entry);
checkModules(modules, "require").catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
