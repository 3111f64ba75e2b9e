/** The visitor's own examples in the place of a lease's. */
import type { DatasetConfig } from "../shared/protocol.ts";
import { TrainerError } from "../trainer/errors.ts";
import type { Part } from "../trainer/examples.ts";
import type { Shard, ShardArray } from "../trainer/shards.ts";
import type { ShardPart } from "./events.ts";
import type { OwnExamples } from "./messages.ts";

/** The examples as a shard. @throws TrainerError `invalid_dataset` where they do not fit the dataset's shapes. */
export function ownShard({ inputs, targets, num_examples }: OwnExamples, dataset: DatasetConfig): Shard {
  if (!(num_examples > 0)) throw new TrainerError("invalid_dataset", "There are no examples of your own to train on.");
  if (inputs.length !== dataset.inputs.length) {
    const wanted = dataset.inputs.length;
    throw new TrainerError("invalid_dataset", `Your examples have ${inputs.length} inputs instead of ${wanted}.`);
  }
  return {
    num_examples,
    inputs: dataset.inputs.map(({ shape }, i) => array(inputs[i] as Float32Array, [num_examples, ...shape])),
    targets: array(targets, [num_examples, ...dataset.targets.shape]),
  };
}

function array(data: Float32Array | Int32Array, shape: number[]): ShardArray {
  const size = shape.reduce((product, length) => product * length, 1);
  if (data.length !== size)
    throw new TrainerError("invalid_dataset", `Your examples have ${data.length} numbers where ${size} are wanted.`);
  return { dtype: data instanceof Int32Array ? "int32" : "float32", shape, data };
}

export function countOf(parts: readonly ShardPart[]): number {
  return parts.reduce((sum, { first, last }) => sum + last - first, 0);
}

/** A shard over and over, `count` examples in all: a lease says how many there are to be. */
export function repeated(shard: Shard, count: number): Part[] {
  const parts: Part[] = [];
  for (let left = count; left > 0; left -= shard.num_examples) {
    parts.push({ shard, first: 0, last: Math.min(left, shard.num_examples) });
  }
  return parts;
}
