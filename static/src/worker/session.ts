/** A volunteer's session with one run: joins, trains, sends, and comes back after every kind of interruption. */
import type { Device } from "../shared/protocol.ts";
import type { Identity, SessionEvent, TrainerFactory } from "./events.ts";
import type { Platform } from "./platform.ts";

export * from "./events.ts";
export { hostPlatform, type Platform } from "./platform.ts";

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
}

export class VolunteerSession {
  readonly options: SessionOptions;

  constructor(options: SessionOptions) {
    this.options = options;
  }

  /** Connects and trains until `stop`, the run's end or a fatal error; the `closed` event says which. */
  start(): void {}
  /** Gives open leases back, or finishes the one that is nearly done, and stays connected. */
  pause(): void {}
  resume(): void {}
  /** `share`: the part of the time in which to train, 0 < share <= 1. */
  setShare(_share: number): void {}
  /** Shown to people; training goes on. */
  setHidden(_hidden: boolean): void {}
  /** The device woke up or its network came back: do not wait any longer to reconnect. */
  wake(): void {}
  /** Leaves for good. Safe to call more than once. */
  stop(_reason: string): void {}
}
