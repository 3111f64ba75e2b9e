/** The page's side of the predictor: owns its worker, and gives promises. */
import type { PredictorAnswer, PredictorRequest } from "../worker/predictor.ts";

export interface Prediction {
  version: number;
  /** The outputs of each example. */
  rows: Float32Array[];
}

interface Waiting {
  resolve(prediction: Prediction): void;
  reject(error: Error): void;
}

export interface PredictionsOptions {
  workerUrl: string;
  base: string;
  run: string;
  /** The code that the run asks for, asked anew each time. */
  code?: () => string | null;
  /** New weights are in use; `bytes` were loaded for them. */
  onReady(version: number, bytes: number): void;
  onFailed(message: string): void;
}

export class Predictions {
  private readonly options: PredictionsOptions;
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;

  constructor(options: PredictionsOptions) {
    this.options = options;
  }

  get running(): boolean {
    return this.worker !== null;
  }

  /** Loads the network (the first time) and its newest weights. */
  refresh(): void {
    const { base, run, workerUrl } = this.options;
    if (!this.worker) {
      const worker = new Worker(workerUrl, { type: "module", name: "webnn-predictor" });
      worker.onmessage = ({ data }: MessageEvent<PredictorAnswer>) => this.take(data);
      worker.onerror = (event) => {
        event.preventDefault();
        this.stop(event.message || "It could not be loaded.");
      };
      this.worker = worker;
    }
    this.post({ type: "refresh", base, run, code: this.options.code?.() ?? null });
  }

  /** Predicts examples: for each its inputs, as the dataset stores them. */
  predict(examples: number[][][]): Promise<Prediction> {
    return new Promise((resolve, reject) => {
      if (!this.worker) {
        reject(new Error("The network is not loaded."));
        return;
      }
      const id = ++this.lastId;
      this.waiting.set(id, { resolve, reject });
      this.post({ type: "predict", id, examples });
    });
  }

  stop(message = "It was stopped."): void {
    this.worker?.terminate();
    this.worker = null;
    for (const { reject } of this.waiting.values()) reject(new Error(message));
    this.waiting.clear();
    this.options.onFailed(message);
  }

  private take(answer: PredictorAnswer): void {
    switch (answer.type) {
      case "ready":
        this.options.onReady(answer.version, answer.bytes);
        break;
      case "predicted": {
        const { id, version, outputs, width } = answer;
        const rows = Array.from({ length: outputs.length / width }, (_, i) =>
          outputs.subarray(i * width, (i + 1) * width),
        );
        this.waiting.get(id)?.resolve({ version, rows });
        this.waiting.delete(id);
        break;
      }
      case "failed":
        if (answer.id === null) this.options.onFailed(answer.message);
        else this.waiting.get(answer.id)?.reject(new Error(answer.message));
        if (answer.id !== null) this.waiting.delete(answer.id);
        break;
      default:
        answer satisfies never;
    }
  }

  private post(request: PredictorRequest): void {
    this.worker?.postMessage(request);
  }
}
