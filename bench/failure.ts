/** How a failure is told: in one line that says nothing of the machine's folders, because it is kept with the results. */

const LONGEST = 300;

/** An absolute path or file URL of two components or more; its last one is captured. */
const PATH = /(?:file:\/\/|(?<![\w./:]))(?:\/[^\s/:'"()]+)+\/([^\s/:'"()]+)/g;

/** The first line of what was thrown, without the folders of its paths. */
export function describeFailure(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return withoutFolders(message.split("\n")[0] ?? "").slice(0, LONGEST);
}

/** The line that says what went wrong among those that a process wrote before it ended, the line of its code aside. */
export function describeComplaints(text: string): string {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  const first = (pattern: RegExp): string | undefined => lines.find((line) => pattern.test(line));
  const line = first(/^\s*\w*Error\b/) ?? first(/error/i) ?? lines.at(-1) ?? "no message";
  return withoutFolders(line.trim()).slice(0, LONGEST);
}

function withoutFolders(text: string): string {
  return text.replaceAll(PATH, "$1");
}
