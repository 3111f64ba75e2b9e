/**
 * What passes between this device and the server for the sake of leases: shards and weights on their way here, updates
 * on their way back, and which version the weights in the trainer are.
 */
import type { Platform } from "../shared/platform.ts";
import type { Encoding, LeaseMessage, OutcomeMessage, Version, WelcomeMessage } from "../shared/protocol.ts";
import { finiteOrNull } from "./active.ts";
import type { RunAddress } from "./address.ts";
import { Carried } from "./carried.ts";
import { Downloader } from "./download.ts";
import type { LeaseTrainer, SessionEvent, ShardPart, TrainedLease } from "./events.ts";
import { Outbox } from "./outbox.ts";
import { Pacing } from "./pacing.ts";
import { Poster } from "./poster.ts";
import { ShardCache } from "./shards.ts";
import { WeightStore } from "./weights.ts";
import { type Choice, Wire } from "./wire.ts";

const MAX_UNACKNOWLEDGED = 2;
const RESEND_SECONDS = 60;
const SHARD_BYTES = 256 << 20;
const NO_BYTES = new Uint8Array(0);

export interface ExchangeOptions {
  welcome: WelcomeMessage;
  address: RunAddress;
  platform: Platform;
  encoding: Choice;
  /** The trainer has examples of its own: no shard is loaded. */
  ownExamples: boolean;
  /** False where there is no connection. */
  sendBytes(frame: Uint8Array<ArrayBuffer>): boolean;
  emit(event: SessionEvent): void;
  /** What downloads of this run need besides their address. */
  headers?: Readonly<Record<string, string>>;
  /** The `Authorization` header that proves who posts. */
  authorization(): string;
  onTraffic(bytesIn: number, bytesOut: number): void;
}

/** What a lease is trained from; a null vector: what is in the trainer. */
export interface Base {
  version: number;
  vector: Float32Array | null;
}

export class Exchange {
  private readonly options: ExchangeOptions;
  private readonly outbox: Outbox;
  private readonly poster: Poster;
  private mayPost = true;
  private readonly pacing = new Pacing();
  private readonly downloader: Downloader;
  private readonly shards: ShardCache;
  private readonly weights: WeightStore;
  private readonly wire: Wire;
  private readonly carried = new Carried();
  /** The lease whose trained weights are in the trainer, and the version that they turned out to be. */
  private own: { leaseId: string; version: number | null; exact: boolean } | null = null;
  /** The weights that the last lease ended with, where it sent them. */
  private last: Float32Array | null = null;
  private sentAt = 0;

  constructor(options: ExchangeOptions) {
    const { welcome, platform, address } = options;
    this.options = options;
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
      onBody: (bytes, seconds) => this.wire.downloaded(bytes, seconds),
      onRetry: (message) => options.emit({ type: "error", code: "download", message }),
      headers: options.headers,
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
      urlOf: (version, encoding, since) => address.weights(version, encoding, since),
      encoding: () => this.wire.down,
      onGrid: (bytes) => this.wire.tookGrid(bytes),
      onDownload: (seconds) => this.pacing.downloaded(seconds),
      now: () => platform.now(),
    });
  }

  /** The newest version that is here, in the trainer or beside it; null where none is. */
  get heldVersion(): number | null {
    return this.own?.version ?? this.weights.heldVersion;
  }

  /**
   * How weights should come that are not asked for, as `ready` says it. One that trains meanwhile asks for large ones
   * itself, as late as it can.
   */
  get pushedAs(): { down?: Encoding; push?: boolean } {
    const { down, mayBePushedAs } = this.wire;
    if (!mayBePushedAs) return {};
    return { ...(down === "f32" ? {} : { down }), ...(this.pacing.shouldOverlap() ? {} : { push: true }) };
  }

  get awaitsOutcomes(): boolean {
    return this.outbox.size > 0;
  }

  /** Whether the next lease should not begin before an outcome is known; one that `carries` loses nothing by that. */
  mustAwaitOutcome(carries: boolean): boolean {
    if (this.outbox.size === 0) return false;
    return this.outbox.size >= MAX_UNACKNOWLEDGED || !(carries || this.pacing.shouldOverlap());
  }

  announce(version: Version): void {
    this.weights.announce(version);
  }

  /** Starts to load what a lease that is granted will need. */
  prefetchShards(message: LeaseMessage): void {
    if (this.options.ownExamples) return;
    const needed = message.parts.map(([shard]) => shard);
    this.shards.prefetch(message.soon === null ? needed : [...needed, message.soon]);
  }

  prefetchWeights(): void {
    this.weights.prefetch();
  }

  /** How long before they are needed the next weights should be asked for, in seconds. */
  get prefetchSeconds(): number {
    return this.pacing.prefetchSeconds;
  }

  /** How long before it is needed the next lease should be asked for, in seconds, to be here before its weights are. */
  get askSeconds(): number {
    return this.pacing.askSeconds;
  }

  /** Whether a rest of so many `seconds` leaves a time in which none of our work is under way. */
  rests(seconds: number): boolean {
    return seconds > this.pacing.exchangeSeconds;
  }

  /** Starts to load the newest weights, where the next lease will not wait for an outcome. */
  prefetchForOverlap(): void {
    if (this.pacing.shouldOverlap()) this.weights.prefetch();
  }

  /** Brings a lease's shards here, and its base weights into `trainer`. Throws what the downloads throw. */
  async prepare(trainer: LeaseTrainer, message: LeaseMessage): Promise<{ parts: ShardPart[]; base: Base }> {
    const loading = Promise.all(
      message.parts.map(async ([shard, first, last]) => ({
        shard,
        bytes: this.options.ownExamples ? NO_BYTES : await this.shards.get(shard),
        first,
        last,
      })),
    );
    const [parts, base] = await Promise.all([loading, this.chooseBase(message)]);
    if (base.vector) {
      trainer.setWeights(this.startOf(message, base.version, base.vector));
    }
    return { parts, base };
  }

  /** The weights in the trainer are about to change. */
  forgetOwn(): void {
    this.own = null;
  }

  /** A lease was trained in `seconds`, from its start to its end. */
  trained(seconds: number): void {
    this.pacing.trained(seconds);
    this.wire.trained(seconds);
  }

  /**
   * Sends what a lease gave, which is all finite, and keeps it until its outcome is known. `rest`: how long we rest before
   * the next, in seconds.
   */
  deliver(message: LeaseMessage, base: Base, result: TrainedLease, rest: number): void {
    const { lease_id } = message;
    const { iterations, num_examples, seconds } = result;
    const { encoding, payload } = this.wire.encode(result.payload, message.wants, base.vector, message.encoding);
    this.own = { leaseId: lease_id, version: null, exact: encoding === "f32" };
    if (message.carry) this.carried.sent(lease_id, result.payload);
    this.last = message.wants === "weights" ? result.payload : null;
    this.outbox.send(
      {
        type: "update",
        lease_id,
        base_version: base.version,
        iterations,
        num_examples,
        seconds: Math.max(seconds, 1e-6),
        encoding,
        loss: finiteOrNull(result.loss),
        accuracy: finiteOrNull(result.accuracy),
        ...(this.rests(rest) ? { rests: true } : {}),
      },
      payload,
      this.now(),
    );
    this.sentAt = this.now();
  }

  /** `payload`: the weights of the outcome's version, where they were asked for or are few bytes; else empty. */
  settled(message: OutcomeMessage, payload: Uint8Array): void {
    const { lease_id, version, hash, iterations, whole } = message;
    this.weights.announce({ version, hash, iterations });
    if (this.weights.hold(version, payload, message.encoding ?? "f32")) this.pacing.downloaded(0);
    const sent = this.outbox.acknowledge(lease_id, this.now());
    if (sent) {
      this.pacing.settled(sent.seconds, whole);
      this.wire.uploaded(sent.bytes + payload.byteLength, sent.seconds);
    }
    if (this.own?.leaseId === lease_id) this.own.version = whole && this.own.exact ? version : null;
    this.carried.settled(lease_id, message.outcome === "merged" ? version : null);
  }

  /** There is a new connection; for another volunteer than before, nothing that was sent counts. */
  reconnected(weights: Version, sameVolunteer: boolean): void {
    this.weights.announce(weights);
    if (sameVolunteer) {
      this.outbox.resend();
    } else {
      this.outbox.clear();
      this.carried.clear();
      if (this.own) this.own.version = null;
    }
    this.sentAt = this.now();
  }

  /** Sends again what has had no answer for long. */
  resendOld(): void {
    if (this.outbox.size > 0 && this.now() - this.sentAt > RESEND_SECONDS) {
      this.sentAt = this.now();
      this.outbox.resend();
    }
  }

  stop(): void {
    this.downloader.stop();
    this.poster.stop();
  }

  /** The weights to start from, the lease's version or a later one; a null vector: those in the trainer. */
  private async chooseBase(message: LeaseMessage): Promise<Base> {
    const { version, hash, keep } = message;
    if (keep === 1 && this.own) return { version, vector: null };
    if (keep !== null && this.last) return this.weights.loadExactly({ version, hash, iterations: 0 });
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

  /** What to put into the trainer for a lease from `weights` of `version`. */
  private startOf(message: LeaseMessage, version: number, weights: Float32Array): Float32Array {
    if (message.carry) return this.carried.onto(version, weights);
    const { last } = this;
    if (message.keep === null || !last || version !== message.version) return weights;
    const keep = message.keep;
    return weights.map((weight, i) => weight + keep * ((last[i] as number) - weight));
  }

  private transmit(frame: Uint8Array<ArrayBuffer>): boolean {
    const { post_bytes } = this.options.welcome.limits;
    if (!this.mayPost || post_bytes === undefined || frame.byteLength < post_bytes)
      return this.options.sendBytes(frame);
    this.poster.post(frame);
    return true;
  }

  private now(): number {
    return this.options.platform.now();
  }
}
