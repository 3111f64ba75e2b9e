/**
 * The losses, as TF.js layers computes them (outputs are probabilities where a loss wants them, clipped by the backend's
 * epsilon), and what counts as accuracy. A loss is a mean over the batch, a scalar.
 */
import type { DatasetConfig } from "./config.ts";
import { TrainerError } from "./errors.ts";
import { tf } from "./tfjs.ts";

type Loss = (targets: tf.Tensor, outputs: tf.Tensor) => tf.Tensor;

const epsilon = (): number => tf.backend().epsilon();
const notBelowEpsilon = (x: tf.Tensor): tf.Tensor => tf.maximum(x, epsilon());
const probabilities = (x: tf.Tensor): tf.Tensor => tf.clipByValue(x, epsilon(), 1 - epsilon());

/** Outputs are scaled to sum to 1 first, which a softmax's already do. */
const categoricalCrossentropy: Loss = (targets, outputs) => {
  const scaled = probabilities(tf.div(outputs, tf.sum(outputs, -1, true)));
  return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.log(scaled)), -1)));
};

const binaryCrossentropy: Loss = (targets, outputs) => {
  const p = probabilities(outputs);
  const logLikelihood = tf.add(tf.mul(targets, tf.log(p)), tf.mul(tf.sub(1, targets), tf.log(tf.sub(1, p))));
  return tf.neg(tf.mean(logLikelihood));
};

const logarithm = (x: tf.Tensor): tf.Tensor => tf.log(tf.add(notBelowEpsilon(x), 1));
const beyondMargin = (targets: tf.Tensor, outputs: tf.Tensor): tf.Tensor =>
  tf.relu(tf.sub(1, tf.mul(targets, outputs)));
const normalised = (x: tf.Tensor): tf.Tensor => tf.div(x, tf.sqrt(notBelowEpsilon(tf.sum(tf.square(x), -1, true))));

const LOSSES: Record<string, Loss> = {
  categoricalCrossentropy,
  sparseCategoricalCrossentropy: categoricalCrossentropy,
  binaryCrossentropy,
  meanSquaredError: (t, y) => tf.mean(tf.square(tf.sub(y, t))),
  meanAbsoluteError: (t, y) => tf.mean(tf.abs(tf.sub(y, t))),
  meanAbsolutePercentageError: (t, y) => tf.mul(100, tf.mean(tf.abs(tf.div(tf.sub(t, y), notBelowEpsilon(tf.abs(t)))))),
  meanSquaredLogarithmicError: (t, y) => tf.mean(tf.square(tf.sub(logarithm(y), logarithm(t)))),
  hinge: (t, y) => tf.mean(beyondMargin(t, y)),
  squaredHinge: (t, y) => tf.mean(tf.square(beyondMargin(t, y))),
  categoricalHinge: (t, y) => {
    const right = tf.sum(tf.mul(t, y), -1);
    const wrong = tf.max(tf.mul(tf.sub(1, t), y), -1);
    return tf.mean(tf.relu(tf.add(tf.sub(wrong, right), 1)));
  },
  logcosh: (t, y) => {
    const error = tf.sub(y, t);
    return tf.mean(tf.sub(tf.add(error, tf.softplus(tf.mul(-2, error))), Math.LN2));
  },
  kullbackLeiblerDivergence: (t, y) => {
    const [truth, guess] = [tf.clipByValue(t, epsilon(), 1), tf.clipByValue(y, epsilon(), 1)];
    return tf.mean(tf.sum(tf.mul(t, tf.log(tf.div(truth, guess))), -1));
  },
  poisson: (t, y) => tf.mean(tf.sub(y, tf.mul(t, tf.log(tf.add(y, epsilon()))))),
  cosineProximity: (t, y) => tf.neg(tf.mean(tf.sum(tf.mul(normalised(t), normalised(y)), -1))),
};

/** The losses that a model may name. */
export const LOSS_NAMES: readonly string[] = Object.keys(LOSSES);

/** How targets become what the loss compares, and what is right. */
type Reading = "ids" | "binary" | "values";

/** A loss, and the accuracy that goes with it, for a model's output and a dataset's targets. */
export class Objective {
  readonly #loss: Loss;
  readonly #name: string;
  readonly #reading: Reading;
  readonly #outputShape: readonly number[];
  /** False for regression: there is no accuracy. */
  readonly hasAccuracy: boolean;

  /**
   * `outputShape` is that of one example.
   * @throws TrainerError `invalid_model` for an unknown loss or an output that does not fit the targets.
   */
  constructor(name: string, outputShape: readonly number[], dataset: DatasetConfig) {
    const loss = Object.hasOwn(LOSSES, name) ? LOSSES[name] : undefined;
    if (!loss)
      throw new TrainerError("invalid_model", `There is no loss "${name}". The losses are ${LOSS_NAMES.join(", ")}.`);
    this.#loss = loss;
    this.#name = name;
    this.#outputShape = outputShape;
    this.#reading = readingOf(name, outputShape, dataset);
    const isCrossentropy = name.endsWith("Crossentropy");
    this.hasAccuracy = this.#reading !== "values" || isCrossentropy;
  }

  /** Targets as the loss compares them with the outputs: one-hot, 0 and 1 (-1 and 1 for hinges), or the values. */
  prepare(targets: tf.Tensor): tf.Tensor {
    const batch = targets.shape[0] as number;
    const shape = [batch, ...this.#outputShape];
    return tf.tidy(() => {
      if (this.#reading === "ids")
        return tf.reshape(tf.oneHot(tf.cast(targets, "int32"), shape.at(-1) as number), shape);
      const values = tf.reshape(tf.cast(targets, "float32"), shape);
      const isHinge = this.#name === "hinge" || this.#name === "squaredHinge";
      return this.#reading === "binary" && isHinge ? tf.sub(tf.mul(values, 2), 1) : values;
    });
  }

  /** The mean loss of a batch, a scalar; `prepared` comes from `prepare`. */
  loss(prepared: tf.Tensor, outputs: tf.Tensor): tf.Tensor {
    return this.#loss(prepared, outputs);
  }

  /** The part of a batch that is right, a scalar; null for regression. */
  accuracy(prepared: tf.Tensor, outputs: tf.Tensor): tf.Tensor | null {
    if (!this.hasAccuracy) return null;
    return tf.tidy(() => {
      const isArgMax = (this.#outputShape.at(-1) ?? 1) > 1 && this.#name !== "binaryCrossentropy";
      if (isArgMax) return part(tf.equal(tf.argMax(prepared, -1), tf.argMax(outputs, -1)));
      const border = this.#name === "hinge" || this.#name === "squaredHinge" ? 0 : 0.5;
      return part(tf.equal(tf.greater(prepared, border), tf.greater(outputs, border)));
    });
  }
}

function part(isRight: tf.Tensor): tf.Tensor {
  return tf.mean(tf.cast(isRight, "float32"));
}

function readingOf(name: string, outputShape: readonly number[], dataset: DatasetConfig): Reading {
  const { kind, shape, num_classes: classes } = dataset.targets;
  const units = outputShape.at(-1) ?? 1;
  const places = (sizes: readonly number[]) => sizes.reduce((product, size) => product * size, 1);
  const isSparse = name === "sparseCategoricalCrossentropy";
  if (kind === "class") {
    if (units > 1 && places(outputShape.slice(0, -1)) === places(shape)) {
      if (classes !== null && units < classes)
        throw misfit(
          `gives ${units} outputs, but its dataset "${dataset.name}" has ${classes} classes`,
          `${classes} units`,
        );
      return "ids";
    }
    if (places(outputShape) === places(shape)) {
      if (name === "categoricalCrossentropy" || isSparse)
        throw misfit(
          `gives one output, over which ${name} is always 0`,
          `${classes ?? 2} units, or binaryCrossentropy as its loss`,
        );
      if (classes !== null && classes > 2 && name === "binaryCrossentropy")
        throw misfit(`gives one output for ${classes} classes`, `${classes} units`);
      return "binary";
    }
  }
  if (kind === "values" && isSparse && places(outputShape.slice(0, -1)) === places(shape)) return "ids";
  if (kind === "values" && places(outputShape) === places(shape)) return "values";
  throw misfit(
    `gives outputs of shape [${outputShape}], but the targets of "${dataset.name}" have shape [${shape}]`,
    kind === "class" ? `${classes ?? "as many"} units` : `outputs of shape [${shape}]`,
  );
}

function misfit(what: string, wanted: string): TrainerError {
  return new TrainerError("invalid_model", `The model ${what}. Give its last layer ${wanted}.`);
}
