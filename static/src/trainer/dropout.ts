/**
 * Dropout and noise keyed by (lease seed, step, layer, call), so that a lease can be replayed on any backend.
 *
 * TF.js has no global seed, and its Dropout with a seed repeats one mask for ever. The layers stay TF.js's own, and
 * a model's topology says plain `Dropout`: what is replaced is how the layers of a loaded model draw.
 */
import { gaussians, hashName, keepMask, mixSeed } from "./random.ts";
import { tf, type tfl } from "./tfjs.ts";

type Layer = tfl.layers.Layer;
type Kwargs = { training?: boolean };

/** The members of TF.js's layers that the types do not show. */
interface Inside {
  rate?: number;
  stddev?: number;
  noiseShape?: (number | null)[] | null;
  getNoiseShape?(input: tf.Tensor): number[] | null | undefined;
  layers?: Layer[];
  layer?: Layer;
  forwardLayer?: Layer;
  backwardLayer?: Layer;
  cell?: Cell;
}

interface Cell {
  dropoutFunc?: (ones: tf.Tensor, rate: number) => tf.Tensor;
  dropoutMask?: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask?: tf.Tensor | tf.Tensor[] | null;
  cells?: Cell[];
}

/** Numbers the draws of the random layers of one model. */
export class ChanceKey {
  #seed = 0;
  #step = 0;
  readonly #calls = new Map<string, number>();

  /** From here on, draws belong to this step of this lease. */
  set(seed: number, step: number): void {
    this.#seed = seed;
    this.#step = step;
    this.#calls.clear();
  }

  /** The seed of a layer's next draw in this step; a layer that is called several times draws anew each time. */
  next(layer: string): number {
    const call = this.#calls.get(layer) ?? 0;
    this.#calls.set(layer, call + 1);
    return mixSeed(this.#seed, this.#step, hashName(layer), call);
  }
}

/** Every layer of a model, those inside wrappers and nested models too. */
export function allLayers(model: Layer): Layer[] {
  const { layers, layer, forwardLayer, backwardLayer } = model as unknown as Inside;
  const inner = [...(layers ?? []), layer, forwardLayer, backwardLayer].filter((one) => one !== undefined);
  return inner.flatMap((one) => [one, ...allLayers(one)]);
}

function dropped(x: tf.Tensor, rate: number, shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.mul(x, tf.tensor(keepMask(size, rate, seed, 1 / (1 - rate)), shape));
}

function noise(shape: number[], seed: number): tf.Tensor {
  const size = shape.reduce((product, n) => product * n, 1);
  return tf.tensor(gaussians(size, seed), shape);
}

/** Klambauer 2017, section 3: drops to the negative saturation of SELU, then restores mean and variance. */
function alphaDropped(x: tf.Tensor, rate: number, shape: number[], seed: number): tf.Tensor {
  const saturation = -1.7580993408473766;
  const scale = ((1 - rate) * (1 + rate * saturation ** 2)) ** -0.5;
  const size = shape.reduce((product, n) => product * n, 1);
  const kept = tf.tensor(keepMask(size, rate, seed, 1), shape);
  const mixed = tf.add(tf.mul(x, kept), tf.mul(tf.sub(1, kept), saturation));
  return tf.add(tf.mul(mixed, scale), -scale * saturation * rate);
}

type Draw = (x: tf.Tensor, layer: Inside, seed: number) => tf.Tensor;

function noiseShape(x: tf.Tensor, layer: Inside): number[] {
  const shape = layer.getNoiseShape?.(x) ?? layer.noiseShape ?? x.shape;
  return shape.map((size, axis) => size ?? (x.shape[axis] as number));
}

const DRAWS: Record<string, Draw> = {
  Dropout: (x, layer, seed) => dropped(x, layer.rate ?? 0, noiseShape(x, layer), seed),
  SpatialDropout1D: (x, layer, seed) => dropped(x, layer.rate ?? 0, noiseShape(x, layer), seed),
  AlphaDropout: (x, layer, seed) => alphaDropped(x, layer.rate ?? 0, noiseShape(x, layer), seed),
  GaussianNoise: (x, layer, seed) => tf.add(x, tf.mul(noise(x.shape, seed), layer.stddev ?? 0)),
  GaussianDropout: (x, layer, seed) => {
    const rate = layer.rate ?? 0;
    return tf.mul(x, tf.add(tf.mul(noise(x.shape, seed), Math.sqrt(rate / (1 - rate))), 1));
  },
};

/** Makes every layer of `model` that draws at random draw from `key`. */
export function keyRandomLayers(model: tfl.LayersModel, key: ChanceKey): void {
  for (const layer of allLayers(model)) {
    const inside = layer as unknown as Inside;
    const draw = DRAWS[layer.getClassName()];
    if (draw) {
      const amount = inside.rate ?? inside.stddev ?? 0;
      layer.call = (inputs, kwargs: Kwargs) => {
        const x = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
        if (!kwargs.training || amount <= 0 || (inside.rate ?? 0) >= 1) return x;
        return tf.tidy(() => draw(x, inside, key.next(layer.name)));
      };
    }
    for (const cell of cellsOf(inside))
      cell.dropoutFunc = (ones, rate) => dropped(ones, rate, ones.shape, key.next(layer.name));
  }
}

function cellsOf({ cell }: Inside): Cell[] {
  if (!cell) return [];
  return [cell, ...(cell.cells ?? [])];
}

/** Frees the masks that recurrent cells keep until their next call. */
export function freeRecurrentMasks(model: tfl.LayersModel): void {
  for (const layer of allLayers(model)) {
    for (const cell of cellsOf(layer as unknown as Inside)) {
      for (const mask of [cell.dropoutMask, cell.recurrentDropoutMask]) if (mask) tf.dispose(mask);
      cell.dropoutMask = null;
      cell.recurrentDropoutMask = null;
    }
  }
}
