/** Trains, evaluates and measures one model on the backend in use; the same code in browsers and in Node. */

import { augment } from "./augment.ts";
import { modelOf, orderedWeights, readWeights, writeWeights } from "./build.ts";
import { checkTrainable } from "./check.ts";
import { clipGradients } from "./clip.ts";
import type { DatasetConfig, LeaseWork, ModelConfig, TrainingConfig } from "./config.ts";
import { ChanceKey, freeRecurrentMasks, keyRandomLayers } from "./dropout.ts";
import { TrainerError } from "./errors.ts";
import type { Batch, Change, Examples } from "./examples.ts";
import { Objective } from "./losses.ts";
import { RunningMeans } from "./means.ts";
import { learningRateOf, Optimizer } from "./optimizers.ts";
import { breathe, rest, restAfter, Stretch } from "./pacing.ts";
import { shuffledOrder } from "./random.ts";
import { orUntilLost } from "./runtime.ts";
import { tf, type tfl } from "./tfjs.ts";

/** What a caller may see and say while a lease trains. */
export interface TrainHooks {
  /** After some steps, at most about every half second: steps done, and means over the lease so far. */
  onStep?(done: number, meanLoss: number | null, meanAccuracy: number | null): void;
  /** True ends the lease early; `LeaseResult.complete` is then false. Asked often. */
  shouldStop?(): boolean;
  /** The share of the device's time to use, 0 to 1; 0 waits. Asked often. */
  share?(): number;
  /** A clock that runs while the device works, in milliseconds; where left out, the wall's. */
  clock?(): number;
}

/** What a lease came to. */
export interface LeaseResult {
  /** Steps done. */
  iterations: number;
  num_examples: number;
  /** Wall-clock time, what the share asks to rest included, what it waited at a share of 0 not. */
  seconds: number;
  /** Seconds of work without the rest after it, which `seconds` has: the result of the last steps need not wait for it. */
  worked: number;
  /** Mean over the examples trained, regularisers included; null when not finite. */
  loss: number | null;
  /** Mean over the examples trained; null for regression. */
  accuracy: number | null;
  /** `num_weights` numbers: what the lease `wants`. */
  payload: Float32Array;
  /** False when the payload has a number that is not finite: training diverged. */
  finite: boolean;
  /** False when `shouldStop` ended it before every iteration was done. */
  complete: boolean;
  tensorsBefore: number;
  tensorsAfter: number;
}

/** What held-out data says of some weights. */
export interface Evaluation {
  /** Mean over the examples, without regularisers. */
  loss: number;
  accuracy: number | null;
  num_examples: number;
}

/** The longest silence between two calls of `onStep`, in milliseconds. */
const REPORT_EVERY = 500;
const EVALUATION_BATCH = 256;
const MEASURED_STEPS = 8;
/** At most so many numbers in the inputs and the widest layer of an evaluation batch. */
const EVALUATION_NUMBERS = 8_000_000;

export class Trainer {
  readonly model: tfl.LayersModel;
  readonly #config: ModelConfig;
  readonly #training: TrainingConfig;
  readonly #objective: Objective;
  readonly #variables: tf.Variable[];
  readonly #key = new ChanceKey();
  readonly #own: Optimizer;
  readonly #plain: Optimizer;
  /** The flat weights that the next lease starts from, where they are known. */
  #base: Float32Array | null = null;

  private constructor(model: tfl.LayersModel, config: ModelConfig, dataset: DatasetConfig, training: TrainingConfig) {
    this.model = model;
    this.#config = config;
    this.#training = training;
    const [output] = model.outputs;
    this.#objective = new Objective(config.loss, (output as tfl.SymbolicTensor).shape.slice(1) as number[], dataset);
    this.#variables = model.trainableWeights.map((weight) => weight.read() as tf.Variable);
    this.#own = new Optimizer(config.optimizer, this.#variables);
    this.#plain = new Optimizer({ sgd: {} }, this.#variables);
    keyRandomLayers(model, this.#key);
  }

  /** Builds the model, its weights zeros, on the backend in use. @throws TrainerError `invalid_model`. */
  static async create(config: ModelConfig, dataset: DatasetConfig, training: TrainingConfig): Promise<Trainer> {
    const model = await modelOf(config);
    try {
      checkTrainable(model);
      checkInputs(model, dataset);
      return new Trainer(model, config, dataset, training);
    } catch (error) {
      model.dispose();
      throw error;
    }
  }

  /** The learning rate in the model file. */
  get learningRate(): number {
    return learningRateOf(this.#config.optimizer);
  }

  /** Takes a flat vector of `num_weights` numbers (copied). */
  setWeights(flat: Float32Array): void {
    writeWeights(this.model, flat);
    this.#base = flat.slice();
  }

  /** The flat vector. @throws TrainerError `backend_lost`. */
  getWeights(): Promise<Float32Array> {
    return orUntilLost(readWeights(this.model));
  }

  /** Whether the model's optimiser remembers anything of earlier steps. */
  get remembers(): boolean {
    return this.#own.remembers;
  }

  /** Forgets what the optimiser remembers of earlier steps. */
  resetOptimizer(): void {
    this.#own.reset();
  }

  /**
   * Trains one pass over `examples`, shuffled by the lease's seed, from the weights in place.
   * @throws TrainerError `backend_lost` when the GPU is taken away.
   */
  async train(lease: LeaseWork, examples: Examples, hooks: TrainHooks = {}): Promise<LeaseResult> {
    const tensorsBefore = tf.memory().numTensors;
    const base = this.#base ?? (await this.getWeights());
    this.#base = null;
    const pass = await this.#pass(lease, examples, hooks);
    const trained = await this.getWeights();
    const payload = asWanted(lease, trained, base, this.#config.num_trainable);
    return {
      ...pass,
      payload,
      finite: isFinite32(payload),
      tensorsBefore,
      tensorsAfter: tf.memory().numTensors,
    };
  }

  /** The loop of a lease. */
  async #pass(lease: LeaseWork, examples: Examples, hooks: TrainHooks) {
    const shouldStop = () => hooks.shouldStop?.() ?? false;
    const share = () => hooks.share?.() ?? 1;
    const clock = hooks.clock ?? (() => performance.now());
    const optimizer = lease.optimizer === "sgd" ? this.#plain : this.#own;
    const order = shuffledOrder(examples.num_examples, lease.seed);
    const steps = Math.ceil(order.length / lease.batch_size);
    const means = new RunningMeans();
    const start = performance.now();
    const stretch = new Stretch(start);
    let since = clock();
    let worked = 0;
    let reported = start;
    let paused = share() <= 0 ? await rest(0, share, shouldStop) : 0;
    let done = 0;
    try {
      while (done < steps && !shouldStop()) {
        const first = done * lease.batch_size;
        const batch = examples.batch(
          first,
          Math.min(first + lease.batch_size, order.length),
          order,
          this.#changeOf(lease.seed, done),
        );
        this.#key.set(lease.seed, done);
        this.#step(batch, optimizer, lease.learning_rate, means);
        done += 1;
        if (!stretch.isOver() && done < steps) continue;
        const current = await orUntilLost(means.read());
        worked = clock() - since;
        stretch.close(performance.now());
        if (done < steps && performance.now() - reported >= REPORT_EVERY) {
          hooks.onStep?.(done, current.loss, current.accuracy);
          reported = performance.now();
        }
        await breathe();
        if (done < steps) paused += await rest(worked, share, shouldStop);
        stretch.open(performance.now());
        since = clock();
      }
      const { loss, accuracy } = await orUntilLost(means.read());
      hooks.onStep?.(done, loss, accuracy);
      const complete = done === steps;
      const due = complete && share() > 0 ? restAfter(worked, share()) : 0;
      const seconds = Math.max(performance.now() - start - paused + due, 1e-3) / 1000;
      const numExamples = Math.min(done * lease.batch_size, order.length);
      return { iterations: done, num_examples: numExamples, seconds, worked: worked / 1000, loss, accuracy, complete };
    } finally {
      means.dispose();
    }
  }

  /** The augmentation of one step of a lease. */
  #changeOf(seed: number, step: number): Change | undefined {
    const steps = this.#training.augmentation ?? [];
    if (steps.length === 0) return undefined;
    return (values, shape, input) => augment(values, shape, steps, input, seed, step);
  }

  /** One optimiser step; takes the batch over and adds to the means. */
  #step(batch: Batch, optimizer: Optimizer, learningRate: number, means: RunningMeans | null): void {
    tf.tidy(() => {
      const targets = this.#objective.prepare(batch.targets);
      let accuracy: tf.Tensor | null = null;
      const { value, grads } = tf.variableGrads(() => {
        const outputs = this.#forward(batch.inputs, true);
        accuracy = this.#objective.accuracy(targets, outputs);
        if (accuracy) tf.keep(accuracy);
        const loss = this.#objective.loss(targets, outputs);
        return this.model.calculateLosses().reduce<tf.Tensor>((sum, more) => tf.add(sum, more), loss) as tf.Scalar;
      }, this.#variables);
      const gradients = this.#variables.map((variable) => grads[variable.name] ?? null);
      const { clip } = this.#training;
      optimizer.apply(clip ? clipGradients(gradients, clip) : gradients, learningRate);
      this.#constrain();
      means?.add(batch.num_examples, value, accuracy);
      tf.dispose(accuracy ?? []);
    });
    freeRecurrentMasks(this.model);
    tf.dispose([...batch.inputs, batch.targets]);
  }

  #forward(inputs: tf.Tensor[], training: boolean): tf.Tensor {
    const outputs = this.model.apply(inputs.length === 1 ? (inputs[0] as tf.Tensor) : inputs, { training });
    return (Array.isArray(outputs) ? outputs[0] : outputs) as tf.Tensor;
  }

  /** Applies the constraints (such as a largest norm) that weights have. */
  #constrain(): void {
    for (const weight of this.model.trainableWeights) if (weight.constraint) weight.write(tf.clone(weight.read()));
  }

  /** Mean loss and accuracy over all examples, in order, whatever the batch size but for rounding. */
  async evaluate(examples: Examples, batchSize?: number): Promise<Evaluation> {
    const means = new RunningMeans();
    try {
      await this.#eachBatch(examples, batchSize, (outputs, batch) => {
        const targets = this.#objective.prepare(batch.targets);
        means.add(
          batch.num_examples,
          this.#objective.loss(targets, outputs),
          this.#objective.accuracy(targets, outputs),
        );
        return means.read();
      });
      const { exactLoss, accuracy } = await orUntilLost(means.read());
      return { loss: exactLoss, accuracy, num_examples: examples.num_examples };
    } finally {
      means.dispose();
    }
  }

  /** The model's outputs for the examples, row-major, one after the other. */
  async predict(examples: Examples, batchSize?: number): Promise<Float32Array> {
    const rows: Float32Array[] = [];
    await this.#eachBatch(examples, batchSize, async (outputs) => {
      rows.push((await outputs.data()) as Float32Array);
    });
    const flat = new Float32Array(rows.reduce((sum, row) => sum + row.length, 0));
    let at = 0;
    for (const row of rows) {
      flat.set(row, at);
      at += row.length;
    }
    return flat;
  }

  /** Runs the model over the examples; what `use` computes synchronously is freed, what it awaits is awaited. */
  async #eachBatch(
    examples: Examples,
    batchSize: number | undefined,
    use: (outputs: tf.Tensor, batch: Batch) => Promise<unknown>,
  ): Promise<void> {
    const size = batchSize ?? this.#evaluationBatch();
    for (let first = 0; first < examples.num_examples; first += size) {
      const batch = examples.batch(first, Math.min(first + size, examples.num_examples));
      let used: Promise<unknown> = Promise.resolve();
      tf.tidy(() => {
        used = use(this.#forward(batch.inputs, false), batch);
      });
      freeRecurrentMasks(this.model);
      tf.dispose([...batch.inputs, batch.targets]);
      await orUntilLost(used);
      await breathe();
    }
  }

  #evaluationBatch(): number {
    const sizes = this.model.layers.map(({ outputShape }) =>
      ([outputShape].flat(2) as (number | null)[]).reduce<number>((product, size) => product * (size ?? 1), 1),
    );
    return Math.max(1, Math.min(EVALUATION_BATCH, Math.floor(EVALUATION_NUMBERS / Math.max(...sizes))));
  }

  /**
   * Seconds that an iteration takes here, the mean of up to `steps` after one that warms up, `maxSeconds` at most (and one
   * step at least). Leaves the weights and the optimiser as they were.
   */
  async measure(examples: Examples, batchSize: number, steps = MEASURED_STEPS, maxSeconds = 2): Promise<number> {
    const before = await this.getWeights();
    const base = this.#base;
    const optimizer = new Optimizer(this.#config.optimizer, this.#variables);
    const smallest = this.#variables.reduce((least, one) => (one.size < least.size ? one : least));
    const step = async () => {
      this.#key.set(0, 0);
      this.#step(examples.batch(0, Math.min(batchSize, examples.num_examples)), optimizer, 0, null);
      await orUntilLost(smallest.data());
      await breathe();
    };
    try {
      const began = performance.now();
      await step();
      if (performance.now() - began > maxSeconds * 1000) return (performance.now() - began) / 1000;
      const start = performance.now();
      let done = 0;
      do {
        await step();
        done += 1;
      } while (done < steps && performance.now() - began < maxSeconds * 1000);
      return (performance.now() - start) / 1000 / done;
    } finally {
      optimizer.dispose();
      writeWeights(this.model, before);
      this.#base = base;
    }
  }

  /** Frees everything; the trainer is of no use after it. */
  dispose(): void {
    this.#own.dispose();
    this.#plain.dispose();
    for (const weight of orderedWeights(this.model)) if (!weight.read().isDisposed) weight.read().dispose();
  }
}

/** What a lease `wants` of the trained weights; writes over `trained`. */
function asWanted(lease: LeaseWork, trained: Float32Array, base: Float32Array, numTrainable: number): Float32Array {
  if (lease.wants === "weights") return trained;
  const scale = lease.wants === "gradient" ? -1 / lease.learning_rate : 1;
  for (let i = 0; i < trained.length; i++) {
    const delta = (trained[i] as number) - (base[i] as number);
    trained[i] = i < numTrainable ? delta * scale : delta;
  }
  return trained;
}

function isFinite32(values: Float32Array): boolean {
  return values.every((value) => Number.isFinite(value));
}

function checkInputs(model: tfl.LayersModel, dataset: DatasetConfig): void {
  const wanted = model.inputs.map(({ shape }) => shape.slice(1));
  const given = dataset.inputs.map(({ shape }) => shape);
  const fits =
    wanted.length === given.length &&
    wanted.every((shape, i) => {
      const other = given[i] as number[];
      return shape.length === other.length && shape.every((size, axis) => size === null || size === other[axis]);
    });
  if (fits) return;
  const list = (shapes: (number | null)[][]) =>
    shapes.map((shape) => `[${shape.map((n) => n ?? "any")}]`).join(" and ");
  throw new TrainerError(
    "invalid_model",
    `The model takes inputs of shape ${list(wanted)}, but "${dataset.name}" gives ${list(given)}. Change the model's input shape.`,
  );
}
