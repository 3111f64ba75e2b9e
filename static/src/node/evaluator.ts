/**
 * The evaluator: a process of the server's that runs the volunteers' trainer code on data and weights that it trusts.
 *
 *     node evaluator.cjs [--wasm FOLDER]
 *
 * Requests come on standard input and replies go to standard output, one for one and in order, as frames with a length
 * before them. A request's `type` says what to do and its `id` comes back; a reply is of type `reply`, or `error` with
 * `code` and `message`. Ends when standard input does.
 */
import { parseArgs } from "node:util";
import { decodeFrame, type Frame } from "../shared/frames.ts";
import { TrainerError } from "../trainer/errors.ts";
import { inWords } from "./sentences.ts";
import { EvaluatorService } from "./service.ts";
import { keepStdoutClean, readFrames, writeFrame } from "./stdio.ts";
import { startBackend, wasmFolder } from "./wasm.ts";

async function answer(service: EvaluatorService, { header, payload }: Frame): Promise<void> {
  const id = header.id as number;
  try {
    const reply = await service.handle(header, payload);
    await writeFrame(process.stdout, { type: "reply", id, ...reply.header }, reply.payload);
  } catch (error) {
    await writeFrame(process.stdout, { type: "error", id, ...describeError(error) });
  }
}

/** `invalid_model` and `invalid_dataset` are the owner's to mend; anything else is ours, and its trace goes to the log. */
function describeError(error: unknown): { code: string; message: string } {
  if (error instanceof TrainerError) return { code: error.code, message: error.message };
  console.error(error);
  return { code: "evaluator_failed", message: inWords(error instanceof Error ? error.message : String(error)) };
}

async function main(): Promise<void> {
  keepStdoutClean();
  const { values } = parseArgs({ options: { wasm: { type: "string", default: wasmFolder() } } });
  await startBackend("wasm", values.wasm);
  const service = new EvaluatorService();
  for await (const bytes of readFrames(process.stdin)) await answer(service, decodeFrame(bytes));
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
