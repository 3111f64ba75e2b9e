/** What is kept in this browser between visits; where storage is forbidden, for this visit only. */
import type { Identity } from "../worker/events.ts";

const MOST_TABS = 8;

/** `localStorage`, or a stand-in that forgets: reading the property alone can throw. */
export function openStorage(
  kind: "localStorage" | "sessionStorage" = "localStorage",
): Pick<Storage, "getItem" | "setItem" | "removeItem"> {
  try {
    const storage = globalThis[kind];
    storage.setItem("webnn:probe", "1");
    storage.removeItem("webnn:probe");
    return storage;
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  }
}

type Storing = ReturnType<typeof openStorage>;

/** The part of the Web Locks API that is used; only secure contexts have it. */
export interface Locks {
  request(
    name: string,
    options: { ifAvailable: true },
    hold: (lock: unknown) => Promise<void> | undefined,
  ): Promise<unknown>;
}

/**
 * Identities by server and tab: two tabs of one browser are two volunteers, or each would replace the other for ever.
 * The first tab takes the first identity, the second the next.
 */
export class IdentityKeeper {
  private readonly storage: Storing;
  private readonly prefix: string;
  private readonly locks: Locks | null;
  private slot = 0;
  private claimed: number | null = null;

  constructor(server: string, storage: Storing, locks: Locks | null) {
    this.prefix = `webnn:identity:${server}`;
    this.storage = storage;
    this.locks = locks;
  }

  /** Finds an identity that no other tab uses, where the browser can tell. */
  async claim(): Promise<void> {
    if (!this.locks || this.claimed === this.slot) return;
    while (this.slot < MOST_TABS && !(await lockFor(this.locks, this.key))) this.slot++;
    this.claimed = this.slot;
  }

  /** Another tab has taken this identity over: use the next. */
  next(): void {
    this.slot++;
  }

  read(): Identity | null {
    try {
      const found: unknown = JSON.parse(this.storage.getItem(this.key) ?? "null");
      const { volunteer_id, secret } = (found ?? {}) as Partial<Identity>;
      return typeof volunteer_id === "string" && typeof secret === "string" ? { volunteer_id, secret } : null;
    } catch {
      return null;
    }
  }

  write(identity: Identity | null): void {
    if (identity) this.storage.setItem(this.key, JSON.stringify(identity));
    else this.storage.removeItem(this.key);
  }

  private get key(): string {
    return `${this.prefix}:${this.slot}`;
  }
}

/** Takes a lock and keeps it for as long as the page lives. */
function lockFor(locks: Locks, name: string): Promise<boolean> {
  return new Promise((resolve) => {
    locks
      .request(name, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise<void>(() => {});
      })
      .catch(() => resolve(true));
  });
}

/** A number in a range, kept under a name. */
export function keptNumber(storage: Storing, key: string, fallback: number, [low, high]: [number, number]): number {
  const text = storage.getItem(key);
  const value = text === null ? Number.NaN : Number(text);
  return value >= low && value <= high ? value : fallback;
}
