/**
 * TF.js as the trainer uses it: core and layers, without the umbrella package, so that backends load when they are wanted.
 *
 * Layers registers every gradient in browser bundles, and core's Node build holds them all; what neither brings is the
 * tensor methods that layers calls in a few places (`rMat.flatten()`): they are given here.
 */
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { mendBatchNormalization } from "./batch_norm.ts";
import { registerGradients } from "./gradients.ts";
import { registerResetAfter } from "./gru.ts";

export { tf, tfl };

/** Methods that are the op of the same name with the tensor as its first argument. */
const METHODS =
  "abs add cast clipByValue div equal exp expandDims floor gather greater less log max maximum mean min minimum mul neg pow prod reshape sign slice split sqrt square squeeze stridedSlice sub sum tile transpose".split(
    " ",
  );

type Op = (...values: unknown[]) => unknown;

function addTensorMethods(): void {
  const prototype = tf.Tensor.prototype as unknown as Record<string, unknown>;
  const ops = tf as unknown as Record<string, Op>;
  for (const name of METHODS) {
    prototype[name] ??= function method(this: tf.Tensor, ...rest: unknown[]) {
      return (ops[name] as Op)(this, ...rest);
    };
  }
  prototype.flatten ??= function flatten(this: tf.Tensor) {
    return tf.reshape(this, [this.size]);
  };
}

addTensorMethods();
registerGradients();
mendBatchNormalization();
registerResetAfter();
// No debugging checks, and no advice to install another backend on the console.
tf.enableProdMode();
