/** What this visit has given: counted from the worker's events. */
import type { OutcomeName } from "../shared/protocol.ts";
import type { SessionEvent } from "../worker/events.ts";
import { bytes, count } from "./format.ts";
import { OUTCOME_WORDS } from "./words.ts";

export class Ledger {
  leases = 0;
  merged = 0;
  iterations = 0;
  examples = 0;
  bytesIn = 0;
  bytesOut = 0;
  readonly notCounted = new Map<OutcomeName, number>();
  /** Tensors that leases have left behind; must stay 0. */
  leaked = 0;

  /** True where the event changed something here. */
  take(event: SessionEvent): boolean {
    switch (event.type) {
      case "trained":
        this.leases++;
        this.leaked += event.tensors_after - event.tensors_before;
        return true;
      case "outcome":
        this.settle(event);
        return true;
      case "traffic":
        this.bytesIn = event.bytes_in;
        this.bytesOut = event.bytes_out;
        return true;
      default:
        return false;
    }
  }

  /** Texts for the fields of the page. */
  fields(): Record<string, string> {
    return {
      leases: count(this.leases),
      merged: count(this.merged),
      iterations: count(this.iterations),
      examples: count(this.examples),
      traffic: `${bytes(this.bytesIn)} in, ${bytes(this.bytesOut)} out`,
      "not-counted": this.notCountedSentence(),
    };
  }

  private settle(event: Extract<SessionEvent, { type: "outcome" }>): void {
    if (event.outcome === "merged") {
      this.merged++;
      this.iterations += event.iterations;
      this.examples += event.num_examples;
      return;
    }
    this.notCounted.set(event.outcome, (this.notCounted.get(event.outcome) ?? 0) + 1);
  }

  private notCountedSentence(): string {
    if (this.notCounted.size === 0) {
      return this.merged > 0 ? "Everything that you sent has counted." : "Nothing has been sent yet.";
    }
    const parts = [...this.notCounted].map(
      ([outcome, times]) => `${count(times)} (${OUTCOME_WORDS[outcome] ?? outcome})`,
    );
    return `Not counted: ${parts.join(", ")}.`;
  }
}
