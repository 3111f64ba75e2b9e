/** When to try again after the `failures`-th failure in a row (from 0), in seconds: doubling, capped, with jitter. */
export function backoffSeconds(failures: number, random: () => number, limits = { first: 0.5, most: 30 }): number {
  const ceiling = Math.min(limits.most, limits.first * 2 ** Math.min(failures, 16));
  return ceiling * (0.5 + random() / 2);
}
