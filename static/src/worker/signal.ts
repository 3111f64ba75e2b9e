/** Lets a loop sleep until something may have changed. */
export class Signal {
  private waiting: (() => void)[] = [];

  notify(): void {
    const woken = this.waiting;
    this.waiting = [];
    for (const resolve of woken) resolve();
  }

  /** Resolves at the next `notify`. Whoever waits must look at the state first, and again afterwards. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
    });
  }
}
