/**
 * The process of one contender and one workload. A library meets small shapes, then comes each variant's first call,
 * whose result is checked, element by element, before it is warmed up: of what is wrong, no time is told. Started by
 * `remote.ts`, which names the contender.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { requireClose } from "./check.ts";
import type { Context, Contender, Variant } from "./contenders/contender.ts";
import { contenderNamed } from "./contenders/list.ts";
import { describeFailure } from "./failure.ts";
import { startWatch, timeAwaited, warmUp, type Warmed } from "./measure.ts";
import { multiplyAdd } from "./peak.ts";
import type { Answer, PreparedVariant, Request } from "./protocol.ts";
import { allocate, countOf, type Dtype, type Workload } from "./workload.ts";
import { shrinkOtherwise } from "./workloads.ts";

/** What may be measured, by the number of its variant. */
const warmed = new Map<number, Warmed>();

process.on("message", (request: Request) => {
  answer(request).then(send, (error: unknown) => send({ kind: "failed", message: describeFailure(error) }));
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

async function prepare({ workload, module, expected, library, warm }: Prepare): Promise<PreparedVariant[]> {
  const contender = contenderNamed(process.argv[2] ?? "");
  const context: Context = { module };
  const prepared: PreparedVariant[] = [];
  for (const [at, variant] of (await contender.prepare(workload, context)).entries()) {
    const { label, asGiven } = variant;
    try {
      if (!contender.bare) await meetSmallShapes(contender, label, workload, library);
      const first = await timeAwaited(() => use(variant));
      await check(contender, variant, workload, expected);
      const ready = await warmUp(() => variant.run(), warm, first);
      warmed.set(at, ready);
      prepared.push({ label, asGiven, samples: [{ each: first, time: first }, ...ready.samples] });
    } catch (error) {
      prepared.push({ label, asGiven, failure: describeFailure(error) });
    }
  }
  return prepared;
}

/**
 * Lets a library do the same computation on shapes that it will not be asked for, so that its own code, of which
 * nothing depends on the workload's shape, is loaded and has run. Whatever fails here fails for the workload, too, or
 * is none of its business.
 */
async function meetSmallShapes(contender: Contender, label: string, workload: Workload, budget: number): Promise<void> {
  const watch = startWatch();
  try {
    for (let round = 0; watch() < budget; round++) {
      const small = shrinkOtherwise(workload, round);
      const variants = await contender.prepare(small, { module: "" });
      const variant = variants.find((other) => other.label === label);
      if (!variant) return;
      await use(variant);
    }
  } catch {
    return;
  }
}

function use(variant: Variant): unknown {
  return variant.firstUse ? variant.firstUse() : variant.run();
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

function send(message: Answer): void {
  process.send?.(message);
}
