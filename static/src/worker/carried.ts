/** One's own work that the server's weights may not hold yet, so that the next lease can go on from it. */

interface Delta {
  readonly lease: string;
  readonly values: Float32Array;
  /** The version that holds it; null while that is not known. */
  version: number | null;
}

export class Carried {
  private deltas: Delta[] = [];

  /** A lease's work is on its way. `values` must not change. */
  sent(lease: string, values: Float32Array): void {
    this.deltas.push({ lease, values, version: null });
  }

  /** It was merged into `version`, or (null) into none. */
  settled(lease: string, version: number | null): void {
    if (version === null) this.deltas = this.deltas.filter((delta) => delta.lease !== lease);
    for (const delta of this.deltas) if (delta.lease === lease) delta.version = version;
  }

  /** `weights` of `version`, and all own work that it lacks; forgets what it holds. Leaves `weights` alone. */
  onto(version: number, weights: Float32Array): Float32Array {
    this.deltas = this.deltas.filter((delta) => delta.version === null || delta.version > version);
    if (this.deltas.length === 0) return weights;
    const sum = weights.slice();
    for (const { values } of this.deltas) {
      for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] as number) + (values[i] as number);
    }
    return sum;
  }

  /** Nothing of it will be merged. */
  clear(): void {
    this.deltas = [];
  }
}
