/** Trains, evaluates and measures one model on the backend in use; the same code in browsers and in Node. */
import type { DatasetConfig, LeaseWork, ModelConfig, TrainingConfig } from './config.ts';
import type { Examples } from './examples.ts';

/** What a caller may see and say while a lease trains. */
export interface TrainHooks {
  /** After some steps, at most about every half second: steps done, and means over the lease so far. */
  onStep?(done: number, meanLoss: number | null, meanAccuracy: number | null): void;
  /** True ends the lease early; `LeaseResult.iterations` then says how far it came. Asked often. */
  shouldStop?(): boolean;
  /** The share of the device's time to use, 0 to 1; 0 waits. Asked often. */
  share?(): number;
}

/** What a lease came to. */
export interface LeaseResult {
  iterations: number;
  num_examples: number;
  /** Wall-clock time, what the share made it sleep included, what it waited at a share of 0 not. */
  seconds: number;
  /** Mean over the examples trained, regularisers included; null when not finite. */
  loss: number | null;
  /** Mean over the examples trained; null for regression. */
  accuracy: number | null;
  /** `num_weights` numbers: what the lease `wants`. */
  payload: Float32Array;
  /** False when the payload has a number that is not finite: training diverged. */
  finite: boolean;
  /** True when every iteration was done, false when `shouldStop` ended it. */
  complete: boolean;
  tensorsBefore: number;
  tensorsAfter: number;
}

/** What held-out data says of some weights. */
export interface Evaluation {
  /** Mean over the examples, without regularisers. */
  loss: number;
  accuracy: number | null;
  num_examples: number;
}

export class Trainer {
  private constructor() {}

  /** Builds the model on the backend in use. @throws TrainerError `invalid_model`. */
  static create(_model: ModelConfig, _dataset: DatasetConfig, _training: TrainingConfig): Promise<Trainer> {
    throw new Error('not yet');
  }

  /** Takes a flat vector of `num_weights` numbers (copied). */
  setWeights(_flat: Float32Array): void {}

  async getWeights(): Promise<Float32Array> {
    throw new Error('not yet');
  }

  /** Forgets what the optimiser remembers of earlier steps. */
  resetOptimizer(): void {}

  async train(_lease: LeaseWork, _examples: Examples, _hooks: TrainHooks = {}): Promise<LeaseResult> {
    throw new Error('not yet');
  }

  async evaluate(_examples: Examples, _batchSize?: number): Promise<Evaluation> {
    throw new Error('not yet');
  }

  /** The model's outputs for the examples, row-major, one after the other. */
  async predict(_examples: Examples, _batchSize?: number): Promise<Float32Array> {
    throw new Error('not yet');
  }

  /** Seconds an iteration takes here; leaves weights and optimiser as they were. */
  async measure(_examples: Examples, _batchSize: number, _steps: number, _maxSeconds?: number): Promise<number> {
    throw new Error('not yet');
  }

  dispose(): void {}
}
