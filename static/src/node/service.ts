/** What the evaluator does with each request: one model at a time, on the backend in use. */
import { asFloat32, type HeaderValue } from "../shared/frames.ts";
import { buildModel, type Description, describe, loadModel, readWeights } from "../trainer/build.ts";
import { checkTrainable } from "../trainer/check.ts";
import type { LeaseWork } from "../trainer/config.ts";
import { TrainerError } from "../trainer/errors.ts";
import { Examples } from "../trainer/examples.ts";
import { decodeShard, type Shard } from "../trainer/shards.ts";
import type { tfl } from "../trainer/tfjs.ts";
import { Trainer } from "../trainer/trainer.ts";
import { checkFit, doubtsAbout, type ModelShape } from "./fit.ts";
import { type BuildRequest, countOf, type Reply } from "./requests.ts";
import { inWords, reworded } from "./sentences.ts";
import { shapeOf } from "./shapes.ts";
import { tryStep } from "./step.ts";
import { allFinite, confusionOf, ValidationSet } from "./validation.ts";

interface ReplayRequest extends LeaseWork {
  parts: [string, number, number][];
}

/** Everything that belongs to one model. */
interface Built {
  request: BuildRequest;
  described: Description;
  shape: ModelShape;
  trainer: Trainer;
  initial: Float32Array;
}

export class EvaluatorService {
  #built: Built | null = null;
  #validation: readonly Shard[] = [];
  #incoming: Shard[] = [];
  #checker: Trainer | null = null;
  #newcomer: Trainer | null = null;
  readonly #replayed = new Map<string, Shard>();

  /** Throws `TrainerError` for what the owner can mend, any other error for what is ours. */
  async handle(header: Record<string, unknown>, payload: Uint8Array): Promise<Reply> {
    switch (header.type) {
      case "build":
        return this.#build(JSON.parse(new TextDecoder().decode(payload)) as BuildRequest);
      case "describe":
        return described(JSON.parse(new TextDecoder().decode(payload)) as BuildRequest);
      case "check":
        return this.#check(decodeShard(payload));
      case "begin_validation":
        this.#incoming = [];
        return { header: {} };
      case "add_validation":
        this.#incoming.push(decodeShard(payload));
        return { header: {} };
      case "end_validation":
        return this.#endValidation();
      case "set_weights":
        this.#current().trainer.setWeights(asFloat32(payload));
        return { header: {} };
      case "validate":
        return this.#validate(header, asFloat32(payload));
      case "replay_shard":
        this.#replayed.set(String(header.name), decodeShard(payload));
        return { header: {} };
      case "replay":
        return this.#replay(header as unknown as ReplayRequest, asFloat32(payload));
      case "predict":
        return this.#predict(decodeShard(payload));
      default:
        throw new Error(`unknown request ${String(header.type)}`);
    }
  }

  async #build(request: BuildRequest): Promise<Reply> {
    this.#built?.trainer.dispose();
    this.#checker?.dispose();
    this.#newcomer?.dispose();
    this.#built = this.#checker = this.#newcomer = null;
    const { described, shape, initial } = await understood(() => describeModel(request));
    const { name, loss, metrics, optimizer, dataset, training } = request;
    const { topology, weights, num_weights, num_trainable } = described;
    const config = { name, topology, weights, num_weights, num_trainable, loss, metrics, optimizer };
    const trainer = await understood(() => Trainer.create(config, dataset, training));
    trainer.setWeights(initial);
    this.#built = { request, described, shape, trainer, initial };
    // As a string: a topology nests deeper than a header may.
    return { header: { described: JSON.stringify(described) }, payload: initial };
  }

  async #check(shard: Shard): Promise<Reply> {
    const { request, described, shape, trainer, initial } = this.#current();
    const examples = Examples.ofShards(request.dataset, [shard]);
    const report = await understood(() => tryStep(trainer, request, examples, initial));
    return {
      header: { parameters: described.num_weights, warnings: doubtsAbout(shape, request.dataset), ...report },
    };
  }

  #endValidation(): Reply {
    this.#validation = this.#incoming;
    this.#incoming = [];
    return { header: { num_examples: this.#validation.reduce((sum, shard) => sum + shard.num_examples, 0) } };
  }

  async #validate(header: Record<string, unknown>, weights: Float32Array): Promise<Reply> {
    const { request, trainer, shape } = this.#current();
    const held = new ValidationSet(request.dataset, this.#validation);
    if (held.num_examples === 0) throw new Error("no validation examples are loaded");
    const wanted = header.num_examples === null ? held.num_examples : countOf(header, "num_examples");
    const isWhole = wanted >= held.num_examples;
    const examples = held.sample(wanted, countOf(header, "seed"), countOf(header, "version"));
    if (!allFinite(weights)) {
      // Backends clip what is no number: the loss would look like one.
      return { header: { loss: null, accuracy: null, num_examples: examples.num_examples } };
    }
    trainer.setWeights(weights);
    const { loss, accuracy, num_examples } = await trainer.evaluate(examples);
    const reply: Record<string, HeaderValue> = {
      loss: Number.isFinite(loss) ? loss : null,
      accuracy: accuracy !== null && Number.isFinite(accuracy) ? accuracy : null,
      num_examples,
    };
    const classes = shape.outputs[0]?.length === 1 ? (request.dataset.targets.num_classes ?? 0) : 0;
    if (!isWhole || classes < 2 || shape.outputs[0]?.[0] !== classes) return { header: reply };
    return { header: reply, payload: confusionOf(held.targets(), await trainer.predict(examples), classes) };
  }

  /**
   * Trains a volunteer's lease again, with an optimiser that remembers earlier replays as a volunteer's does its leases; and
   * where it remembers anything, a second time with one that does not. Where both agree, what the device remembers, which
   * nobody here knows, decides little.
   */
  async #replay(request: ReplayRequest, base: Float32Array): Promise<Reply> {
    const { dataset } = this.#current().request;
    const parts = request.parts.map(([shardName, first, last]) => {
      const shard = this.#replayed.get(shardName);
      if (!shard) throw new Error(`there is no shard ${shardName}`);
      return { shard, first, last };
    });
    this.#replayed.clear();
    this.#checker ??= await this.#makeTrainer();
    const began = performance.now();
    this.#checker.setWeights(base);
    const { payload } = await this.#checker.train(request, new Examples(dataset, parts));
    const made = [payload];
    if (request.optimizer !== "sgd" && this.#checker.remembers) {
      this.#newcomer ??= await this.#makeTrainer();
      this.#newcomer.resetOptimizer();
      this.#newcomer.setWeights(base);
      made.push((await this.#newcomer.train(request, new Examples(dataset, parts))).payload);
    }
    const both = new Float32Array(made.length * payload.length);
    made.forEach((each, i) => {
      both.set(each, i * payload.length);
    });
    return { header: { seconds: (performance.now() - began) / 1000 }, payload: both };
  }

  #makeTrainer(): Promise<Trainer> {
    const { request, described } = this.#current();
    const { name, loss, metrics, optimizer, dataset, training } = request;
    const { topology, weights, num_weights, num_trainable } = described;
    const config = { name, topology, weights, num_weights, num_trainable, loss, metrics, optimizer };
    return Trainer.create(config, dataset, training);
  }

  async #predict(shard: Shard): Promise<Reply> {
    const { request, trainer, shape } = this.#current();
    const payload = await trainer.predict(Examples.ofShards(request.dataset, [shard]));
    const output = shape.outputs[0] ?? [];
    return { header: { shape: [shard.num_examples, ...output.map((size) => size ?? 0)] }, payload };
  }

  #current(): Built {
    if (!this.#built) throw new Error("no model is built");
    return this.#built;
  }
}

/** Builds the model once to learn its shapes and its initial weights, and refuses what cannot be trained. */
/** What a model is, whether or not it fits its dataset. */
async function described(request: BuildRequest): Promise<Reply> {
  const model = await understood(() => modelFor(request));
  try {
    return { header: { described: JSON.stringify(describe(model)) } };
  } finally {
    model.dispose();
  }
}

function modelFor({ topology, layers, dataset, training }: BuildRequest): Promise<tfl.LayersModel> {
  const shapes = dataset.inputs.map((input) => input.shape);
  return topology ? loadModel(topology, training.seed) : buildModel(layers ?? [], shapes, training.seed);
}

async function describeModel(
  request: BuildRequest,
): Promise<{ described: Description; shape: ModelShape; initial: Float32Array }> {
  const model = await modelFor(request);
  try {
    return await description(model, request);
  } finally {
    model.dispose();
  }
}

async function description(model: tfl.LayersModel, request: BuildRequest) {
  const shape = shapeOf(model, request.loss);
  checkFit(shape, request.dataset);
  checkTrainable(model);
  return { described: describe(model), shape, initial: await readWeights(model) };
}

/** Runs `work`; what TF.js says against the owner's model is put in words. */
async function understood<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TrainerError) throw new TrainerError(error.code, reworded(error.message));
    console.error(error);
    throw new TrainerError("invalid_model", inWords(error instanceof Error ? error.message : String(error)));
  }
}
