/** One's own work on everyone's curve. */
import type { Track } from "./track.ts";

/** Fills `marks` with a point at each of `seconds` that the curve has reached, at its height there. */
export function marksOn(marks: Track, seconds: readonly number[], curve: Track): void {
  marks.clear();
  for (const at of [...seconds].sort((a, b) => a - b)) {
    const height = heightAt(curve, at);
    if (height !== null) marks.add(at, height);
  }
}

function heightAt({ x, y }: Track, at: number): number | null {
  const after = x.findIndex((value) => value >= at);
  if (after < 0) return null;
  const [x1, y1] = [x[after] ?? 0, y[after] ?? null];
  const [x0, y0] = after > 0 ? [x[after - 1] ?? 0, y[after - 1] ?? null] : [x1, y1];
  if (y0 === null || y1 === null) return y1;
  return x1 > x0 ? y0 + ((y1 - y0) * (at - x0)) / (x1 - x0) : y1;
}
