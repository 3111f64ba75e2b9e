/** Gradient clipping. */
import type { ClipConfig } from "./config.ts";
import { tf } from "./tfjs.ts";

/**
 * The gradients clipped (Pascanu 2013 for the norm: scaled together so that their global L2 norm is at most `norm`). To be
 * called in a `tidy`, which frees the rest.
 */
export function clipGradients(gradients: readonly (tf.Tensor | null)[], clip: ClipConfig): (tf.Tensor | null)[] {
  if ("value" in clip) return gradients.map((g) => g && tf.clipByValue(g, -clip.value, clip.value));
  const squares = gradients.filter((g) => g !== null).map((g) => tf.sum(tf.square(g)));
  const scale = tf.div(clip.norm, tf.maximum(tf.sqrt(tf.addN(squares)), clip.norm));
  return gradients.map((g) => g && tf.mul(g, scale));
}
