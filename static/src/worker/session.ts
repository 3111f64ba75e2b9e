/** A volunteer's session with one run: joins, trains, sends, and comes back after every kind of interruption. */
import { codeHeaders } from "../shared/code.ts";
import { Connection } from "../shared/connection.ts";
import { DOWN, UP } from "../shared/encoding.ts";
import type { Platform } from "../shared/platform.ts";
import {
  type Device,
  type HelloMessage,
  PROTOCOL,
  type ServerMessage,
  type VolunteerState,
  type WelcomeMessage,
} from "../shared/protocol.ts";
import { RunAddress } from "./address.ts";
import type { Identity, SessionEvent, TrainerFactory } from "./events.ts";
import type { Choice } from "./wire.ts";
import { Work } from "./work.ts";

export { hostPlatform, type Platform } from "../shared/platform.ts";
export * from "./events.ts";

export interface SessionOptions {
  /** The server's address with its path prefix and without a trailing slash. */
  base: string;
  run: string;
  identity: Identity | null;
  device: Device;
  /** The build that this code is of; null where it need not match the server's. */
  build: string | null;
  trainerFactory: TrainerFactory;
  platform: Platform;
  onEvent(event: SessionEvent): void;
  /** 0 < share <= 1; 1 where left out. */
  share?: number;
  /** How weights and updates travel; where left out, as the link asks for. */
  encoding?: Choice;
  /** False: goes to another run where the server asks for it. True where left out. */
  bound?: boolean;
  /** The code that the run asks for. */
  code?: string | null;
  /** The trainer has examples of its own: none are loaded. */
  ownExamples?: boolean;
}

const MIN_SHARE = 0.05;
const MOST_CODE = 100;
const TRAFFIC_EVENT_SECONDS = 1;

export class VolunteerSession {
  private readonly options: SessionOptions;
  private address: RunAddress;
  private readonly connection: Connection;
  private identity: Identity | null;
  private work: Work | null = null;
  /** What the work in hand was made for; another description means other work. */
  private description = "";
  private share: number;
  private paused = false;
  private hidden = false;
  private closed = false;
  private bytesIn = 0;
  private bytesOut = 0;
  private trafficAt = 0;

  constructor(options: SessionOptions) {
    this.options = options;
    this.identity = options.identity;
    this.share = clampShare(options.share ?? 1);
    this.address = new RunAddress(options.base, options.run);
    this.connection = new Connection({
      url: this.address.socket,
      platform: options.platform,
      hello: () => this.hello(),
      keepalive: () => ({ type: "status", state: this.state }),
      onMessage: (message, payload) => this.receive(message, payload),
      onState: (state, seconds) => {
        if (state === "lost") this.work?.disconnected();
        this.emit({ type: "connection", state, seconds });
      },
      onMoved: (run) => this.moveTo(run),
      onClosed: (code, message) => this.close(code, message),
      onBadSecret: () => this.forgetIdentity(),
      onError: (code, message) => this.emit({ type: "error", code, message }),
      onTraffic: (bytesIn, bytesOut) => this.count(bytesIn, bytesOut),
    });
  }

  /** Connects and trains until `stop`, the run's end or a fatal error; the `closed` event says which. */
  start(): void {
    if (!this.closed) this.connection.start();
  }

  /** Gives open leases back, or finishes the one that is nearly done, and stays connected. */
  pause(): void {
    this.paused = true;
    this.work?.pause();
  }

  resume(): void {
    this.paused = false;
    this.work?.resume();
  }

  /** `share`: the part of the time in which to train, 0 < share <= 1. */
  setShare(share: number): void {
    this.share = clampShare(share);
    this.work?.setShare(this.share);
  }

  /** Shown to people; training goes on. */
  setHidden(hidden: boolean): void {
    if (this.hidden === hidden) return;
    this.hidden = hidden;
    this.work?.sendStatus(this.state);
  }

  /** The device woke up or its network came back: do not wait any longer to reconnect. */
  wake(): void {
    this.connection.wake();
  }

  /** Leaves for good. Safe to call more than once. */
  stop(reason: string): void {
    this.connection.stop(reason);
    this.close("stopped", reason);
  }

  private get state(): VolunteerState {
    if (this.paused) return "paused";
    return this.hidden ? "hidden" : "training";
  }

  private hello(): HelloMessage {
    return {
      type: "hello",
      protocol: PROTOCOL,
      build: this.options.build,
      role: "volunteer",
      volunteer_id: this.identity?.volunteer_id ?? null,
      secret: this.identity?.secret ?? null,
      device: { kind: this.options.device.kind, name: this.options.device.name.slice(0, 120) },
      encodings: { up: [...UP], down: [...DOWN] },
      bound: this.options.bound ?? true,
      ...(this.options.code ? { code: this.options.code.slice(0, MOST_CODE) } : {}),
      brief: true,
    };
  }

  private receive(message: ServerMessage, payload: Uint8Array): void {
    switch (message.type) {
      case "welcome":
        this.welcomed(message);
        break;
      case "lease":
        this.work?.granted(message);
        break;
      case "wait":
        this.work?.mustWait(message);
        this.emit({ type: "waiting", reason: message.reason, message: message.message, seconds: message.seconds });
        break;
      case "outcome":
        this.work?.settled(message, payload);
        break;
      case "version":
        this.work?.announced(message);
        break;
      case "live":
        this.emit({ ...message, type: "live", whole: false });
        break;
      case "snapshot":
        this.emit({ type: "live", status: message.status, ...message.history, whole: true });
        break;
      case "state":
        this.emit(message);
        break;
      case "goodbye":
        break; // the connection acts on it
      default:
        message satisfies never;
    }
  }

  /** The server needs us in another run: whatever was done for this one ends with its connection. */
  private moveTo(run: string): string {
    this.address = new RunAddress(this.options.base, run);
    this.description = "";
    this.emit({ type: "moved", run });
    return this.address.socket;
  }

  private welcomed(welcome: WelcomeMessage): void {
    const { volunteer_id, run, model, dataset, training, state } = welcome;
    const sameVolunteer = this.identity?.volunteer_id === volunteer_id;
    const secret = welcome.secret ?? this.identity?.secret;
    if (secret !== undefined && (!sameVolunteer || welcome.secret !== null)) {
      this.identity = { volunteer_id, secret };
      this.emit({ type: "identity", identity: this.identity });
    }
    this.connection.setSilenceLimit(welcome.limits.silence_seconds);
    this.emit({ type: "welcome", run, dataset, model_name: model.name, num_weights: model.num_weights, state });
    const description = JSON.stringify([model, dataset, training]);
    if (this.work && this.description === description) {
      this.work.reconnected(welcome.weights, sameVolunteer);
      return;
    }
    this.description = description;
    this.beginWork(welcome);
  }

  private beginWork(welcome: WelcomeMessage): void {
    const before = this.work;
    const work = new Work({
      welcome,
      address: this.address,
      platform: this.options.platform,
      trainerFactory: this.options.trainerFactory,
      share: this.share,
      encoding: this.options.encoding ?? { up: "auto", down: null },
      ownExamples: this.options.ownExamples ?? false,
      paused: this.paused,
      send: (message) => this.work === work && this.connection.send(message),
      sendBytes: (frame) => this.work === work && this.connection.sendBytes(frame),
      emit: (event) => {
        if (this.work === work) this.emit(event);
      },
      headers: codeHeaders(this.options.code ?? null),
      authorization: () => `Volunteer ${this.identity?.volunteer_id}:${this.identity?.secret}`,
      onTraffic: (bytesIn, bytesOut) => this.count(bytesIn, bytesOut),
      onFatal: (code, message) => this.fail(code, message),
    });
    this.work = work;
    if (this.paused || this.hidden) work.sendStatus(this.state);
    before?.stop();
    // The old trainer's device memory is freed before the new one asks for its own.
    this.running = this.running.then(() => work.run());
  }

  private running: Promise<void> = Promise.resolve();

  private forgetIdentity(): void {
    this.identity = null;
    this.emit({ type: "identity", identity: null });
  }

  private fail(code: string, message: string): void {
    this.connection.stop(message);
    this.close(code, message);
  }

  private close(code: string, message: string): void {
    if (this.closed) return;
    this.work?.stop();
    this.emit({ type: "activity", activity: "stopped" });
    if (code === "build_changed") this.emit({ type: "reload" });
    this.emit({ type: "closed", code, message });
    this.closed = true;
  }

  private count(bytesIn: number, bytesOut: number): void {
    this.bytesIn += bytesIn;
    this.bytesOut += bytesOut;
    const now = this.options.platform.now();
    if (now - this.trafficAt < TRAFFIC_EVENT_SECONDS) return;
    this.trafficAt = now;
    this.emit({ type: "traffic", bytes_in: this.bytesIn, bytes_out: this.bytesOut });
  }

  private emit(event: SessionEvent): void {
    if (!this.closed) this.options.onEvent(event);
  }
}

function clampShare(share: number): number {
  return Number.isFinite(share) ? Math.min(1, Math.max(MIN_SHARE, share)) : 1;
}
