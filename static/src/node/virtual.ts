/** Many volunteers in one process: each has an optimiser that remembers its earlier leases, as a real one's does. */
import { asFloat32 } from "../shared/frames.ts";
import type { DatasetConfig, LeaseWork, ModelConfig, TrainingConfig } from "../trainer/config.ts";
import { Examples } from "../trainer/examples.ts";
import { decodeShard, type Shard } from "../trainer/shards.ts";
import { Trainer } from "../trainer/trainer.ts";
import type { Reply } from "./requests.ts";

interface Setup {
  model: ModelConfig;
  dataset: DatasetConfig;
  training: TrainingConfig;
}

interface TrainRequest extends LeaseWork {
  volunteer: string;
  flipped: boolean;
  parts: [string, number, number][];
}

export class VirtualVolunteers {
  readonly #shards = new Map<string, Shard>();
  readonly #flipped = new Map<string, Shard>();
  readonly #trainers = new Map<string, Trainer>();
  #setup: Setup | null = null;

  async handle(header: Record<string, unknown>, payload: Uint8Array): Promise<Reply> {
    switch (header.type) {
      case "setup":
        this.#reset();
        this.#shards.clear();
        this.#setup = JSON.parse(new TextDecoder().decode(payload)) as Setup;
        return { header: {} };
      case "shard":
        this.#shards.set(String(header.name), decodeShard(payload));
        return { header: {} };
      case "reset":
        this.#reset();
        return { header: {} };
      case "forget":
        this.#forget(String(header.volunteer));
        return { header: {} };
      case "train":
        return this.#train(header as unknown as TrainRequest, asFloat32(payload));
      default:
        throw new Error(`unknown request ${String(header.type)}`);
    }
  }

  async #train(request: TrainRequest, base: Float32Array): Promise<Reply> {
    const { dataset } = this.#ready();
    const parts = request.parts.map(([name, first, last]) => {
      const shard = request.flipped ? this.#flippedShard(name) : this.#shards.get(name);
      if (!shard) throw new Error(`there is no shard ${name}`);
      return { shard, first, last };
    });
    const trainer = await this.#trainerOf(request.volunteer);
    trainer.setWeights(base);
    const { iterations, loss, accuracy, payload, finite } = await trainer.train(request, new Examples(dataset, parts));
    return { header: { iterations, loss, accuracy, finite }, payload };
  }

  /** The same examples with false labels: the last class for the first, and so on. */
  #flippedShard(name: string): Shard | undefined {
    const known = this.#flipped.get(name);
    const shard = this.#shards.get(name);
    const classes = this.#ready().dataset.targets.num_classes;
    if (known || !shard || classes === null || classes === undefined) return known;
    const data = shard.targets.data.map((value) => classes - 1 - value) as typeof shard.targets.data;
    const made = { ...shard, targets: { ...shard.targets, data } };
    this.#flipped.set(name, made);
    return made;
  }

  async #trainerOf(volunteer: string): Promise<Trainer> {
    const known = this.#trainers.get(volunteer);
    if (known) return known;
    const { model, dataset, training } = this.#ready();
    const made = await Trainer.create(model, dataset, training);
    this.#trainers.set(volunteer, made);
    return made;
  }

  /** A closed tab: what its optimiser remembered is gone. */
  #forget(volunteer: string): void {
    this.#trainers.get(volunteer)?.dispose();
    this.#trainers.delete(volunteer);
  }

  #reset(): void {
    for (const volunteer of [...this.#trainers.keys()]) this.#forget(volunteer);
  }

  #ready(): Setup {
    if (!this.#setup) throw new Error("nothing was set up");
    return this.#setup;
  }
}
