/** Means of loss and accuracy over examples, summed on the device and read when somebody wants to know. */
import { tf } from "./tfjs.ts";

export interface Means {
  /** Null before the first example, and when not finite. */
  loss: number | null;
  /** As computed, finite or not; NaN before the first example. */
  exactLoss: number;
  accuracy: number | null;
}

export class RunningMeans {
  #loss: tf.Tensor | null = null;
  #accuracy: tf.Tensor | null = null;
  #examples = 0;

  /** Adds a batch's means, scalars that stay the caller's. */
  add(numExamples: number, loss: tf.Tensor, accuracy: tf.Tensor | null): void {
    this.#examples += numExamples;
    this.#loss = addTo(this.#loss, loss, numExamples);
    if (accuracy) this.#accuracy = addTo(this.#accuracy, accuracy, numExamples);
  }

  /** Waits for the device. */
  async read(): Promise<Means> {
    const examples = this.#examples;
    const [loss, accuracy] = await Promise.all([this.#loss?.data(), this.#accuracy?.data()]);
    const exactLoss = loss ? (loss[0] as number) / examples : Number.NaN;
    const meanAccuracy = accuracy ? (accuracy[0] as number) / examples : null;
    return {
      loss: Number.isFinite(exactLoss) ? exactLoss : null,
      exactLoss,
      accuracy: meanAccuracy !== null && Number.isFinite(meanAccuracy) ? meanAccuracy : null,
    };
  }

  dispose(): void {
    tf.dispose([this.#loss, this.#accuracy].filter((sum) => sum !== null));
    this.#loss = null;
    this.#accuracy = null;
  }
}

/** The new sum, kept; frees the old one. */
function addTo(sum: tf.Tensor | null, mean: tf.Tensor, count: number): tf.Tensor {
  const next = tf.tidy(() => {
    const weighted = tf.mul(mean, count);
    return tf.keep(sum ? tf.add(sum, weighted) : weighted);
  });
  sum?.dispose();
  return next;
}
