import type { Results } from "../results.ts";
export function drawSweep(_: Results): string {
  return "";
}
