/**
 * Trains for the simulator: a process that plays many volunteers, one lease at a time.
 *
 *     node simulator.cjs [--wasm FOLDER]
 *
 * It speaks as the evaluator does: frames with a length before them, a request's `id` in its reply. Ends when standard
 * input does.
 */
import { parseArgs } from "node:util";
import { decodeFrame } from "../shared/frames.ts";
import { inWords } from "./sentences.ts";
import { keepStdoutClean, readFrames, writeFrame } from "./stdio.ts";
import { VirtualVolunteers } from "./virtual.ts";
import { startBackend, wasmFolder } from "./wasm.ts";

async function main(): Promise<void> {
  keepStdoutClean();
  const { values } = parseArgs({ options: { wasm: { type: "string", default: wasmFolder() } } });
  await startBackend("wasm", values.wasm);
  const volunteers = new VirtualVolunteers();
  for await (const bytes of readFrames(process.stdin)) {
    const { header, payload } = decodeFrame(bytes);
    const id = header.id as number;
    try {
      const reply = await volunteers.handle(header, payload);
      await writeFrame(process.stdout, { type: "reply", id, ...reply.header }, reply.payload);
    } catch (error) {
      const message = inWords(error instanceof Error ? error.message : String(error));
      await writeFrame(process.stdout, { type: "error", id, code: "evaluator_failed", message });
    }
  }
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
