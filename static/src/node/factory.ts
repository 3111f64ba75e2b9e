/** A trainer for the session of a headless volunteer: one backend, chosen when the program starts. */
import { Examples } from "../trainer/examples.ts";
import { decodeShard } from "../trainer/shards.ts";
import { Trainer } from "../trainer/trainer.ts";
import { blankExamples } from "../worker/blank.ts";
import type { LeaseTrainer, ShardPart, TrainerFactory } from "../worker/session.ts";
import { type NodeBackend, startBackend } from "./wasm.ts";

/** What this process has used of the processor: a share of a core is one also where others want the core. */
function cpuMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function nodeTrainerFactory(backend: NodeBackend, wasm: string): TrainerFactory {
  return async ({ model, dataset, training }): Promise<LeaseTrainer> => {
    await startBackend(backend, wasm);
    const trainer = await Trainer.create(model, dataset, training);
    // Also warms up what the first lease would have to wait, and to rest, for.
    const blank = blankExamples(dataset, training.batch_size);
    const secondsPerIteration = await trainer.measure(blank, training.batch_size);
    const examplesOf = (parts: readonly ShardPart[]) =>
      new Examples(
        dataset,
        parts.map(({ bytes, first, last }) => ({ shard: decodeShard(bytes), first, last })),
      );
    return {
      backend,
      reason: "a headless volunteer computes on one core",
      secondsPerIteration,
      setWeights: (weights) => trainer.setWeights(weights),
      dispose: () => trainer.dispose(),
      async train(work, parts, hooks) {
        const result = await trainer.train(work, examplesOf(parts), {
          onStep: (done, loss, accuracy) => hooks.onStep(done, loss, accuracy),
          shouldStop: () => hooks.shouldStop(),
          share: () => hooks.share(),
          clock: cpuMilliseconds,
        });
        if (!result.complete) return null;
        return {
          iterations: result.iterations,
          num_examples: result.num_examples,
          seconds: result.seconds,
          worked: result.worked,
          loss: result.loss,
          accuracy: result.accuracy,
          payload: result.payload,
          tensors_before: result.tensorsBefore,
          tensors_after: result.tensorsAfter,
        };
      },
    };
  };
}
