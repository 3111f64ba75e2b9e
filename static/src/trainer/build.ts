/**
 * Models out of a model file's `layers`, or out of a topology, with initial weights that the run's seed decides.
 *
 * Initial weights are those of TF.js's own initialisers. Each random one that has no seed of its own gets `mixSeed(seed, i)` (1 in place of 0,
 * which TF.js takes for "none"), i counting the weights of the model in the order in which its layers make them. The same
 * seed therefore gives the same weights, bit for bit, whatever was built before in the same process.
 */
import type { ModelConfig, Topology, WeightSpec } from "./config.ts";
import { TrainerError } from "./errors.ts";
import { mixSeed } from "./random.ts";
import { tf, tfl } from "./tfjs.ts";

/** One layer of the short form: its `tf.layers` name and arguments, such as `{"dense": {"units": 10}}`. */
export type LayerSpec = Record<string, Record<string, unknown>>;

/** A layer as it is shown to people. */
export interface LayerSummary {
  name: string;
  class: string;
  output_shape: (number | null)[];
  parameters: number;
}

/** A model's structure, as the wire and the export have it. */
export interface Description {
  topology: Topology;
  /** The flat vector's order: trainable first, then the rest, each as the model's layers have them. */
  weights: WeightSpec[];
  num_weights: number;
  num_trainable: number;
  layers: LayerSummary[];
}

type Layer = tfl.layers.Layer;
type Factory = (args: Record<string, unknown>) => Layer;
type AddWeight = (...values: unknown[]) => unknown;

/** The topologies that models were loaded from. */
const topologies = new WeakMap<tfl.LayersModel, Topology>();

/**
 * Builds a sequential model. `inputShapes` has the shape of one example of each of the dataset's inputs.
 * @throws TrainerError `invalid_model`, naming the layer.
 */
export async function buildModel(layers: LayerSpec[], inputShapes: number[][], seed: number): Promise<tfl.LayersModel> {
  const [inputShape] = inputShapes;
  if (!inputShape || inputShapes.length !== 1)
    throw new TrainerError(
      "invalid_model",
      `"layers" makes a model with one input, and the dataset has ${inputShapes.length}. Use "topology" instead.`,
    );
  const plain = withInitialisers(null, () => sequence(layers, inputShape));
  const topology = plain.toJSON(null, false) as unknown as Topology;
  plain.dispose();
  return loadModel(topology, seed);
}

function sequence(layers: LayerSpec[], inputShape: number[]): tfl.Sequential {
  const model = tfl.sequential({ name: "model" });
  const names = new Names();
  layers.forEach((spec, i) => {
    try {
      model.add(makeLayer(spec, names, i === 0 ? { inputShape } : {}));
    } catch (error) {
      model.dispose();
      if (error instanceof TrainerError) throw error;
      throw new TrainerError("invalid_model", `Layer ${i + 1} (${Object.keys(spec)[0]}): ${sentence(error)}`);
    }
  });
  return model;
}

/** Layer names that do not depend on what else the process has built: `conv2d_1`, `conv2d_2`, ... */
class Names {
  readonly #counts = new Map<string, number>();

  next(kind: string): string {
    const base = kind.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();
    const count = (this.#counts.get(base) ?? 0) + 1;
    this.#counts.set(base, count);
    return `${base}_${count}`;
  }
}

function makeLayer(spec: LayerSpec, names: Names, extra: Record<string, unknown>): Layer {
  const [entry] = Object.entries(spec);
  const [kind, args] = entry ?? ["", {}];
  const factories = tfl.layers as unknown as Record<string, Factory>;
  const factory = Object.hasOwn(factories, kind) ? factories[kind] : undefined;
  if (!factory || Object.keys(spec).length !== 1 || kind === "Layer" || kind.startsWith("RNN"))
    throw new TrainerError("invalid_model", `There is no layer "${kind}" in TF.js.`);
  const own: Record<string, unknown> = { name: names.next(kind), ...extra };
  for (const [key, value] of Object.entries(args)) own[key] = made(key, value);
  const inner = own.layer;
  if (typeof inner === "object" && inner !== null) own.layer = makeLayer(inner as LayerSpec, names, {});
  return factory(own);
}

/** By the end of an argument's name: what TF.js makes its value from. */
const MAKERS: Record<string, unknown> = {
  Initializer: tfl.initializers,
  Regularizer: tfl.regularizers,
  Constraint: tfl.constraints,
};

/**
 * An argument as TF.js takes it: initialisers, regularisers and constraints, by name or as `{name: arguments}`, are made;
 * all else is left as it is.
 */
function made(key: string, value: unknown): unknown {
  const maker = MAKERS[/(Initializer|Regularizer|Constraint)$/.exec(key)?.[0] ?? ""];
  if (!maker || value === null || value === undefined) return value;
  const [name, args] = typeof value === "string" ? [value, {}] : (Object.entries(value)[0] ?? ["", {}]);
  const make = (maker as Record<string, ((args: unknown) => unknown) | undefined>)[name];
  return make ? make(args) : value;
}

/**
 * Loads a topology: a Keras or TF.js layers model as JSON. With a seed its weights are initialised as above; without one
 * they are zeros, which is quick, for a model whose weights come from elsewhere.
 * @throws TrainerError `invalid_model`.
 */
export async function loadModel(topology: Topology, seed?: number): Promise<tfl.LayersModel> {
  const { model_config: inner } = topology;
  const json = typeof inner === "object" && inner !== null ? inner : topology;
  const model = await withInitialisers(seed ?? null, async () => {
    try {
      return await tfl.models.modelFromJSON(structuredClone(json) as never);
    } catch (error) {
      throw new TrainerError("invalid_model", `TF.js cannot build this topology: ${sentence(error)}`);
    }
  });
  topologies.set(model, json as Topology);
  return model;
}

/** While `build` runs (up to its first wait), weights are made from `seed`, or as zeros when it is null. */
function withInitialisers<T>(seed: number | null, build: () => T): T {
  const prototype = tfl.layers.Layer.prototype as unknown as { addWeight: AddWeight };
  const original = prototype.addWeight;
  const zeros = tfl.initializers.zeros();
  let made = 0;
  prototype.addWeight = function addWeight(this: unknown, name, shape, dtype, initializer, ...rest) {
    made += 1;
    if (seed === null) return original.call(this, name, shape, dtype, zeros, ...rest);
    const own = initializer as { seed?: number | null } | undefined;
    if (own && "seed" in own) own.seed ||= mixSeed(seed, made) || 1;
    return original.call(this, name, shape, dtype, initializer, ...rest);
  };
  try {
    return build();
  } finally {
    prototype.addWeight = original;
  }
}

/** The weights of a model in the order of its flat vector. */
export function orderedWeights(model: tfl.LayersModel): tfl.LayerVariable[] {
  return [...model.trainableWeights, ...model.nonTrainableWeights];
}

/** What the rest of the project needs to know of a model. */
export function describe(model: tfl.LayersModel): Description {
  const weights = orderedWeights(model).map((weight, i) => ({
    name: weight.originalName,
    shape: weight.shape.map((size) => size ?? 0),
    trainable: i < model.trainableWeights.length,
  }));
  const used = new Map<string, number>();
  for (const weight of weights) {
    const count = (used.get(weight.name) ?? 0) + 1;
    used.set(weight.name, count);
    if (count > 1) weight.name = `${weight.name}_${count}`;
  }
  const size = (some: WeightSpec[]) => some.reduce((sum, { shape }) => sum + tf.util.sizeFromShape(shape), 0);
  return {
    topology: topologies.get(model) ?? (model.toJSON(null, false) as unknown as Topology),
    weights,
    num_weights: size(weights),
    num_trainable: size(weights.filter(({ trainable }) => trainable)),
    layers: model.layers.map((layer) => ({
      name: layer.name,
      class: layer.getClassName(),
      output_shape: (Array.isArray(layer.outputShape[0]) ? layer.outputShape[0] : layer.outputShape) as (
        | number
        | null
      )[],
      parameters: layer.countParams(),
    })),
  };
}

/** The flat vector of a model's weights. */
export async function readWeights(model: tfl.LayersModel): Promise<Float32Array> {
  const parts = await Promise.all(orderedWeights(model).map((weight) => weight.read().data()));
  const flat = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    flat.set(part, at);
    at += part.length;
  }
  return flat;
}

/** Puts a flat vector (copied) into a model. @throws TrainerError `invalid_model` when its length is not the model's. */
export function writeWeights(model: tfl.LayersModel, flat: Float32Array): void {
  const weights = orderedWeights(model);
  const total = weights.reduce((sum, weight) => sum + tf.util.sizeFromShape(weight.shape as number[]), 0);
  if (flat.length !== total)
    throw new TrainerError("invalid_model", `The model has ${total} weights, and ${flat.length} were given.`);
  let at = 0;
  for (const weight of weights) {
    const shape = weight.shape as number[];
    const size = tf.util.sizeFromShape(shape);
    const values = flat.slice(at, at + size);
    tf.tidy(() => (weight.read() as tf.Variable).assign(tf.tensor(values, shape)));
    at += size;
  }
}

/** A model by its protocol description, its weights zeros. @throws TrainerError when the two disagree. */
export async function modelOf(config: ModelConfig): Promise<tfl.LayersModel> {
  const model = await loadModel(config.topology);
  const { num_weights: weights, num_trainable: trainable } = describe(model);
  if (weights === config.num_weights && trainable === config.num_trainable) return model;
  model.dispose();
  throw new TrainerError(
    "invalid_model",
    `The topology has ${weights} weights (${trainable} trainable), its description ${config.num_weights} (${config.num_trainable}).`,
  );
}

/** An error of TF.js as the end of a sentence. */
function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.endsWith(".") ? message : `${message}.`;
}
