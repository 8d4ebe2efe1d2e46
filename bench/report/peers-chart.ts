import type { Results } from "../results.ts";
export function drawPeers(_: Results): string {
  return "";
}
