/** Gradients that TF.js 4.22 lacks, or has wrong on some backend. */
import * as tf from "@tensorflow/tfjs-core";

/** Comparisons step from 0 to 1: flat wherever they have a slope (ThresholdedReLU multiplies by one). */
const COMPARISONS = ["Greater", "Less", "LessEqual", "Equal", "NotEqual"];

function registerComparison(kernelName: string): void {
  if (tf.getGradient(kernelName)) return;
  tf.registerGradient({
    kernelName,
    inputsToSave: ["a", "b"],
    gradFunc: (_dy, [a, b]) => ({ a: () => tf.zerosLike(a as tf.Tensor), b: () => tf.zerosLike(b as tf.Tensor) }),
  });
}

/** The factor by which every pixel is repeated, where it is a whole number both ways. */
function repeats(from: number[], to: number[]): [number, number] | null {
  const [down, across] = [(to[1] as number) / (from[1] as number), (to[2] as number) / (from[2] as number)];
  return Number.isInteger(down) && Number.isInteger(across) ? [down, across] : null;
}

/** Repeating a pixel sums its gradients: the cpu backend's kernel for it does not. */
function registerNearestNeighbour(): void {
  const kernelName = "ResizeNearestNeighbor";
  const stock = tf.getGradient(kernelName);
  if (!stock) return;
  tf.unregisterGradient(kernelName);
  tf.registerGradient({
    ...stock,
    gradFunc: (dy, saved, attributes) => {
      const gradient = dy as tf.Tensor4D;
      const factors = repeats((saved[0] as tf.Tensor).shape, gradient.shape);
      const { alignCorners, halfPixelCenters } = attributes as unknown as Record<string, boolean>;
      if (!factors || alignCorners || halfPixelCenters) return stock.gradFunc(dy, saved, attributes);
      const [down, across] = factors;
      return { images: () => tf.mul(tf.avgPool(gradient, factors, factors, "valid"), down * across) };
    },
  });
}

export function registerGradients(): void {
  for (const name of COMPARISONS) registerComparison(name);
  registerNearestNeighbour();
}
