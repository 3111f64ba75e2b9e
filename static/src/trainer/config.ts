/**
 * The values that say what to train, as `docs/protocol.md` puts them on the wire: the parts of `welcome` and `lease`
 * that the trainer reads. Nothing here is checked; the session and the evaluator check what they take from outside.
 */

import type { Wants } from "../shared/protocol.ts";

export type {
  AugmentationStep,
  ClipConfig,
  DatasetConfig,
  InputSpec as InputConfig,
  ModelConfig,
  OptimizerConfig,
  TargetSpec as TargetConfig,
  Topology,
  TrainingConfig,
  Wants,
  WeightSpec,
} from "../shared/protocol.ts";

/** How the numbers of a shard are stored. */
export type ShardDtype = "uint8" | "int8" | "uint16" | "int16" | "int32" | "float32";

/** The part of a lease that the trainer reads. */
export interface LeaseWork {
  /** uint32; shuffles the examples and draws the dropout masks. */
  seed: number;
  batch_size: number;
  learning_rate: number;
  /** `sgd`: plain SGD steps whatever the model's own optimiser is. */
  optimizer: "model" | "sgd";
  wants: Wants;
}
