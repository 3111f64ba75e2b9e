/** Why a volunteer waits, for how long it has, and about how long that takes. */
import type { WaitReason } from "../shared/protocol.ts";
import { roughly } from "./format.ts";
import { WAIT_WORDS } from "./words.ts";

/** Waits for others to finish a piece of work; the rest is up to the owner. */
const FOR_OTHERS: ReadonlySet<WaitReason> = new Set(["no_examples", "round", "too_many_leases"]);
const REMEMBERED = 9;

export class Waits {
  private readonly usualSeconds: number;
  private readonly past = new Map<WaitReason, number[]>();
  private reason: WaitReason | null = null;
  private since = 0;

  /** `usualSeconds`: how long a piece of work takes, after which somebody's is done. */
  constructor(usualSeconds: number) {
    this.usualSeconds = usualSeconds;
  }

  get waiting(): boolean {
    return this.reason !== null;
  }

  /** The server has nothing at `now` (seconds), for this reason. A wait that goes on is one. */
  begin(reason: WaitReason, now: number): void {
    if (reason === this.reason) return;
    this.end(now);
    this.reason = reason;
    this.since = now;
  }

  /** There is work again, or nobody waits for it any more. */
  end(now: number): void {
    if (this.reason === null) return;
    const lengths = this.past.get(this.reason) ?? [];
    this.past.set(this.reason, [...lengths, now - this.since].slice(-REMEMBERED));
    this.reason = null;
  }

  /** The reason, how long it has been so, and an estimate where one can be made. */
  sentence(now: number): string {
    const { reason } = this;
    if (reason === null) return "";
    const waited = Math.round(now - this.since);
    const parts = [WAIT_WORDS[reason]];
    const usual = this.estimate(reason);
    if (usual !== null) parts.push(estimateWords(usual, waited));
    else if (reason !== "finished" && waited >= 1)
      parts.push(`So far it has been ${roughly(waited)}; only the owner knows how long.`);
    return parts.join(" ");
  }

  /** Seconds that such a wait takes: what it took here before, else what a piece of work takes; null: nobody knows. */
  private estimate(reason: WaitReason): number | null {
    if (!FOR_OTHERS.has(reason)) return null;
    const lengths = [...(this.past.get(reason) ?? [])].sort((a, b) => a - b);
    return lengths[lengths.length >> 1] ?? this.usualSeconds;
  }
}

function estimateWords(usual: number, waited: number): string {
  const left = usual - waited;
  if (left >= 1) return `In about ${roughly(left)}.`;
  return waited > 2 * usual + 5
    ? `Usually it takes ${roughly(Math.max(1, usual))}; it has been ${roughly(waited)}.`
    : "In a moment.";
}
