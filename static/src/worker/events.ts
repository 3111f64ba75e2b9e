/** What a session tells its host, and what it needs of a trainer. */
import type {
  DatasetConfig,
  ModelConfig,
  OutcomeName,
  RunName,
  RunState,
  RunStatus,
  TrainingConfig,
  TrainingPoint,
  ValidationPoint,
  WaitReason,
  Wants,
} from "../shared/protocol.ts";

/** Proves to a server that this is the volunteer that it knows. */
export interface Identity {
  volunteer_id: string;
  secret: string;
}

export type Activity = "connecting" | "preparing" | "training" | "exchanging" | "waiting" | "paused" | "stopped";

/** New things only, never the history. */
export type SessionEvent =
  /** The socket; `seconds` until the next attempt where it is `lost`. */
  | { type: "connection"; state: "connecting" | "open" | "lost"; seconds: number | null }
  /** To be kept for the next session with this server; null: forget the one that was given. */
  | { type: "identity"; identity: Identity | null }
  | { type: "welcome"; run: RunName; dataset: DatasetConfig; model_name: string; num_weights: number; state: RunState }
  /** A backend was chosen; `reason` in words. */
  | { type: "backend"; name: string; reason: string; seconds_per_iteration: number | null }
  | { type: "activity"; activity: Activity }
  | {
      type: "lease";
      lease_id: string;
      base_version: number;
      iterations: number;
      num_examples: number;
      learning_rate: number;
    }
  | { type: "step"; lease_id: string; done: number; iterations: number; loss: number | null; accuracy: number | null }
  /** A lease was trained; the tensor counts of the backend before and after it must be equal. */
  | {
      type: "trained";
      lease_id: string;
      iterations: number;
      num_examples: number;
      seconds: number;
      loss: number | null;
      accuracy: number | null;
      tensors_before: number;
      tensors_after: number;
    }
  /** How a lease ended; `iterations` and `num_examples` are those of the lease. */
  | {
      type: "outcome";
      lease_id: string;
      outcome: OutcomeName;
      detail: string | null;
      iterations: number;
      num_examples: number;
    }
  /** Totals of this session, in bytes. */
  | { type: "traffic"; bytes_in: number; bytes_out: number }
  | { type: "waiting"; reason: WaitReason; message: string; seconds: number }
  | { type: "live"; status: RunStatus; validation: ValidationPoint[]; training: TrainingPoint[]; whole: boolean }
  | { type: "state"; state: RunState; reason: string | null }
  /** The session goes on in another run, which needs help more. */
  | { type: "moved"; run: string }
  /** Something went wrong; the session goes on unless `closed` follows. */
  | { type: "error"; code: string; message: string }
  /** The server has another build: the host should load its page again. */
  | { type: "reload" }
  /** The session is over: `finished`, `stopped`, `replaced`, `no_such_run`, or the code of an error. */
  | { type: "closed"; code: string; message: string };

/** A slice of a shard: examples `first` <= i < `last` of the frame in `bytes`. */
export interface ShardPart {
  shard: string;
  bytes: Uint8Array;
  first: number;
  last: number;
}

export interface LeaseWork {
  lease_id: string;
  iterations: number;
  batch_size: number;
  seed: number;
  learning_rate: number;
  optimizer: "model" | "sgd";
  wants: Wants;
}

export interface TrainHooks {
  /** After a step: steps done, and the means over the lease so far. */
  onStep(done: number, loss: number | null, accuracy: number | null): void;
  /** Asked between steps; true ends the lease early and `train` then resolves to null. */
  shouldStop(): boolean;
  /** The part of the time, 0 < share <= 1, in which to train. */
  share(): number;
}

export interface TrainedLease {
  iterations: number;
  num_examples: number;
  /** Wall-clock time of the training, with the idle time that `share` asks for. */
  seconds: number;
  /** Seconds of work at its end whose idle time is still to come. */
  worked: number;
  loss: number | null;
  accuracy: number | null;
  /** One flat vector in the lease's `wants`. */
  payload: Float32Array;
  tensors_before: number;
  tensors_after: number;
}

/** A trainer of one run's model on one backend. */
export interface LeaseTrainer {
  readonly backend: string;
  /** Why this backend, in words. */
  readonly reason: string;
  readonly secondsPerIteration: number | null;
  setWeights(weights: Float32Array): void;
  /** Trains from the weights that are set, and leaves the trained ones in place. */
  train(work: LeaseWork, parts: readonly ShardPart[], hooks: TrainHooks): Promise<TrainedLease | null>;
  dispose(): void;
}

export interface TrainerJob {
  model: ModelConfig;
  dataset: DatasetConfig;
  training: TrainingConfig;
  /** How often each backend failed in this session, so that another one may be tried. */
  failures: Readonly<Record<string, number>>;
}

/**
 * Chooses a backend and builds the model on it. An error whose `code` is `invalid_model`, `invalid_dataset` or
 * `no_backend` ends the session; any other is counted in `failures` and tried again.
 */
export type TrainerFactory = (job: TrainerJob) => Promise<LeaseTrainer>;
