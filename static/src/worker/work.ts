/**
 * The work of a volunteer: takes a lease, fetches what it needs, trains, sends the update, and looks again. One loop
 * does it all; everything that happens meanwhile only changes what the loop finds when it next looks.
 */

import { backoffSeconds } from "../shared/backoff.ts";
import type {
  ClientMessage,
  LeaseMessage,
  OutcomeMessage,
  Version,
  VolunteerState,
  WaitMessage,
} from "../shared/protocol.ts";
import { restAfter, STRETCH_SECONDS } from "../trainer/pacing.ts";
import { ActiveLease, finiteOrNull } from "./active.ts";
import type { Activity, LeaseTrainer, ShardPart, TrainedLease, TrainerFactory } from "./events.ts";
import { type Base, Exchange, type ExchangeOptions } from "./exchange.ts";
import { codeOf, messageOf } from "./failures.ts";
import { LeaseQueue, type OpenLease } from "./leases.ts";
import { Signal } from "./signal.ts";
import { Trainers } from "./trainers.ts";

const TICK_SECONDS = 1;
const STEP_EVENT_SECONDS = 0.1;
/** A trainer reports its steps about this often. */
const STEP_REPORT_SECONDS = 0.6;
/** After which a rest is looked at again: it may be over, or the share another. */
const NAP_SECONDS = 0.1;
const SHORTEST_SECONDS = 0.001;
/** A lease that needs no longer than this is finished when the volunteer pauses. */
const FINISH_SECONDS = 5;

export interface WorkOptions extends ExchangeOptions {
  trainerFactory: TrainerFactory;
  share: number;
  paused: boolean;
  /** False where there is no connection. */
  send(message: ClientMessage): boolean;
  /** The work cannot go on; called once. */
  onFatal(code: string, message: string): void;
}

export class Work {
  private readonly options: WorkOptions;
  private readonly changed = new Signal();
  private readonly queue = new LeaseQueue();
  private readonly exchange: Exchange;
  private readonly trainers: Trainers;
  /** Wall-clock, with the idle time that the share asks for. */
  private secondsPerIteration: number | null = null;
  private active: ActiveLease | null = null;
  private activity: Activity | null = null;
  private connected = true;
  private paused: boolean;
  private share: number;
  private stopped = false;
  /** No lease is asked for before a rest is nearly over, and then from weights that are the newest. */
  private asksLate = false;
  private fetchFailures = 0;
  private ticker: unknown = null;

  constructor(options: WorkOptions) {
    const { welcome, trainerFactory: factory } = options;
    this.options = options;
    this.paused = options.paused;
    this.share = options.share;
    this.exchange = new Exchange(options);
    this.trainers = new Trainers({ welcome, factory, emit: (event) => options.emit(event) });
  }

  /** Works until `stop` or a fatal error, then frees the trainer. */
  async run(): Promise<void> {
    this.tick();
    if (!this.paused && this.options.welcome.weights.version > 0) this.exchange.prefetchWeights();
    try {
      while (!this.stopped) await this.turn();
    } catch (error) {
      this.options.onFatal(codeOf(error) ?? "internal", messageOf(error));
    } finally {
      this.stopped = true;
      this.options.platform.clearTimeout(this.ticker);
      this.trainers.dispose();
    }
  }

  granted(message: LeaseMessage): void {
    this.exchange.announce({ version: message.version, hash: message.hash, iterations: 0 });
    this.queue.granted(message, this.now());
    if (this.paused) this.abandonWaiting();
    else this.exchange.prefetchShards(message);
    this.changed.notify();
  }

  mustWait(message: WaitMessage): void {
    this.queue.mustWait(this.now(), message.seconds);
    this.changed.notify();
  }

  announced(version: Version): void {
    this.exchange.announce(version);
  }

  settled(message: OutcomeMessage, payload: Uint8Array): void {
    const { lease_id } = message;
    this.exchange.settled(message, payload);
    const lease = this.queue.settle(lease_id);
    const { active } = this;
    if (active?.message.lease_id === lease_id) active.stop = "settled";
    else if (active?.message.carry && active.trainingSince !== null) this.exchange.prefetchWeights();
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
    this.queue.reconnected();
    if (!sameVolunteer) {
      this.queue.forgetAll();
      if (this.active) this.active.stop = "settled";
    }
    this.exchange.reconnected(weights, sameVolunteer);
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
    this.exchange.stop();
    this.changed.notify();
  }

  private async turn(): Promise<void> {
    const trainer = this.trainers.current;
    if (!trainer) {
      await this.makeTrainer();
      return;
    }
    this.ask();
    const lease = this.paused || this.exchange.mustAwaitOutcome(this.queue.nextCarries) ? null : this.queue.take();
    if (lease) {
      await this.work(trainer, lease);
      return;
    }
    this.show(this.paused ? "paused" : this.exchange.awaitsOutcomes ? "exchanging" : "waiting");
    await this.changed.next();
  }

  private async makeTrainer(): Promise<void> {
    this.show("preparing");
    this.exchange.forgetOwn();
    const trainer = await this.trainers.make();
    if (trainer) {
      const { secondsPerIteration } = trainer;
      this.secondsPerIteration = secondsPerIteration === null ? null : secondsPerIteration / this.share;
    } else if (!this.stopped) {
      await this.pauseFor(backoffSeconds(this.trainers.attemptsFailed, this.options.platform.random));
    }
  }

  private async work(trainer: LeaseTrainer, { message, deadline }: OpenLease): Promise<void> {
    const now = this.now();
    if (now > deadline) {
      this.abandon(message.lease_id, "its deadline passed before it could start");
      return;
    }
    const active = new ActiveLease(message, now);
    this.active = active;
    let worked = 0;
    try {
      const prepared = await this.prepare(trainer, message);
      if (prepared && !active.stop) worked = await this.train(trainer, active, prepared.parts, prepared.base);
      else if (active.stop !== "settled") this.abandon(message.lease_id, active.stop ?? "it could not be prepared");
    } finally {
      this.active = null;
    }
    await this.rest(worked);
  }

  /** Brings the shards and the base weights here; null where that failed, which costs the lease. */
  private async prepare(
    trainer: LeaseTrainer,
    message: LeaseMessage,
  ): Promise<{ parts: ShardPart[]; base: Base } | null> {
    if (this.activity !== "exchanging") this.show("preparing");
    try {
      const prepared = await this.exchange.prepare(trainer, message);
      this.fetchFailures = 0;
      return prepared;
    } catch (error) {
      if (this.stopped) return null;
      // The code has ended since: there is nothing more to fetch here.
      if (codeOf(error) === "code_needed") throw error;
      this.options.emit({ type: "error", code: codeOf(error) ?? "download", message: messageOf(error) });
      const seconds = backoffSeconds(this.fetchFailures++, this.options.platform.random);
      this.queue.mustWait(this.now(), seconds);
      return null;
    }
  }

  /** Trains a lease and sends what came of it; returns the seconds of work after which to rest. */
  private async train(trainer: LeaseTrainer, active: ActiveLease, parts: ShardPart[], base: Base): Promise<number> {
    const { message } = active;
    const { lease_id, iterations, num_examples, learning_rate } = message;
    this.show("training");
    this.options.emit({ type: "lease", lease_id, base_version: base.version, iterations, num_examples, learning_rate });
    active.trainingSince = this.now();
    this.exchange.forgetOwn();
    this.asksLate = message.carry && this.restAhead > this.exchange.askSeconds;
    this.ask();
    let result: TrainedLease | null;
    try {
      result = await trainer.train(message, parts, {
        onStep: (done, loss, accuracy) => this.stepped(active, done, loss, accuracy),
        shouldStop: () => active.stop !== null,
        share: () => this.share,
      });
    } catch (error) {
      this.abandon(lease_id, "the device's backend failed");
      this.trainers.failed(error);
      return 0;
    }
    if (!result) {
      if (active.stop !== "settled") this.abandon(lease_id, active.stop ?? "stopped");
      return 0;
    }
    this.exchange.trained(this.now() - active.trainingSince + restAfter(result.worked, this.share));
    this.deliver(message, base, result);
    return result.worked;
  }

  /**
   * Idles as the share asks after `worked` seconds, whose update is under way by now: for up to twice as long, by chance,
   * so that volunteers who began together do not go on in step but take turns. The next lease and its weights are asked
   * for so that they come when it is over, and hold what others did meanwhile.
   */
  private async rest(worked: number): Promise<void> {
    const since = this.now();
    const luck = 2 * this.options.platform.random();
    let fetched = false;
    while (!this.stopped && !this.paused) {
      const left = luck * restAfter(worked, this.share) - (this.now() - since);
      if (left < SHORTEST_SECONDS) break;
      const [untilAsked, untilFetched] = [left - this.exchange.askSeconds, left - this.exchange.prefetchSeconds];
      if (this.asksLate && untilAsked <= 0) {
        this.asksLate = false;
        this.ask();
      }
      if (!fetched && untilFetched <= 0) {
        fetched = true;
        this.exchange.prefetchWeights();
      }
      const next = this.asksLate ? untilAsked : fetched ? left : untilFetched;
      await this.pauseFor(Math.min(Math.max(next, SHORTEST_SECONDS), NAP_SECONDS));
    }
    this.asksLate = false;
  }

  /** The rest that will follow the last steps of a lease, in seconds. */
  private get restAhead(): number {
    return restAfter(Math.max((this.secondsPerIteration ?? 0) * this.share, STRETCH_SECONDS), this.share);
  }

  private deliver(message: LeaseMessage, base: Base, result: TrainedLease): void {
    const { lease_id } = message;
    const { iterations, num_examples, seconds, tensors_before, tensors_after } = result;
    this.secondsPerIteration = Math.max(seconds, 1e-6) / iterations;
    this.options.emit({
      type: "trained",
      lease_id,
      iterations,
      num_examples,
      seconds,
      loss: finiteOrNull(result.loss),
      accuracy: finiteOrNull(result.accuracy),
      tensors_before,
      tensors_after,
    });
    const rest = restAfter(result.worked, this.share);
    if (result.payload.every(Number.isFinite)) this.exchange.deliver(message, base, result, rest);
    else this.abandon(lease_id, "training gave numbers that are not finite");
  }

  private stepped(active: ActiveLease, done: number, loss: number | null, accuracy: number | null): void {
    active.stepped(done, loss, accuracy);
    const { lease_id, iterations } = active.message;
    const now = this.now();
    if (now - active.shownAt >= STEP_EVENT_SECONDS || done >= iterations) {
      active.shownAt = now;
      const { loss, accuracy } = active;
      this.options.emit({ type: "step", lease_id, done, iterations, loss, accuracy });
    }
    const left = this.secondsLeft();
    if (active.prefetched || left === null || left > STEP_REPORT_SECONDS + this.exchange.prefetchSeconds) return;
    active.prefetched = true;
    if (this.restAhead <= this.exchange.prefetchSeconds) this.exchange.prefetchForOverlap();
  }

  private secondsLeft(): number | null {
    return this.active?.secondsLeft(this.now(), this.secondsPerIteration) ?? null;
  }

  private ask(): void {
    const trainer = this.trainers.current;
    if (!this.connected || this.paused || this.stopped || this.asksLate || !trainer) return;
    if (!this.queue.mayAsk(this.now())) return;
    const sent = this.options.send({
      type: "ready",
      backend: trainer.backend,
      seconds_per_iteration: this.secondsPerIteration,
      version: this.exchange.heldVersion,
      ...this.exchange.pushedAs,
    });
    if (sent) this.queue.didAsk();
  }

  private tick(): void {
    this.ticker = this.options.platform.setTimeout(() => this.tick(), TICK_SECONDS * 1000);
    if (!this.connected) return;
    this.reportProgress();
    this.exchange.resendOld();
    this.ask();
  }

  private reportProgress(): void {
    const { active } = this;
    const { progress_seconds } = this.options.welcome.limits;
    if (!active || this.now() - active.reportedAt < Math.max(1, progress_seconds)) return;
    const { lease_id } = active.message;
    const { done, loss, accuracy } = active;
    if (!this.options.send({ type: "progress", lease_id, iterations: done, loss, accuracy })) return;
    active.reportedAt = this.now();
    this.queue.renew(lease_id, active.reportedAt);
  }

  private abandon(leaseId: string, reason: string): void {
    this.options.send({ type: "abandon", lease_id: leaseId, reason: reason.slice(0, 200) });
  }

  private abandonWaiting(): void {
    for (const { message } of this.queue.takeWaiting()) this.abandon(message.lease_id, "paused");
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
