/**
 * GRU with `reset_after`, which is how Keras makes them by default and TF.js 4.22 does not have: the reset gate is applied to
 * the product with the recurrent kernel, not to the state before it, and the bias has a row for each of the two products.
 *
 * h~ = activation(x W + b_0 + r (h U + b_1)); see Cho et al. 2014 (arXiv:1406.1078v1) and Keras' `GRUCell`.
 */
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";

type Arguments = Record<string, unknown>;
interface Weight {
  read(): tf.Tensor;
}
interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
}
interface Cell {
  units: number;
  useBias: boolean;
  built: boolean;
  dropout: number;
  recurrentDropout: number;
  kernel: Weight;
  recurrentKernel: Weight;
  bias: Weight | null;
  activation: Activation;
  recurrentActivation: Activation;
  addWeight(...values: unknown[]): Weight;
  build(shape: number[] | number[][]): void;
  call(inputs: tf.Tensor[], kwargs: unknown): tf.Tensor[];
  getConfig(): Arguments;
  [option: string]: unknown;
}

/** Makes the cell of a GRU one with `reset_after`. @throws Error for dropout inside it. */
function resetAfter(cell: Cell): void {
  if (cell.dropout || cell.recurrentDropout)
    throw new Error("A GRU with reset_after cannot drop out inside: put a Dropout layer before it.");
  const original = cell.getConfig.bind(cell);
  cell.getConfig = () => ({ ...original(), resetAfter: true });
  cell.build = (shape) => build(cell, (Array.isArray(shape[0]) ? shape[0] : shape) as number[]);
  cell.call = ([input, state]) => tf.tidy(() => step(cell, input as tf.Tensor2D, state as tf.Tensor2D));
}

function build(cell: Cell, shape: number[]): void {
  const width = 3 * cell.units;
  const weight = (name: string, sizes: number[], kind: string) =>
    cell.addWeight(
      name,
      sizes,
      null,
      cell[`${kind}Initializer`],
      cell[`${kind}Regularizer`],
      true,
      cell[`${kind}Constraint`],
    );
  cell.kernel = weight("kernel", [shape.at(-1) as number, width], "kernel");
  cell.recurrentKernel = weight("recurrent_kernel", [cell.units, width], "recurrent");
  cell.bias = cell.useBias ? weight("bias", [2, width], "bias") : null;
  cell.built = true;
}

function step(cell: Cell, input: tf.Tensor2D, state: tf.Tensor2D): tf.Tensor[] {
  const biases = cell.bias ? tf.unstack(cell.bias.read()) : [];
  const product = (x: tf.Tensor2D, kernel: Weight, bias: tf.Tensor | undefined): tf.Tensor[] => {
    const all = tf.matMul(x, kernel.read() as tf.Tensor2D);
    return tf.split(bias ? tf.add(all, bias) : all, 3, 1);
  };
  const [xz, xr, xh] = product(input, cell.kernel, biases[0]) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const [hz, hr, hh] = product(state, cell.recurrentKernel, biases[1]) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const z = cell.recurrentActivation.apply(tf.add(xz, hz));
  const r = cell.recurrentActivation.apply(tf.add(xr, hr));
  const candidate = cell.activation.apply(tf.add(xh, tf.mul(r, hh)));
  const next = tf.add(tf.mul(z, state), tf.mul(tf.sub(1, z), candidate));
  return [next, next];
}

/** From here on a topology's GRU may have `reset_after`. */
export function registerResetAfter(): void {
  const stock = tfl.layers.gru({ units: 1 }).constructor as new (args: Arguments) => tfl.layers.Layer;
  class Gru extends stock {
    static readonly className = "GRU";

    constructor(args: Arguments) {
      super({ ...args, resetAfter: false });
      if (args.resetAfter) resetAfter((this as unknown as { cell: Cell }).cell);
    }
  }
  tf.serialization.registerClass(Gru as unknown as Parameters<typeof tf.serialization.registerClass>[0]);
}
