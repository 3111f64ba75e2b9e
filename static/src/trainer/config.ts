/**
 * The values that say what to train, as `docs/protocol.md` puts them on the wire: the parts of `welcome` and `lease`
 * that the trainer reads. Nothing here is checked; the session and the evaluator check what they take from outside.
 */

/** One weight of the flat vector. `name` is the layer's weight name, such as `conv2d_1/kernel`. */
export interface WeightSpec {
  name: string;
  shape: number[];
  trainable: boolean;
}

/** One optimiser by name with its options, such as `{"sgd": {"learningRate": 0.2}}`. */
export type OptimizerConfig = Record<string, Record<string, unknown>>;

/** A layers model as JSON: TF.js layers-model topology, with or without the `model_config` wrapper. */
export type Topology = Record<string, unknown>;

/** The protocol's `model`. */
export interface ModelConfig {
  name: string;
  topology: Topology;
  /** In the order of the flat vector: the trainable ones first. */
  weights: WeightSpec[];
  num_weights: number;
  num_trainable: number;
  loss: string;
  metrics: string[];
  optimizer: OptimizerConfig;
}

/** How the numbers of a shard are stored. */
export type ShardDtype = "uint8" | "int8" | "uint16" | "int16" | "int32" | "float32";

/** One input of the dataset; `shape` is that of one example. The model sees `x * scale + shift`. */
export interface InputConfig {
  shape: number[];
  dtype: string;
  /** One number, or one for each element of the last axis. */
  scale: number | number[];
  shift: number | number[];
}

/** The targets of the dataset; `shape` is that of one example. */
export interface TargetConfig {
  kind: "class" | "values";
  dtype: string;
  shape: number[];
  num_classes: number | null;
}

/** The protocol's `dataset`. */
export interface DatasetConfig {
  name: string;
  num_examples: number;
  inputs: InputConfig[];
  targets: TargetConfig;
  label_names: string[] | null;
  licence: string;
  source: string;
}

/** Gradients scaled to a global norm, or each number cut to [-value, value]. */
export type ClipConfig = { norm: number } | { value: number };

/** The protocol's `training`. */
export interface TrainingConfig {
  batch_size: number;
  lease_seconds: number;
  seed: number;
  clip: ClipConfig | null;
}

/** What the payload of an update holds. */
export type Wants = "weights" | "delta" | "gradient";

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
