/**
 * Whether to wait for the outcome of an update before the next lease. Waiting starts the next lease from weights that
 * hold one's own work; not waiting keeps the device busy where the exchange takes long beside the training.
 */

const NEWEST_SHARE = 0.4;
/** Weights are asked for so many times what their download takes before they are needed. */
const EARLY = 1.5;
/** Exchange over training above which to stop waiting, and below which to wait again. */
const START_OVERLAP = 0.1;
const END_OVERLAP = 0.07;
/** One who trains alone gains less from overlap: its next base would lack its own last lease. */
const START_OVERLAP_ALONE = 1;

export class Pacing {
  private trainSeconds: number | null = null;
  private outcomeSeconds: number | null = null;
  private downloads: number | null = null;
  private overlaps = false;
  private alone = false;

  trained(seconds: number): void {
    this.trainSeconds = blend(this.trainSeconds, seconds);
  }

  /** From the first byte sent to the outcome; `whole` says that the volunteer trained alone. */
  settled(seconds: number, whole: boolean): void {
    this.outcomeSeconds = blend(this.outcomeSeconds, seconds);
    this.alone = whole;
  }

  downloaded(seconds: number): void {
    this.downloads = blend(this.downloads, seconds);
  }

  /** How long a download of the weights takes, in seconds; 0 where that is not known. */
  get downloadSeconds(): number {
    return this.downloads ?? 0;
  }

  /** How long the exchange takes during which work is under way: from asking for its base, and until it has arrived. */
  get exchangeSeconds(): number {
    return this.prefetchSeconds + (this.outcomeSeconds ?? 0) / 2;
  }

  /** How long before they are needed weights should be asked for. */
  get prefetchSeconds(): number {
    return EARLY * this.downloadSeconds;
  }

  /** How long before it is needed a lease should be asked for: its answer takes no longer than a download. */
  get askSeconds(): number {
    return this.prefetchSeconds + this.downloadSeconds;
  }

  /** True where the next lease should start before the last one's outcome is known. */
  shouldOverlap(): boolean {
    if (this.trainSeconds === null || this.outcomeSeconds === null) return false;
    const exchange = this.outcomeSeconds + (this.alone ? 0 : this.downloadSeconds);
    const threshold = this.alone ? START_OVERLAP_ALONE : this.overlaps ? END_OVERLAP : START_OVERLAP;
    this.overlaps = exchange > threshold * this.trainSeconds;
    return this.overlaps;
  }
}

function blend(before: number | null, value: number): number {
  return before === null ? value : before + NEWEST_SHARE * (value - before);
}
