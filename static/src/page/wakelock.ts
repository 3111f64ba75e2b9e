/** Keeps a phone's screen on while it trains, where the browser allows: a dark screen stops the page. */

export interface Awake {
  want(awake: boolean): void;
}

export function keepAwake(): Awake {
  let wanted = false;
  let lock: WakeLockSentinel | null = null;
  const update = async () => {
    if (!wanted) {
      await lock?.release().catch(() => {});
      lock = null;
    } else if (!document.hidden && (lock === null || lock.released)) {
      // A browser that has no wake lock, or refuses one on a low battery, still trains.
      lock = (await navigator.wakeLock?.request("screen").catch(() => null)) ?? null;
      if (!wanted) await update();
    }
  };
  document.addEventListener("visibilitychange", () => void update());
  return {
    want(awake) {
      wanted = awake;
      void update();
    },
  };
}
