/**
 * The work of a volunteer: takes a lease, fetches what it needs, trains, sends the update, and looks again. One loop
 * does it all; everything that happens meanwhile only changes what the loop finds when it next looks.
 */

import { backoffSeconds } from "../shared/backoff.ts";
import type { Platform } from "../shared/platform.ts";
import type {
  ClientMessage,
  LeaseMessage,
  Limits,
  OutcomeMessage,
  Version,
  VolunteerState,
  WaitMessage,
  WelcomeMessage,
} from "../shared/protocol.ts";
import type { RunAddress } from "./address.ts";
import { Carried } from "./carried.ts";
import { Downloader } from "./download.ts";
import type { Activity, LeaseTrainer, SessionEvent, ShardPart, TrainedLease, TrainerFactory } from "./events.ts";
import { LeaseQueue, type OpenLease } from "./leases.ts";
import { Outbox } from "./outbox.ts";
import { Pacing } from "./pacing.ts";
import { Poster } from "./poster.ts";
import { ShardCache } from "./shards.ts";
import { Signal } from "./signal.ts";
import { WeightStore } from "./weights.ts";
import { type EncodingChoice, Wire } from "./wire.ts";

const TICK_SECONDS = 1;
const STEP_EVENT_SECONDS = 0.1;
/** A trainer reports its steps about this often. */
const STEP_REPORT_SECONDS = 0.6;
/** A lease that needs no longer than this is finished when the volunteer pauses. */
const FINISH_SECONDS = 5;
const MAX_UNACKNOWLEDGED = 2;
const RESEND_SECONDS = 60;
const MAX_TRAINER_FAILURES = 6;
const SHARD_BYTES = 256 << 20;
const NO_BYTES = new Uint8Array(0);
/** Codes of a trainer's errors that trying again cannot mend. */
const FATAL_CODES: ReadonlySet<string> = new Set(["invalid_model", "invalid_dataset", "no_backend"]);

export interface WorkOptions {
  welcome: WelcomeMessage;
  address: RunAddress;
  platform: Platform;
  trainerFactory: TrainerFactory;
  share: number;
  encoding: EncodingChoice;
  /** The trainer has examples of its own: no shard is loaded. */
  ownExamples: boolean;
  paused: boolean;
  /** False where there is no connection. */
  send(message: ClientMessage): boolean;
  sendBytes(frame: Uint8Array<ArrayBuffer>): boolean;
  emit(event: SessionEvent): void;
  /** The `Authorization` header that proves who posts. */
  authorization(): string;
  onTraffic(bytesIn: number, bytesOut: number): void;
  /** The work cannot go on; called once. */
  onFatal(code: string, message: string): void;
}

/** What a lease is trained from; a null vector: what is in the trainer. */
interface Base {
  version: number;
  vector: Float32Array | null;
}

interface ActiveLease {
  readonly lease: OpenLease;
  done: number;
  loss: number | null;
  accuracy: number | null;
  trainingSince: number | null;
  shownAt: number;
  reportedAt: number;
  prefetched: boolean;
  /** Why to end it early. */
  stop: "paused" | "settled" | "ended" | null;
}

export class Work {
  private readonly options: WorkOptions;
  private readonly limits: Limits;
  private readonly changed = new Signal();
  private readonly queue = new LeaseQueue();
  private readonly outbox: Outbox;
  private readonly poster: Poster;
  private mayPost = true;
  private readonly pacing = new Pacing();
  private readonly downloader: Downloader;
  private readonly shards: ShardCache;
  private readonly weights: WeightStore;
  private readonly wire: Wire;
  private readonly failures: Record<string, number> = {};
  private trainer: LeaseTrainer | null = null;
  /** Wall-clock, with the idle time that the share asks for. */
  private secondsPerIteration: number | null = null;
  /** The lease whose trained weights are in the trainer, and the version that they turned out to be. */
  private own: { leaseId: string; version: number | null; exact: boolean } | null = null;
  private readonly carried = new Carried();
  private active: ActiveLease | null = null;
  private activity: Activity | null = null;
  private connected = true;
  private paused: boolean;
  private share: number;
  private stopped = false;
  private fetchFailures = 0;
  private sentAt = 0;
  private ticker: unknown = null;

  constructor(options: WorkOptions) {
    const { welcome, platform, address } = options;
    this.options = options;
    this.limits = welcome.limits;
    this.paused = options.paused;
    this.share = options.share;
    this.outbox = new Outbox((frame) => this.transmit(frame));
    this.poster = new Poster({
      url: address.updates,
      platform,
      authorization: () => options.authorization(),
      wanted: (frame) => this.outbox.awaits(frame),
      onSent: (bytesOut) => options.onTraffic(0, bytesOut),
      onError: (message) => options.emit({ type: "error", code: "upload", message }),
      onBlocked: (frame) => {
        this.mayPost = false;
        this.transmit(frame);
      },
    });
    this.downloader = new Downloader(platform, {
      onTraffic: (bytesIn) => options.onTraffic(bytesIn, 0),
      onRetry: (message) => options.emit({ type: "error", code: "download", message }),
    });
    this.shards = new ShardCache({
      downloader: this.downloader,
      storage: platform.storage,
      urlOf: (shard) => address.shard(shard),
      maxBytes: SHARD_BYTES,
    });
    this.wire = new Wire(welcome.encodings, options.encoding, welcome.model.num_weights);
    this.weights = new WeightStore(welcome.weights, {
      downloader: this.downloader,
      numWeights: welcome.model.num_weights,
      urlOf: (version, encoding) => address.weights(version, encoding),
      encoding: () => this.wire.down,
      onDownload: (seconds, bytes) => {
        this.pacing.downloaded(seconds);
        this.wire.downloaded(bytes, seconds);
      },
      now: () => platform.now(),
    });
  }

  /** Works until `stop` or a fatal error, then frees the trainer. */
  async run(): Promise<void> {
    this.tick();
    try {
      while (!this.stopped) await this.turn();
    } catch (error) {
      this.options.onFatal(codeOf(error) ?? "internal", messageOf(error));
    } finally {
      this.stopped = true;
      this.options.platform.clearTimeout(this.ticker);
      this.trainer?.dispose();
      this.trainer = null;
    }
  }

  granted(message: LeaseMessage): void {
    this.weights.announce({ version: message.version, hash: message.hash, iterations: 0 });
    this.queue.granted(message, this.now());
    if (this.paused) this.abandonWaiting();
    else if (!this.options.ownExamples) this.shards.prefetch(message.parts.map(([shard]) => shard));
    this.changed.notify();
  }

  mustWait(message: WaitMessage): void {
    this.queue.mustWait(this.now(), message.seconds);
    this.changed.notify();
  }

  announced(version: Version): void {
    this.weights.announce(version);
  }

  settled(message: OutcomeMessage): void {
    const { lease_id, version, hash, iterations, whole } = message;
    this.weights.announce({ version, hash, iterations });
    const lease = this.queue.settle(lease_id);
    const sent = this.outbox.acknowledge(lease_id, this.now());
    if (sent) {
      this.pacing.settled(sent.seconds, whole);
      this.wire.uploaded(sent.bytes, sent.seconds);
    }
    if (this.own?.leaseId === lease_id) this.own.version = whole && this.own.exact ? version : null;
    this.carried.settled(lease_id, message.outcome === "merged" ? version : null);
    const { active } = this;
    if (active?.lease.message.lease_id === lease_id) active.stop = "settled";
    else if (active?.lease.message.carry && active.trainingSince !== null) this.weights.prefetch();
    this.options.emit({
      type: "outcome",
      lease_id,
      outcome: message.outcome,
      detail: message.detail,
      iterations: lease?.message.iterations ?? 0,
      num_examples: lease?.message.num_examples ?? 0,
    });
    this.changed.notify();
  }

  /** The connection is gone: what is under way goes on, for the next one. */
  disconnected(): void {
    this.connected = false;
  }

  /** Welcomed again as the same volunteer; otherwise all that was open belongs to nobody. */
  reconnected(weights: Version, sameVolunteer: boolean): void {
    this.connected = true;
    this.weights.announce(weights);
    this.queue.reconnected();
    if (sameVolunteer) this.outbox.resend();
    else this.forget();
    this.sentAt = this.now();
    if (this.paused) this.sendStatus("paused");
    this.changed.notify();
  }

  pause(): void {
    if (this.paused) return;
    this.paused = true;
    this.abandonWaiting();
    const left = this.secondsLeft();
    if (this.active && (left === null || left > FINISH_SECONDS)) this.active.stop = "paused";
    this.sendStatus("paused");
    this.changed.notify();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    this.sendStatus("training");
    this.changed.notify();
  }

  setShare(share: number): void {
    if (this.secondsPerIteration !== null) this.secondsPerIteration *= this.share / share;
    this.share = share;
  }

  sendStatus(state: VolunteerState): void {
    this.options.send({ type: "status", state });
  }

  get isPaused(): boolean {
    return this.paused;
  }

  stop(): void {
    this.stopped = true;
    if (this.active) this.active.stop = "ended";
    this.downloader.stop();
    this.poster.stop();
    this.changed.notify();
  }

  private async turn(): Promise<void> {
    if (!this.trainer) {
      await this.makeTrainer();
      return;
    }
    this.ask();
    const lease = this.paused || this.mustAwaitOutcome() ? null : this.queue.take();
    if (lease) {
      await this.work(this.trainer, lease);
      return;
    }
    this.show(this.paused ? "paused" : this.outbox.size > 0 ? "exchanging" : "waiting");
    await this.changed.next();
  }

  private async makeTrainer(): Promise<void> {
    this.show("preparing");
    this.own = null;
    const { model, dataset, training } = this.options.welcome;
    try {
      const trainer = await this.options.trainerFactory({ model, dataset, training, failures: { ...this.failures } });
      if (this.stopped) {
        trainer.dispose();
        return;
      }
      this.trainer = trainer;
      const { backend, reason, secondsPerIteration } = trainer;
      this.secondsPerIteration = secondsPerIteration === null ? null : secondsPerIteration / this.share;
      this.options.emit({ type: "backend", name: backend, reason, seconds_per_iteration: secondsPerIteration });
    } catch (error) {
      this.countFailure("none", error);
      await this.pauseFor(backoffSeconds(this.failures.none ?? 0, this.options.platform.random));
    }
  }

  private async work(trainer: LeaseTrainer, lease: OpenLease): Promise<void> {
    const { message } = lease;
    const now = this.now();
    if (now > lease.deadline) {
      this.abandon(message.lease_id, "its deadline passed before it could start");
      return;
    }
    const active: ActiveLease = {
      lease,
      done: 0,
      loss: null,
      accuracy: null,
      trainingSince: null,
      shownAt: 0,
      reportedAt: now,
      prefetched: false,
      stop: null,
    };
    this.active = active;
    try {
      const prepared = await this.prepare(trainer, message);
      if (prepared && !active.stop) await this.train(trainer, active, prepared.parts, prepared.base);
      else if (active.stop !== "settled") this.abandon(message.lease_id, active.stop ?? "it could not be prepared");
    } finally {
      this.active = null;
    }
  }

  /** Brings the shards and the base weights here; null where that failed, which costs the lease. */
  private async prepare(
    trainer: LeaseTrainer,
    message: LeaseMessage,
  ): Promise<{ parts: ShardPart[]; base: Base } | null> {
    if (this.activity !== "exchanging") this.show("preparing");
    try {
      const parts = Promise.all(
        message.parts.map(async ([shard, first, last]) => ({
          shard,
          bytes: this.options.ownExamples ? NO_BYTES : await this.shards.get(shard),
          first,
          last,
        })),
      );
      const [loaded, base] = await Promise.all([parts, this.chooseBase(message)]);
      if (base.vector) {
        trainer.setWeights(message.carry ? this.carried.onto(base.version, base.vector) : base.vector);
      }
      this.fetchFailures = 0;
      return { parts: loaded, base };
    } catch (error) {
      if (this.stopped) return null;
      this.options.emit({ type: "error", code: codeOf(error) ?? "download", message: messageOf(error) });
      const seconds = backoffSeconds(this.fetchFailures++, this.options.platform.random);
      this.queue.mustWait(this.now(), seconds);
      return null;
    }
  }

  /** The weights to start from, the lease's version or a later one; a null vector: those in the trainer. */
  private async chooseBase(message: LeaseMessage): Promise<Base> {
    const own = this.own?.version ?? null;
    const known = own !== null && own >= message.version && own === this.weights.newest.version;
    if (known && !this.wire.sendsDifferences(message.encoding)) {
      return { version: own, vector: null };
    }
    // While an outcome is awaited, what came during training is new enough: the device must not idle.
    const keepsBusy = this.outbox.size > 0 || message.carry;
    const prefetched = keepsBusy ? await this.weights.prefetched(message.version).catch(() => null) : null;
    return prefetched ?? this.weights.load();
  }

  private async train(trainer: LeaseTrainer, active: ActiveLease, parts: ShardPart[], base: Base): Promise<void> {
    const { message } = active.lease;
    const { lease_id, iterations, num_examples, learning_rate } = message;
    this.show("training");
    this.options.emit({ type: "lease", lease_id, base_version: base.version, iterations, num_examples, learning_rate });
    active.trainingSince = this.now();
    this.own = null;
    this.ask();
    let result: TrainedLease | null;
    try {
      result = await trainer.train(message, parts, {
        onStep: (done, loss, accuracy) => this.stepped(active, done, loss, accuracy),
        shouldStop: () => active.stop !== null,
        share: () => this.share,
      });
    } catch (error) {
      this.trainerFailed(trainer, lease_id, error);
      return;
    }
    if (!result) {
      if (active.stop !== "settled") this.abandon(lease_id, active.stop ?? "stopped");
      return;
    }
    const seconds = this.now() - active.trainingSince;
    this.pacing.trained(seconds);
    this.wire.trained(seconds);
    this.deliver(message, base, result);
  }

  private deliver(message: LeaseMessage, base: Base, result: TrainedLease): void {
    const { lease_id } = message;
    const { iterations, num_examples, seconds, tensors_before, tensors_after } = result;
    const loss = finiteOrNull(result.loss);
    const accuracy = finiteOrNull(result.accuracy);
    this.secondsPerIteration = Math.max(seconds, 1e-6) / iterations;
    this.options.emit({
      type: "trained",
      lease_id,
      iterations,
      num_examples,
      seconds,
      loss,
      accuracy,
      tensors_before,
      tensors_after,
    });
    if (!result.payload.every(Number.isFinite)) {
      this.abandon(lease_id, "training gave numbers that are not finite");
      return;
    }
    const { encoding, payload } = this.wire.encode(result.payload, message.wants, base.vector, message.encoding);
    this.own = { leaseId: lease_id, version: null, exact: encoding === "f32" };
    if (message.carry) this.carried.sent(lease_id, result.payload);
    this.outbox.send(
      {
        type: "update",
        lease_id,
        base_version: base.version,
        iterations,
        num_examples,
        seconds: Math.max(seconds, 1e-6),
        encoding,
        loss,
        accuracy,
      },
      payload,
      this.now(),
    );
    this.sentAt = this.now();
  }

  private transmit(frame: Uint8Array<ArrayBuffer>): boolean {
    const { post_bytes } = this.limits;
    if (!this.mayPost || post_bytes === undefined || frame.byteLength < post_bytes)
      return this.options.sendBytes(frame);
    this.poster.post(frame);
    return true;
  }

  private stepped(active: ActiveLease, done: number, loss: number | null, accuracy: number | null): void {
    const { lease_id, iterations } = active.lease.message;
    active.done = done;
    active.loss = finiteOrNull(loss);
    active.accuracy = finiteOrNull(accuracy);
    const now = this.now();
    if (now - active.shownAt >= STEP_EVENT_SECONDS || done >= iterations) {
      active.shownAt = now;
      const { loss, accuracy } = active;
      this.options.emit({ type: "step", lease_id, done, iterations, loss, accuracy });
    }
    const left = this.secondsLeft();
    if (active.prefetched || left === null || left > STEP_REPORT_SECONDS + 1.5 * this.pacing.downloadSeconds) return;
    active.prefetched = true;
    if (this.pacing.shouldOverlap()) this.weights.prefetch();
  }

  /** Estimated from the steps done, and before the first is reported from earlier leases; null where neither is known. */
  private secondsLeft(): number | null {
    const active = this.active;
    if (!active || active.trainingSince === null) return null;
    const { iterations } = active.lease.message;
    const elapsed = this.now() - active.trainingSince;
    if (active.done > 0) return (elapsed / active.done) * Math.max(0, iterations - active.done);
    return this.secondsPerIteration === null ? null : Math.max(0, this.secondsPerIteration * iterations - elapsed);
  }

  private mustAwaitOutcome(): boolean {
    if (this.outbox.size === 0) return false;
    return this.outbox.size >= MAX_UNACKNOWLEDGED || !this.pacing.shouldOverlap();
  }

  private ask(): void {
    if (!this.connected || this.paused || this.stopped || !this.trainer) return;
    if (!this.queue.mayAsk(this.now())) return;
    const sent = this.options.send({
      type: "ready",
      backend: this.trainer.backend,
      seconds_per_iteration: this.secondsPerIteration,
      version: this.own?.version ?? this.weights.heldVersion,
    });
    if (sent) this.queue.didAsk();
  }

  private tick(): void {
    this.ticker = this.options.platform.setTimeout(() => this.tick(), TICK_SECONDS * 1000);
    if (!this.connected) return;
    this.reportProgress();
    if (this.outbox.size > 0 && this.now() - this.sentAt > RESEND_SECONDS) {
      this.sentAt = this.now();
      this.outbox.resend();
    }
    this.ask();
  }

  private reportProgress(): void {
    const { active } = this;
    if (!active || this.now() - active.reportedAt < Math.max(1, this.limits.progress_seconds)) return;
    const { lease_id } = active.lease.message;
    const { done, loss, accuracy } = active;
    if (!this.options.send({ type: "progress", lease_id, iterations: done, loss, accuracy })) return;
    active.reportedAt = this.now();
    this.queue.renew(lease_id, active.reportedAt);
  }

  private trainerFailed(trainer: LeaseTrainer, leaseId: string, error: unknown): void {
    this.abandon(leaseId, "the device's backend failed");
    trainer.dispose();
    this.trainer = null;
    this.countFailure(trainer.backend, error);
  }

  private countFailure(backend: string, error: unknown): void {
    this.failures[backend] = (this.failures[backend] ?? 0) + 1;
    const total = Object.values(this.failures).reduce((sum, count) => sum + count, 0);
    if (FATAL_CODES.has(codeOf(error) ?? "") || total >= MAX_TRAINER_FAILURES) throw error;
    this.options.emit({ type: "error", code: codeOf(error) ?? "trainer", message: messageOf(error) });
  }

  private abandon(leaseId: string, reason: string): void {
    this.options.send({ type: "abandon", lease_id: leaseId, reason: reason.slice(0, 200) });
  }

  private abandonWaiting(): void {
    for (const { message } of this.queue.takeWaiting()) this.abandon(message.lease_id, "paused");
  }

  private forget(): void {
    this.queue.forgetAll();
    this.outbox.clear();
    this.carried.clear();
    if (this.active) this.active.stop = "settled";
    if (this.own) this.own.version = null;
  }

  private pauseFor(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.options.platform.setTimeout(resolve, seconds * 1000);
    });
  }

  private show(activity: Activity): void {
    if (this.activity === activity) return;
    this.activity = activity;
    this.options.emit({ type: "activity", activity });
  }

  private now(): number {
    return this.options.platform.now();
  }
}

function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}

function codeOf(error: unknown): string | null {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
