/** What the evaluator is asked and answers, as `webnn/evaluator/evaluator.py` puts it. */
import type { HeaderValue } from "../shared/frames.ts";
import type { DatasetConfig, OptimizerConfig, Topology, TrainingConfig } from "../trainer/config.ts";

/** The payload of `build`, as JSON. One of `layers` and `topology` is null. */
export interface BuildRequest {
  name: string;
  layers: Record<string, Record<string, unknown>>[] | null;
  topology: Topology | null;
  loss: string;
  metrics: string[];
  optimizer: OptimizerConfig;
  dataset: DatasetConfig;
  training: TrainingConfig;
  /** What the optimiser starts with, for the step of `check`. */
  learning_rate: number;
}

/** `header` without `type` and `id`. */
export interface Reply {
  header: Record<string, HeaderValue>;
  payload?: ArrayBufferView;
}

/** Takes a request's header and payload; throws what `webnn/evaluator` turns into an error with a code. */
export type Handler = (header: Record<string, unknown>, payload: Uint8Array) => Promise<Reply>;

/** The whole number `header[key]`; a mistake of our own parent is an ordinary error. */
export function countOf(header: Record<string, unknown>, key: string): number {
  const value = header[key];
  if (typeof value !== "number" || !Number.isSafeInteger(value) || value < 0) {
    throw new Error(`the request's ${key} is not a whole number: ${String(value)}`);
  }
  return value;
}
