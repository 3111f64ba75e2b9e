/** The page's side of volunteering: owns the worker, its identity, and what the browser says of the page. */
import type { BackendName, PageMessage, WorkerMessage } from "../worker/messages.ts";
import { deviceName } from "./device.ts";
import type { PageSettings } from "./dom.ts";
import type { IdentityKeeper } from "./keeping.ts";
import { goesWherever } from "./reload.ts";
import { keepAwake } from "./wakelock.ts";

const MOST_CRASHES = 3;

export interface VolunteerOptions {
  settings: PageSettings;
  workerUrl: string;
  identities: IdentityKeeper;
  backend: BackendName | null;
  code(): string | null;
  onMessage(message: WorkerMessage): void;
}

export class Volunteer {
  private readonly options: VolunteerOptions;
  private worker: Worker | null = null;
  private share = 1;
  private paused = false;
  private crashes = 0;
  private readonly awake = keepAwake();

  constructor(options: VolunteerOptions) {
    this.options = options;
    document.addEventListener("visibilitychange", () => this.visibilityChanged());
    addEventListener("online", () => this.post({ type: "wake" }));
    addEventListener("pageshow", () => this.post({ type: "wake" }));
    addEventListener("pagehide", (event) => {
      if (!event.persisted) this.post({ type: "stop", reason: "the page was closed" });
    });
  }

  get running(): boolean {
    return this.worker !== null;
  }

  /** Begins, after the volunteer has asked for it. */
  async start(share: number): Promise<void> {
    if (this.worker) return;
    this.share = share;
    this.paused = false;
    this.crashes = 0;
    await this.options.identities.claim();
    this.launch();
    this.awake.want(true);
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.post({ type: "pause" });
    this.awake.want(false);
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.post({ type: "resume" });
    this.awake.want(this.running);
  }

  setShare(share: number): void {
    this.share = share;
    this.post({ type: "share", share });
  }

  /** Says goodbye; the worker's `closed` ends it. */
  stop(): void {
    this.post({ type: "stop", reason: "the volunteer stopped" });
  }

  private launch(): void {
    const { settings, workerUrl, identities, backend } = this.options;
    const worker = new Worker(workerUrl, { type: "module", name: "webnn-volunteer" });
    this.worker = worker;
    worker.onmessage = ({ data }: MessageEvent<WorkerMessage>) => {
      if (this.worker === worker) this.receive(data);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.worker === worker) this.crashed(event.message || "it could not be loaded");
    };
    this.post({
      type: "start",
      base: settings.base,
      run: settings.run,
      build: settings.build,
      identity: identities.read(),
      device_name: deviceName(navigator.userAgent),
      share: this.share,
      bound: !goesWherever(location.search),
      code: this.options.code(),
      backend,
    });
    if (this.paused) this.post({ type: "pause" });
    this.visibilityChanged();
  }

  private receive(message: WorkerMessage): void {
    if (message.type === "identity") this.options.identities.write(message.identity);
    if (message.type === "closed") {
      this.end();
      // Another tab uses this identity, and the browser gave no lock to tell us so before.
      if (message.code === "replaced") {
        this.options.identities.next();
        this.launch();
        this.awake.want(!this.paused);
        return;
      }
    }
    this.options.onMessage(message);
  }

  private crashed(message: string): void {
    this.end();
    if (++this.crashes > MOST_CRASHES) {
      this.options.onMessage({ type: "closed", code: "crashed", message: `The worker broke down: ${message}` });
      return;
    }
    this.options.onMessage({ type: "error", code: "crashed", message });
    this.launch();
  }

  private end(): void {
    this.worker?.terminate();
    this.worker = null;
    this.awake.want(false);
  }

  private visibilityChanged(): void {
    this.post({ type: "hidden", hidden: document.hidden });
    if (!document.hidden) this.post({ type: "wake" });
  }

  private post(message: PageMessage): void {
    this.worker?.postMessage(message);
  }
}
