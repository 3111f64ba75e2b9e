/** The leases that this volunteer holds: the one it trains, the next, and those whose outcome is awaited. */
import type { LeaseMessage } from "../shared/protocol.ts";

export interface OpenLease {
  readonly message: LeaseMessage;
  /** By the session's clock; moved by `renew`. */
  deadline: number;
}

export class LeaseQueue {
  private readonly waiting: OpenLease[] = [];
  private readonly open = new Map<string, OpenLease>();
  private asked = false;
  private quietUntil = 0;

  /** True where it makes sense to ask for a lease: none is waiting, and the server was not asked already. */
  mayAsk(now: number): boolean {
    return !this.asked && this.waiting.length === 0 && now >= this.quietUntil;
  }

  didAsk(): void {
    this.asked = true;
  }

  /** The server has no lease now and will send one by itself; ask again after `seconds`. */
  mustWait(now: number, seconds: number): void {
    this.asked = false;
    this.quietUntil = now + seconds;
  }

  /** A new connection, on which nothing was asked yet. */
  reconnected(): void {
    this.asked = false;
    this.quietUntil = 0;
  }

  granted(message: LeaseMessage, now: number): void {
    this.asked = false;
    this.quietUntil = 0;
    if (this.open.has(message.lease_id)) return;
    const lease = { message, deadline: now + message.seconds };
    this.open.set(message.lease_id, lease);
    this.waiting.push(lease);
  }

  get numWaiting(): number {
    return this.waiting.length;
  }

  /** Whether the next lease starts from own work that is not merged yet. */
  get nextCarries(): boolean {
    return this.waiting[0]?.message.carry ?? false;
  }

  /** The next lease to train. It stays open until its outcome. */
  take(): OpenLease | null {
    return this.waiting.shift() ?? null;
  }

  renew(leaseId: string, now: number): void {
    const lease = this.open.get(leaseId);
    if (lease) lease.deadline = now + lease.message.seconds;
  }

  /** An outcome came: the lease, if it was open. */
  settle(leaseId: string): OpenLease | null {
    const lease = this.open.get(leaseId) ?? null;
    this.open.delete(leaseId);
    this.removeWaiting(leaseId);
    return lease;
  }

  /** Leases that nobody trains yet, taken out of the queue. */
  takeWaiting(): OpenLease[] {
    return this.waiting.splice(0);
  }

  /** This volunteer became another one: none of its leases is its own any more. */
  forgetAll(): void {
    this.waiting.length = 0;
    this.open.clear();
    this.reconnected();
  }

  private removeWaiting(leaseId: string): void {
    const index = this.waiting.findIndex((lease) => lease.message.lease_id === leaseId);
    if (index >= 0) this.waiting.splice(index, 1);
  }
}
