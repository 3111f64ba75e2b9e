/** A line of a chart that grows for days: thinned evenly, so that drawing it stays cheap. */

const MOST_POINTS = 4000;

export class Track {
  x: number[] = [];
  y: (number | null)[] = [];
  private stride = 1;
  private skipped = 0;

  add(x: number, y: number | null): void {
    if (this.skipped + 1 < this.stride) {
      this.skipped++;
      return;
    }
    this.skipped = 0;
    const last = this.x.length - 1;
    // The chart wants x to rise: two points of one moment are one, the later one.
    if (last >= 0 && x <= (this.x[last] as number)) {
      this.y[last] = y;
      return;
    }
    this.x.push(x);
    this.y.push(y);
    if (this.x.length >= MOST_POINTS) this.thin();
  }

  clear(): void {
    this.x = [];
    this.y = [];
    this.stride = 1;
    this.skipped = 0;
  }

  private thin(): void {
    const keep = (_: unknown, i: number) => i % 2 === 1;
    this.x = this.x.filter(keep);
    this.y = this.y.filter(keep);
    this.stride *= 2;
  }
}
