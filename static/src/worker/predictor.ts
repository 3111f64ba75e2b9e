/**
 * The module worker that predicts with a run's newest weights and trains nothing. It is a worker of its own, so that no
 * prediction gets into a lease; a small one, since it computes on the processor.
 */
import { codeHeaders } from "../shared/code.ts";
import { decodeVector } from "../shared/encoding.ts";
import type { DatasetConfig, ModelConfig } from "../shared/protocol.ts";
import { configureWasm, useBackend } from "../trainer/backend.ts";
import { Examples } from "../trainer/examples.ts";
import type { Shard, ShardArray, ShardData } from "../trainer/shards.ts";
import { Trainer } from "../trainer/trainer.ts";
import { RunAddress } from "./address.ts";
import { blankShard } from "./blank.ts";

/** From the page. */
export type PredictorRequest =
  /** Load the model if it is not here, and its newest weights. */
  | { type: "refresh"; base: string; run: string; code?: string | null }
  /** Predict examples: for each its inputs, as the dataset stores them, flat. */
  | { type: "predict"; id: number; examples: number[][][] };

/** To the page. */
export type PredictorAnswer =
  | { type: "ready"; version: number; bytes: number }
  /** `width` outputs for each example. */
  | { type: "predicted"; id: number; version: number; outputs: Float32Array; width: number }
  | { type: "failed"; id: number | null; message: string };

interface PredictorScope {
  onmessage: ((event: MessageEvent<PredictorRequest>) => void) | null;
  postMessage(message: PredictorAnswer): void;
}

const scope = globalThis as unknown as PredictorScope;

class Predictor {
  private readonly trainer: Trainer;
  private readonly model: ModelConfig;
  private readonly dataset: DatasetConfig;
  version = 0;

  private constructor(trainer: Trainer, model: ModelConfig, dataset: DatasetConfig) {
    this.trainer = trainer;
    this.model = model;
    this.dataset = dataset;
  }

  static async load(address: RunAddress): Promise<Predictor> {
    const response = await fetch(address.model);
    if (!response.ok) throw new Error("The server does not say what the network is.");
    const { model, dataset } = (await response.json()) as { model: ModelConfig; dataset: DatasetConfig };
    configureWasm(new URL("..", import.meta.url).href);
    await useBackend("wasm").catch(() => useBackend("cpu"));
    const trainer = await Trainer.create(model, dataset, { batch_size: 1, lease_seconds: 1, seed: 0, clip: null });
    return new Predictor(trainer, model, dataset);
  }

  /** Takes the newest weights, at half precision, which is enough to predict. Returns how many bytes came. */
  async refresh(address: RunAddress, code: string | null): Promise<number> {
    const response = await fetch(address.latestWeights, { headers: codeHeaders(code) });
    if (response.status === 403) throw new Error("This run shows its network to those who have its code.");
    if (!response.ok) throw new Error("The newest weights could not be loaded.");
    const bytes = new Uint8Array(await response.arrayBuffer());
    this.trainer.setWeights(decodeVector(bytes, "f16", this.model.num_weights));
    this.version = Number(/\/weights\/(\d+)-/.exec(response.url)?.[1] ?? 0);
    return bytes.byteLength;
  }

  async predict(examples: number[][][]): Promise<{ outputs: Float32Array; width: number }> {
    const outputs = await this.trainer.predict(Examples.ofShards(this.dataset, [this.shard(examples)]));
    return { outputs, width: outputs.length / Math.max(1, examples.length) };
  }

  private shard(examples: number[][][]): Shard {
    const blank = blankShard(this.dataset, examples.length);
    const inputs = blank.inputs.map((array, i): ShardArray => {
      const size = array.data.length / examples.length;
      // Not the stored format: a drawing has numbers between those that a byte can hold.
      const data = new Float32Array(array.data.length);
      for (const [row, example] of examples.entries()) {
        const values = example[i] ?? [];
        if (values.length !== size) throw new Error(`An example has ${values.length} numbers instead of ${size}.`);
        data.set(values, row * size);
      }
      return { ...array, dtype: "float32", data: data as ShardData };
    });
    return { ...blank, inputs };
  }
}

let predictor: Promise<Predictor> | null = null;

async function refresh(base: string, run: string, code: string | null): Promise<void> {
  const address = new RunAddress(base, run);
  predictor ??= Predictor.load(address);
  try {
    const loaded = await predictor;
    const bytes = await loaded.refresh(address, code);
    scope.postMessage({ type: "ready", version: loaded.version, bytes });
  } catch (error) {
    predictor = null;
    scope.postMessage({ type: "failed", id: null, message: messageOf(error) });
  }
}

async function predict(id: number, examples: number[][][]): Promise<void> {
  try {
    if (!predictor) throw new Error("The network is not loaded.");
    const loaded = await predictor;
    const { outputs, width } = await loaded.predict(examples);
    scope.postMessage({ type: "predicted", id, version: loaded.version, outputs, width });
  } catch (error) {
    scope.postMessage({ type: "failed", id, message: messageOf(error) });
  }
}

// One after the other: new weights must not come between the batches of a prediction.
let queue: Promise<void> = Promise.resolve();

scope.onmessage = ({ data: message }) => {
  queue = queue.then(() => {
    switch (message.type) {
      case "refresh":
        return refresh(message.base, message.run, message.code ?? null);
      case "predict":
        return predict(message.id, message.examples);
      default:
        return message satisfies never;
    }
  });
};

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
