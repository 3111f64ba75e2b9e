/** A run's status as texts, by the names of the fields that show them. */
import type { RunStatus } from "../shared/protocol.ts";
import { bytes, count, decimal, duration, NOTHING, percent, plain, rate, roughly } from "./format.ts";
import { STATE_WORDS } from "./words.ts";

export function statusFields(status: RunStatus): Record<string, string> {
  return {
    state: STATE_WORDS[status.state] ?? status.state,
    accuracy: percent(status.accuracy),
    "best-accuracy": percent(status.best_accuracy),
    loss: decimal(status.loss),
    volunteers: count(status.volunteers),
    "volunteers-total": count(status.volunteers_total),
    rate: rate(status.examples_per_second),
    merges: count(status.merges),
    staleness: status.merges > 0 ? status.staleness.toFixed(1) : NOTHING,
    version: count(status.version),
    iterations: count(status.iterations),
    epochs: status.epochs.toFixed(1),
    examples: count(status.examples),
    "bytes-in": bytes(status.bytes_in),
    "bytes-out": bytes(status.bytes_out),
    merge: status.merge,
    "learning-rate": plain(status.learning_rate),
    elapsed: duration(status.seconds),
    left: roughly(status.seconds_left),
    progress: `${Math.floor(status.progress * 100)} %`,
  };
}
