/** Small models, datasets and shards for the trainer's tests. */
import { join } from "node:path";
import { configureWasm } from "../../src/trainer/backend.ts";
import { buildModel, describe, type LayerSpec, readWeights } from "../../src/trainer/build.ts";
import type {
  DatasetConfig,
  LeaseWork,
  ModelConfig,
  OptimizerConfig,
  TrainingConfig,
} from "../../src/trainer/config.ts";
import { Examples, type Shard } from "../../src/trainer/examples.ts";
import { mulberry32 } from "../../src/trainer/random.ts";
import { Trainer } from "../../src/trainer/trainer.ts";

/** Tells the wasm backend where the tests' binaries are. */
export function useInstalledWasm(): void {
  configureWasm(join(import.meta.dirname, "../../node_modules/@tensorflow/tfjs-backend-wasm/dist"));
}

/** A dataset of `count` examples, one input of `shape`, `classes` classes. */
export function classDataset(shape: number[], classes: number, count: number): DatasetConfig {
  return {
    name: "made-up",
    num_examples: count,
    inputs: [{ shape, dtype: "uint8", scale: 1 / 255, shift: 0 }],
    targets: { kind: "class", dtype: "uint8", shape: [], num_classes: classes },
    label_names: null,
    licence: "",
    source: "",
  };
}

/** Bytes whose mean is brighter in one band for each class: easy to learn. */
export function classShard({ inputs, targets }: DatasetConfig, count: number, seed: number): Shard {
  const random = mulberry32(seed);
  const shape = inputs[0]?.shape ?? [];
  const size = shape.reduce((product, n) => product * n, 1);
  const classes = targets.num_classes ?? 2;
  const data = new Uint8Array(count * size);
  const labels = new Uint8Array(count);
  for (let row = 0; row < count; row++) {
    const label = Math.floor(random() * classes);
    labels[row] = label;
    for (let i = 0; i < size; i++) {
      const isBand = Math.floor((i * classes) / size) === label;
      data[row * size + i] = Math.floor(random() * 80 + (isBand ? 140 : 40));
    }
  }
  return {
    num_examples: count,
    inputs: [{ dtype: "uint8", shape: [count, ...shape], data }],
    targets: { dtype: "uint8", shape: [count], data: labels },
  };
}

export const TRAINING: TrainingConfig = { batch_size: 16, lease_seconds: 3, seed: 7, clip: null };

export const LEASE: LeaseWork = { seed: 3, batch_size: 16, learning_rate: 0.1, optimizer: "model", wants: "weights" };

export interface Setup {
  trainer: Trainer;
  examples: Examples;
  initial: Float32Array;
  model: ModelConfig;
  dataset: DatasetConfig;
}

/** A trainer for `layers` on a made-up dataset, with the initial weights of `TRAINING.seed`. */
export async function setUp(
  layers: LayerSpec[],
  options: {
    shape?: number[];
    classes?: number;
    count?: number;
    loss?: string;
    optimizer?: OptimizerConfig;
    training?: Partial<TrainingConfig>;
    dataset?: DatasetConfig;
    shard?: Shard;
  } = {},
): Promise<Setup> {
  const { shape = [16], classes = 4, count = 128, optimizer = { sgd: {} } } = options;
  const dataset = options.dataset ?? classDataset(shape, classes, count);
  const shapes = dataset.inputs.map((input) => input.shape);
  const built = await buildModel(layers, shapes, TRAINING.seed);
  const { topology, weights, num_weights, num_trainable } = describe(built);
  const initial = await readWeights(built);
  built.dispose();
  const loss = options.loss ?? "categoricalCrossentropy";
  const model = { name: "m", topology, weights, num_weights, num_trainable, loss, metrics: ["accuracy"], optimizer };
  const trainer = await Trainer.create(model, dataset, { ...TRAINING, ...options.training });
  trainer.setWeights(initial);
  const shard = options.shard ?? classShard(dataset, count, 1);
  return { trainer, examples: Examples.ofShards(dataset, [shard]), initial, model, dataset };
}

export const MLP: LayerSpec[] = [
  { dense: { units: 12, activation: "relu" } },
  { dense: { units: 4, activation: "softmax" } },
];
