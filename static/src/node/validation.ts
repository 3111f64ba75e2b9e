/** The held-out examples: kept from start to end of a run, evaluated whole or on a sample. */
import type { DatasetConfig } from "../trainer/config.ts";
import { Examples, type Part, type Shard } from "../trainer/examples.ts";
import { mixSeed, mulberry32 } from "../trainer/random.ts";

/** `count` of the numbers 0..total-1, without repeats, in rising order; decided by `seed` alone. */
export function sampleIndices(total: number, count: number, seed: number): Uint32Array {
  const random = mulberry32(seed);
  const order = Uint32Array.from({ length: total }, (_, i) => i);
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random() * (total - i));
    const swapped = order[i] as number;
    order[i] = order[j] as number;
    order[j] = swapped;
  }
  return order.slice(0, count).sort();
}

export class ValidationSet {
  readonly num_examples: number;
  readonly #dataset: DatasetConfig;
  readonly #shards: readonly Shard[];

  constructor(dataset: DatasetConfig, shards: readonly Shard[]) {
    this.#dataset = dataset;
    this.#shards = shards;
    this.num_examples = shards.reduce((sum, shard) => sum + shard.num_examples, 0);
  }

  whole(): Examples {
    return Examples.ofShards(this.#dataset, [...this.#shards]);
  }

  /** `count` examples; another sample for every version, so that no part of the split is never looked at. */
  sample(count: number, seed: number, version: number): Examples {
    if (count >= this.num_examples) return this.whole();
    return new Examples(this.#dataset, this.#partsOf(sampleIndices(this.num_examples, count, mixSeed(seed, version))));
  }

  /** The targets of `whole()`, as stored. */
  targets(): number[] {
    return this.#shards.flatMap((shard) => Array.from(shard.targets.data));
  }

  #partsOf(indices: Uint32Array): Part[] {
    const parts: Part[] = [];
    let start = 0;
    let at = 0;
    for (const shard of this.#shards) {
      const end = start + shard.num_examples;
      for (; at < indices.length && (indices[at] as number) < end; at++) {
        const first = (indices[at] as number) - start;
        const previous = parts.at(-1);
        if (previous && previous.shard === shard && previous.last === first) previous.last = first + 1;
        else parts.push({ shard, first, last: first + 1 });
      }
      start = end;
    }
    return parts;
  }
}

/** How often each true class (rows) was predicted as each class (columns); `outputs` has `classes` numbers a row. */
export function confusionOf(truth: ArrayLike<number>, outputs: Float32Array, classes: number): Int32Array {
  const counts = new Int32Array(classes * classes);
  for (let row = 0; row < truth.length; row++) {
    let best = 0;
    for (let i = 1; i < classes; i++) {
      if ((outputs[row * classes + i] as number) > (outputs[row * classes + best] as number)) best = i;
    }
    const at = (truth[row] as number) * classes + best;
    counts[at] = (counts[at] as number) + 1;
  }
  return counts;
}

/** Whether every number is finite; nothing but a sum, because there may be tens of millions. */
export function allFinite(values: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0;
  return sum === 0;
}
