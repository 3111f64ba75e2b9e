/** Made-up examples of a dataset's shape, to measure a backend with before the first shard is here. */
import type { DatasetConfig } from "../shared/protocol.ts";
import { Examples } from "../trainer/examples.ts";
import type { Shard, ShardArray, ShardData } from "../trainer/shards.ts";

const VIEWS: Readonly<Record<string, new (length: number) => ShardData>> = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
};

export function blankShard(dataset: DatasetConfig, numExamples: number): Shard {
  return {
    num_examples: numExamples,
    inputs: dataset.inputs.map(({ dtype, shape }) => blank(dtype, [numExamples, ...shape])),
    targets: blank(dataset.targets.dtype, [numExamples, ...dataset.targets.shape]),
  };
}

/** The same as examples to train on. */
export function blankExamples(dataset: DatasetConfig, numExamples: number): Examples {
  return Examples.ofShards(dataset, [blankShard(dataset, numExamples)]);
}

/** Small whole numbers, since zeros can be quicker to compute with than data is. */
function blank(dtype: string, shape: number[]): ShardArray {
  const View = VIEWS[dtype] ?? Float32Array;
  const length = shape.reduce((product, size) => product * size, 1);
  return {
    dtype: (dtype in VIEWS ? dtype : "float32") as ShardArray["dtype"],
    shape,
    data: new View(length).map((_, i) => i & 1) as ShardData,
  };
}
