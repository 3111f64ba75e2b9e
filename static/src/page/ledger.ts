/** What this browser has given to a run: counted from the worker's events, and kept over visits. */
import type { OutcomeName } from "../shared/protocol.ts";
import type { SessionEvent } from "../worker/events.ts";
import { bytes, count, duration } from "./format.ts";
import type { openStorage } from "./keeping.ts";
import { OUTCOME_WORDS } from "./words.ts";

type Storing = ReturnType<typeof openStorage>;

const NUMBERS = ["leases", "merged", "iterations", "examples", "seconds", "bytesIn", "bytesOut"] as const;
const MOST_MARKS = 400;

type Totals = Record<(typeof NUMBERS)[number], number> & {
  notCounted: Partial<Record<OutcomeName, number>>;
  /** What the server said of the last one of each, where it said more than the word. */
  why: Partial<Record<OutcomeName, string>>;
  /** When one's own work was merged, in seconds of the run. */
  marks: number[];
};

function nothing(): Totals {
  return {
    leases: 0,
    merged: 0,
    iterations: 0,
    examples: 0,
    seconds: 0,
    bytesIn: 0,
    bytesOut: 0,
    notCounted: {},
    why: {},
    marks: [],
  };
}

export class Ledger {
  /** Tensors that leases have left behind on this visit; must stay 0. */
  leaked = 0;
  private totals = nothing();
  /** What the storage does not have yet; another tab may write there too. */
  private unsaved = nothing();
  private session = { bytesIn: 0, bytesOut: 0 };
  private readonly storage: Storing | null;
  private readonly key: string;

  constructor(storage: Storing | null = null, key = "") {
    this.storage = storage;
    this.key = key;
    this.totals = this.read();
  }

  get leases(): number {
    return this.totals.leases;
  }

  get merged(): number {
    return this.totals.merged;
  }

  get marks(): readonly number[] {
    return this.totals.marks;
  }

  /** True where the event changed something here. */
  take(event: SessionEvent): boolean {
    switch (event.type) {
      case "connection":
        return false;
      case "trained":
        this.add({ leases: 1, seconds: event.seconds });
        this.leaked += event.tensors_after - event.tensors_before;
        return true;
      case "outcome":
        this.settle(event);
        return true;
      case "traffic":
        this.traffic(event.bytes_in, event.bytes_out);
        return true;
      default:
        return false;
    }
  }

  /** A session begins, and counts its bytes from zero. */
  begin(): void {
    this.session = { bytesIn: 0, bytesOut: 0 };
  }

  /** One's own work was merged `seconds` into the run. */
  mark(seconds: number): void {
    this.totals.marks.push(seconds);
    this.unsaved.marks.push(seconds);
    if (this.totals.marks.length > MOST_MARKS) this.totals.marks = this.totals.marks.filter((_, i) => i % 2 === 1);
  }

  /** Writes what is new. Not for every event: storage is slow. */
  save(): void {
    if (!this.storage) return;
    const kept = this.read();
    merge(kept, this.unsaved);
    if (kept.marks.length > MOST_MARKS) kept.marks = kept.marks.filter((_, i) => i % 2 === 1);
    this.unsaved = nothing();
    this.totals = kept;
    this.storage.setItem(this.key, JSON.stringify(kept));
  }

  /** Texts for the fields of the page. */
  fields(): Record<string, string> {
    const { leases, merged, iterations, examples, seconds, bytesIn, bytesOut } = this.totals;
    return {
      leases: count(leases),
      merged: count(merged),
      iterations: count(iterations),
      examples: count(examples),
      worked: duration(seconds),
      "bytes-down": bytes(bytesIn),
      "bytes-up": bytes(bytesOut),
      "not-counted": this.notCountedSentence(),
    };
  }

  private settle(event: Extract<SessionEvent, { type: "outcome" }>): void {
    if (event.outcome === "merged") {
      this.add({ merged: 1, iterations: event.iterations, examples: event.num_examples });
      return;
    }
    // Only a refusal has something to say that the word for it does not.
    const why = event.outcome === "invalid" && event.detail ? { [event.outcome]: event.detail } : {};
    this.add({ notCounted: { [event.outcome]: 1 }, why });
  }

  private traffic(bytesIn: number, bytesOut: number): void {
    // A session that began anew counts from zero again.
    const before = bytesIn < this.session.bytesIn ? { bytesIn: 0, bytesOut: 0 } : this.session;
    this.add({ bytesIn: bytesIn - before.bytesIn, bytesOut: Math.max(0, bytesOut - before.bytesOut) });
    this.session = { bytesIn, bytesOut };
  }

  private add(more: Partial<Totals>): void {
    merge(this.totals, more);
    merge(this.unsaved, more);
  }

  private read(): Totals {
    const totals = nothing();
    try {
      const kept = JSON.parse(this.storage?.getItem(this.key) ?? "{}") as Partial<Totals>;
      for (const name of NUMBERS) {
        const value = kept[name];
        if (typeof value === "number" && Number.isFinite(value) && value > 0) totals[name] = value;
      }
      if (Array.isArray(kept.marks)) totals.marks = kept.marks.filter(Number.isFinite);
      for (const name of Object.keys(OUTCOME_WORDS) as OutcomeName[]) {
        const times = kept.notCounted?.[name];
        if (typeof times === "number" && times > 0) totals.notCounted[name] = times;
        const why = kept.why?.[name];
        if (typeof why === "string") totals.why[name] = why;
      }
    } catch {
      // What cannot be read is counted anew.
    }
    return totals;
  }

  private notCountedSentence(): string {
    const parts = (Object.entries(this.totals.notCounted) as [OutcomeName, number][]).map(
      ([outcome, times]) => `${count(times)} (${this.reason(outcome)})`,
    );
    if (parts.length > 0) return `Not counted: ${parts.join(", ")}.`;
    return this.totals.merged > 0 ? "Everything that you sent has counted." : "Nothing has been sent yet.";
  }

  private reason(outcome: OutcomeName): string {
    const said = this.totals.why[outcome]?.replace(/\.$/, "");
    const words = OUTCOME_WORDS[outcome] ?? outcome;
    return said ? `${words}; of the last it said: ${said}` : words;
  }
}

function merge(totals: Totals, more: Partial<Totals>): void {
  for (const name of NUMBERS) totals[name] += more[name] ?? 0;
  for (const [name, times] of Object.entries(more.notCounted ?? {}) as [OutcomeName, number][]) {
    totals.notCounted[name] = (totals.notCounted[name] ?? 0) + times;
  }
  Object.assign(totals.why, more.why);
  totals.marks.push(...(more.marks ?? []));
}
