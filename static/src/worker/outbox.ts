/** Updates on their way: each is kept, and sent again on every new connection, until its outcome is known. */

import { encodeFrame } from "../shared/frames.ts";
import type { UpdateMessage } from "../shared/protocol.ts";

interface Sent {
  readonly frame: Uint8Array<ArrayBuffer>;
  readonly at: number;
}

export class Outbox {
  private readonly unacknowledged = new Map<string, Sent>();
  private readonly transmit: (frame: Uint8Array<ArrayBuffer>) => boolean;

  /** `transmit` returns false where there is no connection. */
  constructor(transmit: (frame: Uint8Array<ArrayBuffer>) => boolean) {
    this.transmit = transmit;
  }

  get size(): number {
    return this.unacknowledged.size;
  }

  has(leaseId: string): boolean {
    return this.unacknowledged.has(leaseId);
  }

  /** Whether the outcome of a frame's update is still awaited. */
  awaits(frame: Uint8Array<ArrayBuffer>): boolean {
    for (const sent of this.unacknowledged.values()) if (sent.frame === frame) return true;
    return false;
  }

  /** Sends an update, now or as soon as there is a connection. Returns the size of its frame in bytes. */
  send(message: UpdateMessage, payload: ArrayBufferView, now: number): number {
    const frame = encodeFrame(message, payload);
    this.unacknowledged.set(message.lease_id, { frame, at: now });
    this.transmit(frame);
    return frame.byteLength;
  }

  /** On a new connection, after `welcome`. */
  resend(): void {
    for (const { frame } of this.unacknowledged.values()) this.transmit(frame);
  }

  /** The outcome is known: seconds since the update was first sent, and its bytes; null where none was. */
  acknowledge(leaseId: string, now: number): { seconds: number; bytes: number } | null {
    const sent = this.unacknowledged.get(leaseId);
    if (!sent) return null;
    this.unacknowledged.delete(leaseId);
    return { seconds: now - sent.at, bytes: sent.frame.byteLength };
  }

  clear(): void {
    this.unacknowledged.clear();
  }
}
