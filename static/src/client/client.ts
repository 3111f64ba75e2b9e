/**
 * WebNN in an application of one's own, on pages of the server's origin (mount the server under a prefix):
 *
 *     import { WebNNClient } from "/webnn/client.js";
 *     const client = new WebNNClient({ run: "RUN" });
 *     client.addEventListener("outcome", ({ detail }) => console.log(detail.outcome));
 *     await client.join({ share: 0.5 });
 *     const [guess] = await client.predict([[pixels]]);
 *
 * Call `join` from a press: nothing should train that nobody asked to.
 */
import { type Guess, guesses } from "../page/guess.ts";
import { Predictions } from "../page/predictions.ts";
import type { DatasetConfig, RunStatus } from "../shared/protocol.ts";
import type { Identity } from "../worker/events.ts";
import type { BackendName, OwnExamples, PageMessage, WorkerMessage } from "../worker/messages.ts";

export type { Guess, OwnExamples, WorkerMessage };

export interface ClientOptions {
  run: string;
  /** The server's address with its path prefix; that which gave this script where it is left out. */
  server?: string;
}

export interface JoinOptions {
  /** The part of the device's time, 0 < share <= 1. */
  share?: number;
  /** Train on these instead of the server's: they never leave the device, only what was learned from them does. */
  examples?: OwnExamples;
  backend?: BackendName;
  /** The code that the run asks for. */
  code?: string;
  /** What the volunteers table calls this device. */
  name?: string;
}

const SERVER = new URL(".", import.meta.url).href.replace(/\/$/, "");

/** Events have the name of the worker's messages (`lease`, `step`, `outcome`, `live`, `closed` ...); `detail` is it. */
export class WebNNClient extends EventTarget {
  readonly run: string;
  readonly server: string;
  private readonly build: Promise<string | null>;
  private worker: Worker | null = null;
  private identity: Identity | null = null;
  private code: string | null = null;
  private predictions: Predictions | null = null;
  private ready: { resolve(version: number): void; reject(error: Error): void } | null = null;
  private dataset: Promise<DatasetConfig> | null = null;

  constructor({ run, server = SERVER }: ClientOptions) {
    super();
    this.run = run;
    this.server = new URL(server, location.href).href.replace(/\/$/, "");
    this.build = this.read<{ build: string | null }>("health", "").then(({ build }) => build);
    this.build.catch(() => {});
  }

  get joined(): boolean {
    return this.worker !== null;
  }

  /** Trains until `leave`, the run's end, or an error: the `closed` event says which. */
  async join({ share = 0.5, examples, backend, code, name = "An application" }: JoinOptions = {}): Promise<void> {
    if (this.worker) return;
    this.code = code ?? this.code;
    const build = await this.build;
    if (this.worker) return;
    const worker = new Worker(this.asset(build, "worker/main.js"), { type: "module", name: "webnn-volunteer" });
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => this.take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.take({ type: "closed", code: "crashed", message: event.message || "The worker could not be loaded." });
    };
    this.post({
      type: "start",
      base: this.server,
      run: this.run,
      build,
      identity: this.identity,
      device_name: name,
      share,
      backend: backend ?? null,
      code: this.code,
      own: examples ?? null,
    });
  }

  pause(): void {
    this.post({ type: "pause" });
  }

  resume(): void {
    this.post({ type: "resume" });
  }

  setShare(share: number): void {
    this.post({ type: "share", share });
  }

  leave(): void {
    this.post({ type: "stop", reason: "the application left" });
  }

  status(): Promise<RunStatus> {
    return this.read<RunStatus>("");
  }

  /**
   * What the newest version says of examples: for each its inputs, flat, as the dataset stores them. Computed on this
   * device; the first call loads the network. Guesses are sorted, the likeliest first.
   */
  async predict(examples: number[][][]): Promise<Guess[][]> {
    this.dataset ??= this.read<{ dataset: DatasetConfig }>("/model").then(({ dataset }) => dataset);
    const { targets, label_names } = await this.dataset;
    await this.refresh();
    const prediction = await (this.predictions as Predictions).predict(examples);
    return prediction.rows.map((row) => guesses(row, targets.num_classes, label_names));
  }

  /** Takes the newest weights for `predict`; resolves to their version. */
  async refresh(): Promise<number> {
    const workerUrl = this.asset(await this.build, "worker/predictor.js");
    this.predictions ??= new Predictions({
      workerUrl,
      base: this.server,
      run: this.run,
      code: () => this.code,
      onReady: (version) => this.ready?.resolve(version),
      onFailed: (message) => this.ready?.reject(new Error(message)),
    });
    const { predictions } = this;
    return new Promise((resolve, reject) => {
      this.ready = { resolve, reject };
      predictions.refresh();
    });
  }

  private take(message: WorkerMessage): void {
    if (message.type === "identity") this.identity = message.identity;
    if (message.type === "closed") {
      this.worker?.terminate();
      this.worker = null;
    }
    this.dispatchEvent(new CustomEvent(message.type, { detail: message }));
  }

  private post(message: PageMessage): void {
    this.worker?.postMessage(message);
  }

  private asset(build: string | null, name: string): string {
    return `${this.server}/static/${build ?? "-"}/${name}`;
  }

  private async read<Answer>(path: string, under = `runs/${encodeURIComponent(this.run)}`): Promise<Answer> {
    const response = await fetch(`${this.server}/api/v1/${under}${path}`);
    if (!response.ok) throw new Error(`The server answered ${response.status}.`);
    return (await response.json()) as Answer;
  }
}
