import type { Results } from "../results.ts";
export function drawPeak(_: Results): string {
  return "";
}
