/** A virtual world for sessions: a clock, a server at the other end of sockets and fetches, a trainer. */
import { createHash } from "node:crypto";
import { decodeFrame, encodeFrame } from "../../src/shared/frames.ts";
import type { Platform, SocketLike } from "../../src/shared/platform.ts";
import type {
  ClientMessage,
  LeaseMessage,
  OutcomeMessage,
  ServerMessage,
  WelcomeMessage,
} from "../../src/shared/protocol.ts";
import {
  type Identity,
  type LeaseTrainer,
  type SessionEvent,
  type SessionOptions,
  type TrainedLease,
  type TrainerJob,
  type TrainHooks,
  VolunteerSession,
} from "../../src/worker/session.ts";

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await new Promise((resolve) => setImmediate(resolve));
}

export class FakeClock {
  seconds = 1000;
  private timers: { at: number; callback: () => void; id: number }[] = [];
  private nextId = 1;

  setTimeout(callback: () => void, milliseconds: number): number {
    const id = this.nextId++;
    this.timers.push({ at: this.seconds + milliseconds / 1000, callback, id });
    return id;
  }

  clearTimeout(id: unknown): void {
    this.timers = this.timers.filter((timer) => timer.id !== id);
  }

  /** Time passes and every timer fires when it is due. */
  async advance(seconds: number): Promise<void> {
    const end = this.seconds + seconds;
    for (;;) {
      await settle();
      const due = this.timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
      if (!due) break;
      this.clearTimeout(due.id);
      this.seconds = Math.max(this.seconds, due.at);
      due.callback();
    }
    this.seconds = end;
    await settle();
  }

  /** Time passes while nothing runs, as in a sleeping laptop. */
  sleep(seconds: number): void {
    this.seconds += seconds;
  }
}

export class FakeSocket implements SocketLike {
  binaryType = "";
  readyState = 0;
  onopen: ((event: never) => void) | null = null;
  onmessage: ((event: never) => void) | null = null;
  onclose: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  readonly sent: { header: ClientMessage; payload: Uint8Array }[] = [];
  readonly url: string;
  closedByClient = false;

  constructor(url: string) {
    this.url = url;
  }

  send(data: Uint8Array<ArrayBuffer>): void {
    const { header, payload } = decodeFrame(data);
    this.sent.push({ header: header as unknown as ClientMessage, payload });
  }

  close(): void {
    this.readyState = 3;
    this.closedByClient = true;
  }

  accept(): void {
    this.readyState = 1;
    this.onopen?.({} as never);
  }

  deliver(message: ServerMessage, payload?: ArrayBufferView): void {
    this.deliverBytes(encodeFrame(message, payload).buffer);
  }

  deliverBytes(data: unknown): void {
    this.onmessage?.({ data } as never);
  }

  drop(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason } as never);
  }

  of<Type extends ClientMessage["type"]>(type: Type): Extract<ClientMessage, { type: Type }>[] {
    return this.sent.map(({ header }) => header).filter((header) => header.type === type) as never;
  }
}

const NUM_WEIGHTS = 3;
export const SHARD = new Uint8Array([1, 2, 3, 4]);
export const SHARD_NAME = createHash("sha256").update(SHARD).digest("hex");

export class FakeTrainer implements LeaseTrainer {
  readonly backend: string;
  readonly reason = "the only one";
  readonly secondsPerIteration = 0.1;
  readonly world: World;
  weights = new Float32Array(NUM_WEIGHTS);
  disposed = false;

  constructor(world: World, backend: string) {
    this.world = world;
    this.backend = backend;
  }

  setWeights(weights: Float32Array): void {
    this.world.weightsSet.push(weights[0] as number);
    this.weights = new Float32Array(weights);
  }

  /** Adds one to each weight; the test says when a step is done. */
  async train(
    work: { lease_id: string; iterations: number },
    _parts: unknown,
    hooks: TrainHooks,
  ): Promise<TrainedLease | null> {
    const started = this.world.clock.seconds;
    this.world.trained.push(work.lease_id);
    for (let done = 1; done <= work.iterations; done++) {
      await this.world.step();
      if (this.world.failWith) throw this.world.failWith;
      if (hooks.shouldStop()) return null;
      hooks.onStep(done, 0.5, 0.75);
    }
    this.weights = this.weights.map((weight) => weight + 1);
    const seconds = this.world.clock.seconds - started;
    return {
      iterations: work.iterations,
      num_examples: 20,
      seconds,
      worked: this.world.worked,
      loss: 0.5,
      accuracy: Number.NaN,
      payload: this.world.payload ?? this.weights,
      tensors_before: 7,
      tensors_after: 7,
    };
  }

  dispose(): void {
    this.disposed = true;
  }
}

export class World {
  readonly clock = new FakeClock();
  readonly sockets: FakeSocket[] = [];
  readonly events: SessionEvent[] = [];
  readonly fetched: string[] = [];
  readonly headersOf: Record<string, string>[] = [];
  readonly posted: { frame: Uint8Array<ArrayBuffer>; authorization: string }[] = [];
  /** What is drawn at random, from 0 to 1. */
  chance = 1;
  /** Seconds of work after which each lease leaves to rest. */
  worked = 0;
  readonly trained: string[] = [];
  readonly weightsSet: number[] = [];
  readonly jobs: TrainerJob[] = [];
  readonly trainers: FakeTrainer[] = [];
  /** Answers a GET; null: the ordinary answer. */
  answer: (url: string) => Response | Promise<Response> | null = () => null;
  failWith: Error | null = null;
  factoryError: Error | null = null;
  payload: Float32Array | null = null;
  stepSeconds = 0.1;
  session!: VolunteerSession;
  private held: (() => void)[] | null = null;

  begin(options: Partial<SessionOptions> = {}): VolunteerSession {
    this.session = new VolunteerSession({
      base: "http://host/prefix",
      run: "run-1",
      identity: null,
      device: { kind: "browser", name: "A device" },
      build: "b1",
      platform: this.platform(),
      trainerFactory: async (job) => {
        this.jobs.push(job);
        if (this.factoryError) throw this.factoryError;
        const trainer = new FakeTrainer(this, `backend-${this.jobs.length}`);
        this.trainers.push(trainer);
        return trainer;
      },
      onEvent: (event) => this.events.push(event),
      ...options,
    });
    this.session.start();
    return this.session;
  }

  /** Steps do not end until `releaseSteps`. */
  holdSteps(): void {
    this.held ??= [];
  }

  async releaseSteps(): Promise<void> {
    const held = this.held ?? [];
    this.held = null;
    for (const resolve of held) resolve();
    await settle();
  }

  /** Ends one step of each lease that waits in one. */
  async oneStep(): Promise<void> {
    const held = this.held ?? [];
    this.held = [];
    for (const resolve of held) resolve();
    await settle();
  }

  step(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        this.clock.seconds += this.stepSeconds;
        resolve();
      };
      if (this.held) this.held.push(done);
      else setImmediate(done);
    });
  }

  get socket(): FakeSocket {
    return this.sockets.at(-1) as FakeSocket;
  }

  get openSockets(): FakeSocket[] {
    return this.sockets.filter((socket) => socket.readyState <= 1);
  }

  eventsOf<Type extends SessionEvent["type"]>(type: Type): Extract<SessionEvent, { type: Type }>[] {
    return this.events.filter((event) => event.type === type) as never;
  }

  /** Opens the newest socket and welcomes the client. */
  async join(changes: Partial<WelcomeMessage> = {}): Promise<void> {
    this.socket.accept();
    await settle();
    this.socket.deliver(welcome(changes));
    await settle();
  }

  async grant(leaseId: string, changes: Partial<LeaseMessage> = {}): Promise<void> {
    this.socket.deliver(lease(leaseId, changes));
    await settle();
  }

  async end(leaseId: string, changes: Partial<OutcomeMessage> = {}): Promise<void> {
    this.socket.deliver(outcome(leaseId, changes));
    await settle();
  }

  private platform(): Platform {
    const { clock, sockets } = this;
    return {
      WebSocket: class extends FakeSocket {
        constructor(url: string) {
          super(url);
          sockets.push(this);
        }
      },
      fetch: async (url, init) => {
        this.fetched.push(url);
        this.headersOf.push((init?.headers ?? {}) as Record<string, string>);
        if (init?.method === "POST") {
          const { Authorization } = init.headers as Record<string, string>;
          this.posted.push({ frame: init.body as Uint8Array<ArrayBuffer>, authorization: Authorization as string });
        }
        return (await this.answer(url)) ?? ordinaryAnswer(url);
      },
      now: () => clock.seconds,
      setTimeout: (callback, milliseconds) => clock.setTimeout(callback, milliseconds),
      clearTimeout: (id) => clock.clearTimeout(id),
      random: () => this.chance,
      storage: null,
    };
  }
}

/** Weights are filled with their version's number. */
function ordinaryAnswer(url: string): Response {
  const version = /\/weights\/(\d+)-/.exec(url)?.[1];
  if (version) return new Response(new Float32Array(NUM_WEIGHTS).fill(Number(version)));
  if (url.endsWith(`/shards/${SHARD_NAME}`)) return new Response(SHARD);
  return new Response('{"error": {"code": "no_such_shard", "message": "There is no such shard."}}', { status: 404 });
}

export const IDENTITY: Identity = { volunteer_id: "v1", secret: "s1" };

export function welcome(changes: Partial<WelcomeMessage> = {}): WelcomeMessage {
  return {
    type: "welcome",
    volunteer_id: "v1",
    secret: "s1",
    build: "b1",
    run: { id: "run-1", name: "digits", description: "" },
    model: {
      name: "digits",
      topology: {},
      weights: [{ name: "w", shape: [NUM_WEIGHTS], trainable: true }],
      num_weights: NUM_WEIGHTS,
      num_trainable: NUM_WEIGHTS,
      loss: "meanSquaredError",
      metrics: [],
      optimizer: { sgd: { learningRate: 0.1 } },
    },
    dataset: {
      name: "digits",
      num_examples: 100,
      inputs: [],
      targets: { kind: "class", dtype: "uint8", shape: [], num_classes: 10 },
      label_names: null,
      licence: "",
      source: "",
    },
    training: { batch_size: 10, lease_seconds: 1, seed: 1, clip: null },
    weights: { version: 1, hash: "h1", iterations: 0 },
    limits: { max_frame_bytes: 1 << 20, progress_seconds: 1, silence_seconds: 30 },
    state: "running",
    ...changes,
  };
}

export function lease(leaseId: string, changes: Partial<LeaseMessage> = {}): LeaseMessage {
  return {
    type: "lease",
    lease_id: leaseId,
    version: 1,
    hash: "h1",
    parts: [[SHARD_NAME, 0, 20]],
    num_examples: 20,
    iterations: 2,
    batch_size: 10,
    seed: 5,
    learning_rate: 0.1,
    optimizer: "model",
    wants: "weights",
    carry: false,
    keep: null,
    soon: null,
    encoding: "f32",
    seconds: 60,
    ...changes,
  };
}

export function outcome(leaseId: string, changes: Partial<OutcomeMessage> = {}): OutcomeMessage {
  return {
    type: "outcome",
    lease_id: leaseId,
    outcome: "merged",
    version: 2,
    hash: "h2",
    iterations: 2,
    whole: false,
    detail: null,
    ...changes,
  };
}
