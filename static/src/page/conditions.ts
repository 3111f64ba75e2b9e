/** When a volunteer's device may work: what was wished, held against how things are. */
import { bytes } from "./format.ts";

export interface Wishes {
  /** Percent of the device's time. */
  share: number;
  /** Bytes a day, both ways together; null: no cap. */
  dailyBytes: number | null;
  onlyPlugged: boolean;
  onlyWifi: boolean;
  onlyVisible: boolean;
  /** "18:30" in the device's own time; null: no end. */
  until: string | null;
}

/** What the browser tells; null where it does not. */
export interface Surroundings {
  plugged: boolean | null;
  wifi: boolean | null;
  visible: boolean;
  bytesToday: number;
}

const MEGABYTE = 1_000_000;

/** Modest, and more so on phones. */
export function defaultWishes(phone: boolean): Wishes {
  return {
    share: phone ? 25 : 50,
    dailyBytes: (phone ? 100 : 1000) * MEGABYTE,
    onlyPlugged: false,
    onlyWifi: false,
    onlyVisible: false,
    until: null,
  };
}

/** Why the device must not work now, in a sentence; null: it may. What a browser does not tell holds nothing up. */
export function whyNot(wishes: Wishes, now: Surroundings): string | null {
  if (wishes.dailyBytes !== null && now.bytesToday >= wishes.dailyBytes) {
    return `Today’s ${bytes(wishes.dailyBytes)} are used up. It goes on tomorrow, or when you allow more.`;
  }
  if (wishes.onlyPlugged && now.plugged === false) return "It goes on when the device is plugged in.";
  if (wishes.onlyWifi && now.wifi === false) return "It goes on when the device is on Wi-Fi or a cable.";
  if (wishes.onlyVisible && !now.visible) return "It goes on when you look at this page again.";
  return null;
}

/** Milliseconds from `now` until it is `time` ("18:30") next; null where that is no time. */
export function untilTime(time: string, now: Date): number | null {
  const match = /^([01]\d|2[0-3]):([0-5]\d)/.exec(time);
  if (!match) return null;
  const at = new Date(now);
  at.setHours(Number(match[1]), Number(match[2]), 0, 0);
  if (at <= now) at.setDate(at.getDate() + 1);
  return at.getTime() - now.getTime();
}

/** Wishes out of what was kept, with defaults for whatever is missing or makes no sense. */
export function readWishes(text: string | null, fallback: Wishes): Wishes {
  let kept: Partial<Record<keyof Wishes, unknown>>;
  try {
    kept = (JSON.parse(text ?? "{}") ?? {}) as Partial<Record<keyof Wishes, unknown>>;
  } catch {
    kept = {};
  }
  const { share, dailyBytes, until } = kept;
  const flag = (name: "onlyPlugged" | "onlyWifi" | "onlyVisible") =>
    typeof kept[name] === "boolean" ? kept[name] : fallback[name];
  return {
    share: typeof share === "number" && share >= 10 && share <= 100 ? share : fallback.share,
    dailyBytes:
      dailyBytes === null || (typeof dailyBytes === "number" && dailyBytes > 0) ? dailyBytes : fallback.dailyBytes,
    onlyPlugged: flag("onlyPlugged"),
    onlyWifi: flag("onlyWifi"),
    onlyVisible: flag("onlyVisible"),
    // A time of yesterday's visit is not one of today's.
    until: until === undefined ? fallback.until : null,
  };
}
