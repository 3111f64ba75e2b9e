/** What a model's outputs say, for people. */

export interface Guess {
  label: string;
  /** 0 to 1 for classes; null where the output is a value. */
  confidence: number | null;
}

/** The classes in the order of their outputs, the likeliest first; for values the values themselves. */
export function guesses(
  outputs: ArrayLike<number>,
  numClasses: number | null,
  labels: readonly string[] | null,
): Guess[] {
  if (numClasses === null) {
    const values = Array.from(outputs).slice(0, 4);
    return [{ label: values.map((value) => String(Number(value.toPrecision(4)))).join(", "), confidence: null }];
  }
  const first = outputs[0] ?? 0;
  const scores = outputs.length === 1 && numClasses === 2 ? [1 - first, first] : chances(Array.from(outputs));
  return scores
    .map((score, place) => ({ label: labels?.[place] ?? String(place), confidence: score }))
    .sort((a, b) => b.confidence - a.confidence);
}

/** Outputs that are no chances (a model that ends without softmax) become some. */
function chances(outputs: number[]): number[] {
  const sum = outputs.reduce((total, value) => total + value, 0);
  if (outputs.every((value) => value >= 0 && value <= 1) && Math.abs(sum - 1) < 0.01) return outputs;
  const most = Math.max(...outputs);
  const powers = outputs.map((value) => Math.exp(value - most));
  const total = powers.reduce((all, value) => all + value, 0);
  return powers.map((value) => value / total);
}
