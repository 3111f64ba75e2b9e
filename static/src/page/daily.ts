/** Bytes that this browser moved today, over all tabs and visits. */
import type { openStorage } from "./keeping.ts";

type Storing = ReturnType<typeof openStorage>;

const KEY = "webnn:bytes-today";

export class DailyBytes {
  private readonly storage: Storing;
  private readonly today: () => string;

  constructor(storage: Storing, today: () => string = localDay) {
    this.storage = storage;
    this.today = today;
  }

  get total(): number {
    try {
      const kept = JSON.parse(this.storage.getItem(KEY) ?? "null") as { day?: unknown; bytes?: unknown } | null;
      return kept?.day === this.today() && typeof kept.bytes === "number" && kept.bytes > 0 ? kept.bytes : 0;
    } catch {
      return 0;
    }
  }

  add(bytes: number): void {
    if (bytes > 0) this.storage.setItem(KEY, JSON.stringify({ day: this.today(), bytes: this.total + bytes }));
  }
}

function localDay(): string {
  return new Date().toDateString();
}
