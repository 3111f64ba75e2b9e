/** The browser's trainer: TF.js on the backend that is fastest on the run's own model. */

import type { DatasetConfig } from "../shared/protocol.ts";
import {
  BACKEND_NAMES,
  type BackendCandidate,
  candidates,
  chooseBackend,
  configureWasm,
  measureModel,
} from "../trainer/backend.ts";
import { Examples } from "../trainer/examples.ts";
import { forgetBackend } from "../trainer/runtime.ts";
import { decodeShard, type Shard } from "../trainer/shards.ts";
import { Trainer } from "../trainer/trainer.ts";
import { blankExamples } from "./blank.ts";
import type { LeaseTrainer, LeaseWork, ShardPart, TrainedLease, TrainerFactory, TrainHooks } from "./events.ts";
import type { BackendName, OwnExamples } from "./messages.ts";
import { countOf, ownShard, repeated } from "./own.ts";

/** A backend that failed so often in this session is not tried again. */
const MOST_FAILURES = 2;

/** `force`: use this backend and measure no other. `own`: train on these examples instead of those of the leases. */
export function browserTrainerFactory(force: BackendName | null, own: OwnExamples | null = null): TrainerFactory {
  // The bundle lies in a folder beside the wasm files.
  configureWasm(new URL("..", import.meta.url).href);
  return async ({ model, dataset, training, failures }) => {
    const failed = (name: BackendName) => failures[name] ?? 0;
    for (const name of BACKEND_NAMES) if (failed(name) > 0) forgetBackend(name);
    const examples = blankExamples(dataset, training.batch_size);
    const measure = measureModel(model, dataset, training, examples);
    const useForced = force !== null && failed(force) < MOST_FAILURES;
    const choice = await chooseBackend(
      measure,
      useForced ? { force } : { candidates: (await candidates()).map((one) => judged(one, failed(one.name))) },
    );
    const secondsPerIteration = choice.secondsPerIteration ?? (await measure(choice.name));
    const trainer = await Trainer.create(model, dataset, training);
    const shard = own && ownShard(own, dataset);
    return new TfjsTrainer(trainer, dataset, shard, choice.name, choice.reason, secondsPerIteration);
  };
}

function judged(candidate: BackendCandidate, failures: number): BackendCandidate {
  if (failures < MOST_FAILURES) return candidate;
  return { ...candidate, skipped: `${candidate.name} has failed ${failures} times here` };
}

class TfjsTrainer implements LeaseTrainer {
  readonly backend: string;
  readonly reason: string;
  readonly secondsPerIteration: number;
  private readonly trainer: Trainer;
  private readonly dataset: DatasetConfig;
  private readonly own: Shard | null;
  private readonly decoded = new WeakMap<Uint8Array, Shard>();

  constructor(
    trainer: Trainer,
    dataset: DatasetConfig,
    own: Shard | null,
    backend: string,
    reason: string,
    secondsPerIteration: number,
  ) {
    this.trainer = trainer;
    this.dataset = dataset;
    this.own = own;
    this.backend = backend;
    this.reason = reason;
    this.secondsPerIteration = secondsPerIteration;
  }

  setWeights(weights: Float32Array): void {
    this.trainer.setWeights(weights);
  }

  async train(work: LeaseWork, parts: readonly ShardPart[], hooks: TrainHooks): Promise<TrainedLease | null> {
    const { own } = this;
    const chosen = own
      ? repeated(own, countOf(parts))
      : parts.map(({ bytes, first, last }) => ({ shard: this.decode(bytes), first, last }));
    const examples = new Examples(this.dataset, chosen);
    const result = await this.trainer.train(work, examples, hooks);
    if (!result.complete) return null;
    const { iterations, num_examples, seconds, worked, loss, accuracy, payload, tensorsBefore, tensorsAfter } = result;
    return {
      iterations,
      num_examples,
      seconds,
      worked,
      loss,
      accuracy,
      payload,
      tensors_before: tensorsBefore,
      tensors_after: tensorsAfter,
    };
  }

  dispose(): void {
    try {
      this.trainer.dispose();
    } catch {
      // A lost GPU cannot free what it held; the next start of the backend begins afresh.
    }
  }

  private decode(bytes: Uint8Array): Shard {
    const found = this.decoded.get(bytes) ?? decodeShard(bytes);
    this.decoded.set(bytes, found);
    return found;
  }
}
