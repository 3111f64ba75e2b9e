/**
 * Batch normalisation in training, where TF.js 4.22 differs from Keras: a frozen layer (`trainable` false) normalises by
 * its moving statistics and leaves them as they are, and a layer without scale or centre can be trained.
 */
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

type Call = (this: BatchNorm, inputs: tf.Tensor | tf.Tensor[], kwargs: { training?: boolean }) => tf.Tensor;
interface Weight {
  read(): tf.Tensor;
}
interface BatchNorm {
  trainable: boolean;
  axis: number;
  gamma: Weight | null | undefined;
  beta: Weight | null | undefined;
}

/** What stands for a weight that a layer has not: the same number for every channel. */
function constant(value: number, channels: number): Weight {
  return { read: () => tf.fill([channels], value) };
}

export function mendBatchNormalization(): void {
  const layer = tfl.layers.batchNormalization({});
  const prototype = Object.getPrototypeOf(layer) as { call: Call };
  const original = prototype.call;
  prototype.call = function call(inputs, kwargs) {
    const { gamma, beta } = this;
    if (!kwargs.training || !this.trainable) return original.call(this, inputs, { ...kwargs, training: false });
    if (gamma && beta) return original.call(this, inputs, kwargs);
    const [input] = [inputs].flat() as [tf.Tensor];
    const channels = input.shape.at(this.axis) as number;
    this.gamma = gamma ?? constant(1, channels);
    this.beta = beta ?? constant(0, channels);
    try {
      return tf.tidy(() => original.call(this, inputs, kwargs));
    } finally {
      this.gamma = gamma;
      this.beta = beta;
    }
  };
}
