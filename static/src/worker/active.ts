/** The lease that is being worked on: how far it is, how long it will take, and why to end it early. */
import type { LeaseMessage } from "../shared/protocol.ts";

/** The lease in hand, from taking it to its end on this device. Times are seconds on the session's clock. */
export class ActiveLease {
  readonly message: LeaseMessage;
  done = 0;
  loss: number | null = null;
  accuracy: number | null = null;
  /** Null until its shards and weights are here. */
  trainingSince: number | null = null;
  shownAt = 0;
  reportedAt: number;
  prefetched = false;
  /** Why to end it early. */
  stop: "paused" | "settled" | "ended" | null = null;

  constructor(message: LeaseMessage, now: number) {
    this.message = message;
    this.reportedAt = now;
  }

  stepped(done: number, loss: number | null, accuracy: number | null): void {
    this.done = done;
    this.loss = finiteOrNull(loss);
    this.accuracy = finiteOrNull(accuracy);
  }

  /**
   * Estimated from the steps done, and before the first is reported from `secondsPerIteration` of earlier leases; null
   * where neither is known.
   */
  secondsLeft(now: number, secondsPerIteration: number | null): number | null {
    if (this.trainingSince === null) return null;
    const { iterations } = this.message;
    const elapsed = now - this.trainingSince;
    if (this.done > 0) return (elapsed / this.done) * Math.max(0, iterations - this.done);
    return secondsPerIteration === null ? null : Math.max(0, secondsPerIteration * iterations - elapsed);
  }
}

export function finiteOrNull(value: number | null): number | null {
  return value !== null && Number.isFinite(value) ? value : null;
}
