/**
 * The process of one contender and one workload. It checks the result of every variant, element by element, before it
 * warms it up; what is wrong is never timed. Started by `remote.ts`, which names the contender.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { requireClose } from "./check.ts";
import type { Context, Contender, Variant } from "./contenders/contender.ts";
import { contenderNamed } from "./contenders/list.ts";
import { warmUp, type Warmed } from "./measure.ts";
import { multiplyAdd } from "./peak.ts";
import type { Answer, PreparedVariant, Request } from "./protocol.ts";
import { allocate, countOf, type Dtype, type Workload } from "./workload.ts";

/** What may be measured, by the number of its variant. */
const warmed = new Map<number, Warmed>();

process.on("message", (request: Request) => {
  answer(request).then(send, (error: unknown) => send({ kind: "failed", message: describe(error) }));
});
process.on("disconnect", () => process.exit());
send({ kind: "ready" });

async function answer(request: Request): Promise<Answer> {
  switch (request.kind) {
    case "prepare-peak":
      warmed.set(0, await warmUp(multiplyAdd, request.warm));
      return { kind: "prepared", variants: [{ label: "peak", asGiven: true }] };
    case "prepare":
      return { kind: "prepared", variants: await prepare(request) };
    case "measure": {
      const ready = warmed.get(request.variant);
      if (!ready) throw new Error(`variant ${request.variant} is not prepared`);
      return { kind: "measured", time: await ready.slice(request.budget) };
    }
  }
}

type Prepare = Extract<Request, { kind: "prepare" }>;

async function prepare({ workload, module, expected, warm }: Prepare): Promise<PreparedVariant[]> {
  const contender = contenderNamed(process.argv[2] ?? "");
  const context: Context = { module };
  const prepared: PreparedVariant[] = [];
  for (const [at, variant] of (await contender.prepare(workload, context)).entries()) {
    const { label, asGiven } = variant;
    try {
      await check(contender, variant, workload, expected);
      warmed.set(at, await warmUp(() => variant.run(), warm));
      prepared.push({ label, asGiven });
    } catch (error) {
      prepared.push({ label, asGiven, failure: describe(error) });
    }
  }
  return prepared;
}

/** Plain loops tell what is expected; the others must agree with them. */
async function check({ kind }: Contender, variant: Variant, workload: Workload, path: string): Promise<void> {
  const found = await variant.result();
  const length = countOf(workload.outputShape);
  if (kind === "plain") {
    const own = allocate(workload.dtype, length);
    if (found.length !== length) throw new Error(`${found.length} elements, expected ${length}`);
    own.set(found);
    writeFileSync(path, new Uint8Array(own.buffer));
  } else {
    requireClose(found, readFloats(path, workload.dtype, length), workload.dtype);
  }
}

function readFloats(path: string, dtype: Dtype, length: number): ArrayLike<number> {
  const floats = allocate(dtype, length);
  new Uint8Array(floats.buffer).set(readFileSync(path));
  return floats;
}

function describe(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split("\n")[0] ?? "").slice(0, 300);
}

function send(message: Answer): void {
  process.send?.(message);
}
