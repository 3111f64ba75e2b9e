/** How weights and updates travel: the encodings that the link asks for, and what they lost so far. */
import { decodeVector, differs, encodeVector } from "../shared/encoding.ts";
import type { Encoding, Wants } from "../shared/protocol.ts";

export type EncodingChoice = "auto" | Encoding;

/** How updates and weights should travel. `down` null: as goes with `up`. */
export interface Choice {
  up: EncodingChoice;
  down: EncodingChoice | null;
}

/** What comes down to those who send in an encoding that whole versions do not have. */
const PARTNERS: Partial<Record<EncodingChoice, Encoding>> = { int4: "grid", int2: "grid", topk: "grid" };

export interface Spoken {
  up: readonly Encoding[];
  down: readonly Encoding[];
}

/**
 * From the exact to the compact. Half precision loses more of an update than int8, which carries its difference; `topk` costs
 * accuracy in short runs, and is for those who ask for it.
 */
const UP: readonly Encoding[] = ["f32", "int8", "int4", "int2"];
const DOWN: readonly Encoding[] = ["f32", "f16", "int8", "grid"];
/** A number takes so many. Of a grid it depends on how far the weights have moved; this is usual for short leases. */
const BYTES: Readonly<Record<Encoding, number>> = {
  f32: 4,
  f16: 2,
  int8: 260 / 256,
  int4: 132 / 256,
  int2: 68 / 256,
  topk: 0.05,
  grid: 0.4,
};
/** A transfer that takes more than this part of the training time is made shorter; less than this, and it may be exact again. */
const TOO_LONG = 0.1;
const SHORT = 0.04;
/** Few enough bytes to ask for before anything is measured. */
const SMALL_BYTES = 4 << 20;
/** What is smaller arrives in about one round trip, and says nothing about the bandwidth. */
const TELLING_BYTES = 64 << 10;
/** Before an upload has told, it is taken to be so many times as slow as a download. */
const SLOWER_UP = 5;
const NEWEST_SHARE = 0.4;

export class Wire {
  private readonly spoken: Spoken;
  private readonly choice: Choice;
  private readonly numWeights: number;
  private bytesPerSecondDown: number | null = null;
  private bytesPerSecondUp: number | null = null;
  private trainSeconds: number | null = null;
  private currentUp: Encoding = "f32";
  private currentDown: Encoding;
  /** Bytes a number of versions on their grids. */
  private gridBytes: number | null = null;
  private residual: Float32Array | null = null;

  constructor(spoken: Spoken | undefined, choice: Choice, numWeights: number) {
    this.spoken = spoken ?? { up: ["f32", "f16"], down: ["f32", "f16"] };
    this.choice = choice;
    this.numWeights = numWeights;
    this.currentDown = numWeights * BYTES.f32 > SMALL_BYTES ? "f16" : "f32";
  }

  trained(seconds: number): void {
    this.trainSeconds = blend(this.trainSeconds, seconds);
  }

  downloaded(bytes: number, seconds: number): void {
    if (bytes < TELLING_BYTES) return;
    this.bytesPerSecondDown = blend(this.bytesPerSecondDown, bytes / Math.max(seconds, 1e-3));
  }

  uploaded(bytes: number, seconds: number): void {
    if (bytes < TELLING_BYTES) return;
    this.bytesPerSecondUp = blend(this.bytesPerSecondUp, bytes / Math.max(seconds, 1e-3));
  }

  /** A version on its grid took so many bytes: few by what changed, many where it came whole. */
  tookGrid(bytes: number): void {
    this.gridBytes = blend(this.gridBytes, bytes / Math.max(this.numWeights, 1));
  }

  /** How to ask for weights. */
  get down(): Encoding {
    const choice = this.choice.down ?? PARTNERS[this.choice.up] ?? this.choice.up;
    if (choice === "grid") return this.spoken.down.includes("grid") ? "grid" : this.known("int8", this.spoken.down);
    if (choice !== "auto") return this.known(choice, this.spoken.down);
    this.currentDown = this.ladder(DOWN, this.spoken.down, this.currentDown, this.bytesPerSecondDown);
    return this.currentDown;
  }

  /** Whether the server asks how weights should come that are not asked for; one that does not sends f32. */
  get mayBePushedAs(): boolean {
    return this.spoken.down.includes("grid");
  }

  /** How to send an update, where the lease proposes `proposed`; anything but f32 is the server's wish. */
  up(proposed: Encoding): Encoding {
    if (proposed !== "f32") return proposed;
    if (this.choice.up !== "auto") return this.known(this.choice.up, this.spoken.up);
    const down = this.bytesPerSecondDown;
    const bytesPerSecond = this.bytesPerSecondUp ?? (down === null ? null : down / SLOWER_UP);
    this.currentUp = this.ladder(UP, this.spoken.up, this.currentUp, bytesPerSecond);
    return this.currentUp;
  }

  /** Whether an update will be a difference, for which its base must be here as numbers. */
  sendsDifferences(proposed: Encoding): boolean {
    return differs(this.up(proposed));
  }

  /**
   * The payload of an update: `vector` as the lease `wants` it, trained from `base`; null where the base is not known,
   * and then the encoding is an exact one.
   */
  encode(
    vector: Float32Array,
    wants: Wants,
    base: Float32Array | null,
    proposed: Encoding,
  ): { encoding: Encoding; payload: ArrayBufferView } {
    const encoding = this.up(proposed);
    if (!differs(encoding)) return { encoding, payload: encodeVector(vector, encoding) };
    if (wants === "weights" && !base) return { encoding: "f32", payload: vector };
    const due = new Float32Array(vector.length);
    const { residual } = this;
    for (let i = 0; i < due.length; i++) {
      const difference =
        wants === "weights" ? (vector[i] as number) - ((base as Float32Array)[i] as number) : vector[i];
      due[i] = (difference as number) + (residual ? (residual[i] as number) : 0);
    }
    const payload = encodeVector(due, encoding) as Uint8Array;
    const arriving = decodeVector(payload, encoding, due.length);
    for (let i = 0; i < due.length; i++) due[i] = (due[i] as number) - (arriving[i] as number);
    this.residual = due;
    return { encoding, payload };
  }

  private known(wanted: Encoding, spoken: readonly Encoding[]): Encoding {
    return spoken.includes(wanted) ? wanted : "f32";
  }

  /** The most exact encoding whose transfer is short beside the training; the most compact where none is. */
  private ladder(
    all: readonly Encoding[],
    spoken: readonly Encoding[],
    current: Encoding,
    bytesPerSecond: number | null,
  ): Encoding {
    const known = all.filter((encoding) => spoken.includes(encoding));
    const { trainSeconds, numWeights } = this;
    if (bytesPerSecond === null || trainSeconds === null) return this.known(current, spoken);
    const bytesOf = (encoding: Encoding) => (encoding === "grid" && this.gridBytes) || BYTES[encoding];
    const share = (encoding: Encoding) => (numWeights * bytesOf(encoding)) / bytesPerSecond / trainSeconds;
    const bound = (encoding: Encoding) => (all.indexOf(encoding) < all.indexOf(current) ? SHORT : TOO_LONG);
    const fewest = [...known].sort((one, other) => bytesOf(one) - bytesOf(other))[0];
    return known.find((encoding) => share(encoding) <= bound(encoding)) ?? fewest ?? "f32";
  }
}

function blend(before: number | null, value: number): number {
  return before === null ? value : before + NEWEST_SHARE * (value - before);
}
