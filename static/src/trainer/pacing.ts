/** How often a busy loop stops for others: for messages, for a share of the device, for a queue of work to drain. */

/** Lets messages and timers through, without the 4 ms that browsers add to nested timers. */
export function breathe(): Promise<void> {
  if (typeof setImmediate === "function") return new Promise((resolve) => setImmediate(resolve));
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(null);
  });
}

const sleep = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Between two stops. */
export const STRETCH_SECONDS = 0.04;
const STRETCH = 1000 * STRETCH_SECONDS;
/** A nap after which the share and the wish to stop are looked at again. */
const NAP = 100;
const MOST_STEPS = 64;

/** Counts the steps between two stops so that a stretch takes about `STRETCH`, the device's queue included. */
export class Stretch {
  #steps = 1;
  #done = 0;
  #since: number;

  constructor(now: number) {
    this.#since = now;
  }

  /** After a step: is it time to stop? */
  isOver(): boolean {
    this.#done += 1;
    return this.#done >= this.#steps;
  }

  /** After the stop's wait for the device. */
  close(now: number): void {
    const took = Math.max(now - this.#since, 0.01);
    const fitting = Math.floor((STRETCH * this.#done) / took);
    this.#steps = Math.max(1, Math.min(fitting, 2 * this.#done, MOST_STEPS));
    this.#done = 0;
  }

  /** The next stretch starts. */
  open(now: number): void {
    this.#since = now;
  }
}

/** How long to rest after working for `worked` so that the device works the `share` of its time, in the same unit. */
export function restAfter(worked: number, share: number): number {
  return worked * (1 / Math.min(share, 1) - 1);
}

/**
 * Sleeps after `worked` milliseconds so that the device works the `share` of its time. A share of 0 sleeps until it rises.
 * Returns the milliseconds slept at a share of 0. Ends early when `shouldStop`.
 */
export async function rest(worked: number, share: () => number, shouldStop: () => boolean): Promise<number> {
  const start = performance.now();
  let paused = 0;
  while (!shouldStop()) {
    const now = share();
    const slept = performance.now() - start - paused;
    const wanted = now > 0 ? restAfter(worked, now) - slept : NAP;
    if (wanted < 1) break;
    const before = performance.now();
    await sleep(Math.min(wanted, NAP));
    if (now <= 0) paused += performance.now() - before;
  }
  return paused;
}
