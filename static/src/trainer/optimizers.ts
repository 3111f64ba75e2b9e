/**
 * The optimisers, computed as TF.js's own (`tf.train.*`) but for this: their memory exists from the start, so that the first
 * step of a lease allocates nothing that stays; the learning rate is an argument of each step; adadelta divides by the mean
 * that includes the step's gradient, and centred rmsprop adds its epsilon, both as their papers say and TF.js does not.
 */
import type { OptimizerConfig } from "./config.ts";
import { TrainerError } from "./errors.ts";
import { tf } from "./tfjs.ts";

/** New value of one weight: reads and replaces the slots of that weight through `slot`. */
type Rule = (value: tf.Tensor, gradient: tf.Tensor, rate: number, slot: SlotAccess) => tf.Tensor;

interface SlotAccess {
  read(name: string): tf.Tensor;
  write(name: string, value: tf.Tensor): tf.Tensor;
  /** Steps done before this one. */
  step: number;
}

interface Kind {
  /** Names of the slots, each with what it starts at. */
  slots: Record<string, number>;
  rule: Rule;
}

type Options = (name: string, byDefault: number) => number;

const EPSILON = 1e-7;

function sgd(): Kind {
  return { slots: {}, rule: (value, gradient, rate) => tf.sub(value, tf.mul(gradient, rate)) };
}

/** Polyak's heavy ball, or Nesterov's form of it. */
function momentum(option: Options, nesterov: boolean): Kind {
  const m = option("momentum", 0.9);
  return {
    slots: { velocity: 0 },
    rule: (value, gradient, rate, slot) => {
      const velocity = slot.write("velocity", tf.add(tf.mul(slot.read("velocity"), m), gradient));
      const direction = nesterov ? tf.add(gradient, tf.mul(velocity, m)) : velocity;
      return tf.sub(value, tf.mul(direction, rate));
    },
  };
}

/** Kingma and Ba 2015, algorithm 1. */
function adam(option: Options): Kind {
  const [beta1, beta2, epsilon] = [option("beta1", 0.9), option("beta2", 0.999), option("epsilon", EPSILON)];
  return {
    slots: { first: 0, second: 0 },
    rule: (value, gradient, rate, slot) => {
      const first = slot.write("first", blend(slot.read("first"), gradient, beta1));
      const second = slot.write("second", blend(slot.read("second"), tf.square(gradient), beta2));
      const unbiasedFirst = tf.div(first, 1 - beta1 ** (slot.step + 1));
      const unbiasedSecond = tf.div(second, 1 - beta2 ** (slot.step + 1));
      return tf.sub(value, tf.mul(tf.div(unbiasedFirst, tf.add(tf.sqrt(unbiasedSecond), epsilon)), rate));
    },
  };
}

/** Kingma and Ba 2015, algorithm 2. */
function adamax(option: Options): Kind {
  const [beta1, beta2, epsilon] = [option("beta1", 0.9), option("beta2", 0.999), option("epsilon", EPSILON)];
  const decay = option("decay", 0);
  return {
    slots: { first: 0, largest: 0 },
    rule: (value, gradient, rate, slot) => {
      const first = slot.write("first", blend(slot.read("first"), gradient, beta1));
      const largest = slot.write("largest", tf.maximum(tf.mul(slot.read("largest"), beta2), tf.abs(gradient)));
      const size = rate / (1 + decay * slot.step) / (1 - beta1 ** (slot.step + 1));
      return tf.sub(value, tf.mul(tf.div(first, tf.add(largest, epsilon)), size));
    },
  };
}

/** Duchi, Hazan and Singer 2011. */
function adagrad(option: Options): Kind {
  return {
    slots: { sum: option("initialAccumulatorValue", 0.1) },
    rule: (value, gradient, rate, slot) => {
      const sum = slot.write("sum", tf.add(slot.read("sum"), tf.square(gradient)));
      return tf.sub(value, tf.mul(tf.div(gradient, tf.sqrt(tf.add(sum, EPSILON))), rate));
    },
  };
}

/** Zeiler 2012, algorithm 1. */
function adadelta(option: Options): Kind {
  const [rho, epsilon] = [option("rho", 0.95), option("epsilon", EPSILON)];
  return {
    slots: { gradients: 0, updates: 0 },
    rule: (value, gradient, rate, slot) => {
      const gradients = slot.write("gradients", blend(slot.read("gradients"), tf.square(gradient), rho));
      const ratio = tf.div(tf.sqrt(tf.add(slot.read("updates"), epsilon)), tf.sqrt(tf.add(gradients, epsilon)));
      const update = tf.mul(ratio, gradient);
      slot.write("updates", blend(slot.read("updates"), tf.square(update), rho));
      return tf.sub(value, tf.mul(update, rate));
    },
  };
}

/** Tieleman and Hinton 2012, with momentum; `centered` is Graves 2013, eq. 38 to 41. */
function rmsprop(option: Options, centered: boolean): Kind {
  const [decay, m, epsilon] = [option("decay", 0.9), option("momentum", 0), option("epsilon", EPSILON)];
  return {
    slots: centered ? { squares: 0, moment: 0, mean: 0 } : { squares: 0, moment: 0 },
    rule: (value, gradient, rate, slot) => {
      const squares = slot.write("squares", blend(slot.read("squares"), tf.square(gradient), decay));
      const variance = centered
        ? tf.sub(squares, tf.square(slot.write("mean", blend(slot.read("mean"), gradient, decay))))
        : squares;
      const scaled = tf.div(tf.mul(gradient, rate), tf.sqrt(tf.add(variance, epsilon)));
      return tf.sub(value, slot.write("moment", tf.add(tf.mul(slot.read("moment"), m), scaled)));
    },
  };
}

/**
 * Jordan 2024, "Muon: an optimizer for hidden layers in neural networks": Nesterov momentum, made orthogonal. A kernel is
 * the matrix of its last axis (outputs) against all others; what has one axis moves by its momentum.
 */
function muon(option: Options): Kind {
  const m = option("momentum", 0.9);
  return {
    slots: { velocity: 0 },
    rule: (value, gradient, rate, slot) => {
      const velocity = slot.write("velocity", blend(slot.read("velocity"), gradient, m));
      const direction = blend(velocity, gradient, m);
      return tf.sub(value, tf.mul(value.rank < 2 ? direction : orthogonal(direction), rate));
    },
  };
}

/** The nearest orthogonal matrix, about: five Newton-Schulz steps in Jordan's coefficients; larger for wide outputs. */
function orthogonal(kernel: tf.Tensor): tf.Tensor {
  const columns = kernel.shape[kernel.rank - 1] as number;
  const rows = kernel.size / columns;
  let x: tf.Tensor = tf.reshape(kernel, [rows, columns]);
  x = tf.div(x, tf.add(tf.norm(x), EPSILON));
  if (rows > columns) x = tf.transpose(x);
  for (let step = 0; step < 5; step++) {
    const a = tf.matMul(x as tf.Tensor2D, x as tf.Tensor2D, false, true);
    const b = tf.add(tf.mul(a, -4.775), tf.mul(tf.matMul(a, a), 2.0315));
    x = tf.add(tf.mul(x, 3.4445), tf.matMul(b as tf.Tensor2D, x as tf.Tensor2D));
  }
  if (rows > columns) x = tf.transpose(x);
  return tf.reshape(tf.mul(x, Math.sqrt(Math.max(1, columns / rows))), kernel.shape);
}

/** `old * keep + fresh * (1 - keep)`. */
function blend(old: tf.Tensor, fresh: tf.Tensor, keep: number): tf.Tensor {
  return tf.add(tf.mul(old, keep), tf.mul(fresh, 1 - keep));
}

/** Each optimiser's name in a model file, with its options and the learning rate that it has by default. */
const OPTIONS: Record<string, { learningRate: number; options: string[] }> = {
  sgd: { learningRate: 0.01, options: [] },
  momentum: { learningRate: 0.01, options: ["momentum", "useNesterov"] },
  adam: { learningRate: 0.001, options: ["beta1", "beta2", "epsilon"] },
  adamax: { learningRate: 0.002, options: ["beta1", "beta2", "epsilon", "decay"] },
  adagrad: { learningRate: 0.01, options: ["initialAccumulatorValue"] },
  adadelta: { learningRate: 0.001, options: ["rho", "epsilon"] },
  muon: { learningRate: 0.02, options: ["momentum"] },
  rmsprop: { learningRate: 0.001, options: ["decay", "momentum", "epsilon", "centered"] },
};

/** The optimisers that a model may name. */
export const OPTIMIZER_NAMES: readonly string[] = Object.keys(OPTIONS);

function kindOf(name: string, options: Record<string, unknown>): Kind {
  const option: Options = (key, byDefault) => {
    const value = options[key];
    if (value === undefined || value === null) return byDefault;
    if (typeof value !== "number" || !Number.isFinite(value))
      throw new TrainerError("invalid_model", `The optimiser ${name} needs a number as its "${key}".`);
    return value;
  };
  switch (name) {
    case "sgd":
      return sgd();
    case "momentum":
      return momentum(option, options.useNesterov === true);
    case "adam":
      return adam(option);
    case "adamax":
      return adamax(option);
    case "adagrad":
      return adagrad(option);
    case "adadelta":
      return adadelta(option);
    case "muon":
      return muon(option);
    case "rmsprop":
      return rmsprop(option, options.centered === true);
    default:
      throw new TrainerError(
        "invalid_model",
        `There is no optimiser "${name}". The optimisers are ${OPTIMIZER_NAMES.join(", ")}.`,
      );
  }
}

/** One optimiser over fixed variables; owns its slots until `dispose`. */
export class Optimizer {
  readonly #kind: Kind;
  readonly #variables: readonly tf.Variable[];
  /** The slots of each variable. */
  readonly #slots: Map<string, tf.Variable>[] = [];
  #step = 0;

  /** @throws TrainerError `invalid_model` for an unknown name or option. */
  constructor(config: OptimizerConfig, variables: readonly tf.Variable[]) {
    const [name, options] = namedOptimizer(config);
    this.#kind = kindOf(name, options);
    this.#variables = variables;
    for (const variable of variables) {
      const slots = new Map<string, tf.Variable>();
      for (const [slot, start] of Object.entries(this.#kind.slots))
        slots.set(
          slot,
          tf.tidy(() => tf.variable(tf.fill(variable.shape, start), false)),
        );
      this.#slots.push(slots);
    }
  }

  /** One step; `gradients` in the order of the variables, null where the loss does not depend on one. */
  apply(gradients: readonly (tf.Tensor | null)[], learningRate: number): void {
    tf.tidy(() => {
      this.#variables.forEach((variable, i) => {
        const gradient = gradients[i];
        const slots = this.#slots[i] as Map<string, tf.Variable>;
        if (gradient) variable.assign(this.#kind.rule(variable, gradient, learningRate, this.#access(slots)));
      });
    });
    this.#step += 1;
  }

  /** Whether a step depends on those before it. */
  get remembers(): boolean {
    return Object.keys(this.#kind.slots).length > 0;
  }

  /** As it was when it was made. */
  reset(): void {
    this.#step = 0;
    for (const slots of this.#slots)
      for (const [name, slot] of slots)
        tf.tidy(() => slot.assign(tf.fill(slot.shape, this.#kind.slots[name] as number)));
  }

  dispose(): void {
    for (const slots of this.#slots) for (const slot of slots.values()) slot.dispose();
    this.#slots.length = 0;
  }

  #access(slots: Map<string, tf.Variable>): SlotAccess {
    return {
      step: this.#step,
      read: (name) => slots.get(name) as tf.Variable,
      write: (name, value) => {
        (slots.get(name) as tf.Variable).assign(value);
        return value;
      },
    };
  }
}

/** The name and options of an optimiser. @throws TrainerError when there is not exactly one, or an option is unknown. */
function namedOptimizer(config: OptimizerConfig): [string, Record<string, unknown>] {
  const entries = Object.entries(config);
  const [entry] = entries;
  if (!entry || entries.length !== 1)
    throw new TrainerError("invalid_model", `A model has one optimiser; this one names ${entries.length}.`);
  const [name, options] = entry;
  const known = OPTIONS[name]?.options;
  const unknown = known && Object.keys(options).find((key) => key !== "learningRate" && !known.includes(key));
  if (unknown)
    throw new TrainerError(
      "invalid_model",
      `The optimiser ${name} has no option "${unknown}". It takes ${["learningRate", ...known].join(", ")}.`,
    );
  return [name, options];
}

/** The learning rate that a model's optimiser asks for. */
export function learningRateOf(config: OptimizerConfig): number {
  const [name, options] = namedOptimizer(config);
  return typeof options.learningRate === "number" ? options.learningRate : (OPTIONS[name]?.learningRate ?? 0.01);
}
