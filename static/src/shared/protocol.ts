/** The messages of `webnn.v1`, as docs/protocol.md lists them. Every field has its wire name. */
import { ProtocolError } from "./frames.ts";

export const PROTOCOL = 1;
export const SUBPROTOCOL = "webnn.v1";

export type Encoding = "f32" | "f16" | "int8" | "int4" | "int2" | "topk" | "grid";
export type Wants = "weights" | "delta" | "gradient";
export type RunState = "created" | "queued" | "running" | "paused" | "stopped" | "finished" | "failed";
export type WaitReason = "paused" | "no_examples" | "too_many_leases" | "round" | "not_started" | "finished";
export type OutcomeName = "merged" | "stale" | "invalid" | "expired" | "abandoned" | "not_needed" | "rolled_back";
export type VolunteerState = "training" | "paused" | "hidden";

/** [seconds, version, iterations, loss, accuracy, num_examples, whole] */
export type ValidationPoint = [number, number, number, number, number | null, number, boolean];
/** [seconds, iterations, loss, accuracy, staleness] */
export type TrainingPoint = [number, number, number, number | null, number];

export interface Device {
  kind: "browser" | "worker";
  name: string;
}

export interface RunName {
  id: string;
  name: string;
  description: string;
}

/** One weight of the flat vector. `name` is the layer's weight name, such as `conv2d_1/kernel`. */
export interface WeightSpec {
  name: string;
  shape: number[];
  trainable: boolean;
}

/** One optimiser by name with its options, such as `{"sgd": {"learningRate": 0.2}}`. */
export type OptimizerConfig = Record<string, Record<string, unknown>>;

/** A layers model as JSON: TF.js layers-model topology, with or without the `model_config` wrapper. */
export type Topology = Record<string, unknown>;

/** The protocol's `model`. */
export interface ModelConfig {
  name: string;
  topology: Topology;
  /** In the order of the flat vector: the trainable ones first. */
  weights: WeightSpec[];
  num_weights: number;
  num_trainable: number;
  loss: string;
  metrics: string[];
  optimizer: OptimizerConfig;
}

/** One input of the dataset; `shape` is that of one example. The model sees `x * scale + shift`. */
export interface InputSpec {
  shape: number[];
  dtype: string;
  /** One number, or one for each element of the last axis. */
  scale: number | number[];
  shift: number | number[];
  /** What the server did to it before: such as `resize`, `zcaWhitening`. */
  prepared?: string[];
}

/** The targets of the dataset; `shape` is that of one example. */
export interface TargetSpec {
  kind: "class" | "values";
  dtype: string;
  shape: number[];
  num_classes: number | null;
}

/** The protocol's `dataset`. */
export interface DatasetConfig {
  name: string;
  num_examples: number;
  inputs: InputSpec[];
  targets: TargetSpec;
  label_names: string[] | null;
  licence: string;
  source: string;
}

/** Gradients scaled to a global norm, or each number cut to [-value, value]. */
export type ClipConfig = { norm: number } | { value: number };

/** Something that a volunteer does to each example at each step; `input` is the place of the input that it is for. */
export type AugmentationStep =
  | { flip: { horizontal: boolean; vertical: boolean; input: number } }
  | { crop: { padding: number; fill: number; input: number } }
  | { rotate: { degrees: number; fill: number; input: number } };

/** The protocol's `training`. */
export interface TrainingConfig {
  batch_size: number;
  lease_seconds: number;
  seed: number;
  clip: ClipConfig | null;
  /** In this order; none where it is absent. */
  augmentation?: AugmentationStep[];
}

/** A version of the run's weights. */
export interface Version {
  version: number;
  hash: string;
  iterations: number;
}

export interface Limits {
  max_frame_bytes: number;
  progress_seconds: number;
  silence_seconds: number;
  /** Updates of at least so many bytes are posted. */
  post_bytes?: number;
}

/** A run as people see it. */
export interface RunStatus {
  id: string;
  name: string;
  dataset: string;
  state: RunState;
  reason: string | null;
  version: number;
  iterations: number;
  epochs: number;
  examples: number;
  merges: number;
  volunteers: number;
  volunteers_total: number;
  examples_per_second: number;
  staleness: number;
  outcomes: Partial<Record<OutcomeName, number>>;
  loss: number | null;
  accuracy: number | null;
  best_accuracy: number | null;
  learning_rate: number;
  bytes_in: number;
  bytes_out: number;
  seconds: number;
  seconds_left: number | null;
  progress: number;
  merge: string;
  /** How often the owner changed settings. */
  changes: number;
  num_weights: number;
}

export interface HelloMessage {
  type: "hello";
  protocol: number;
  build: string | null;
  role: "volunteer" | "watcher";
  volunteer_id: string | null;
  secret: string | null;
  device: Device;
  encodings: { up: Encoding[]; down: Encoding[] };
  /** Came for this run and no other; where false, the volunteer goes wherever help is needed. True where left out. */
  bound?: boolean;
  /** What some runs ask for; left out where there is none. */
  code?: string;
  /** Messages may leave out what the last ones said. */
  brief?: boolean;
}

export interface ReadyMessage {
  type: "ready";
  backend: string;
  seconds_per_iteration: number | null;
  version: number | null;
  /** How weights should come that are not asked for; f32 where it is absent. */
  down?: Encoding;
  /** Whether they should come where they are not few bytes, too; false where it is absent. */
  push?: boolean;
}

export interface ProgressMessage {
  type: "progress";
  lease_id: string;
  iterations: number;
  loss: number | null;
  accuracy: number | null;
}

export interface UpdateMessage {
  type: "update";
  lease_id: string;
  base_version: number;
  iterations: number;
  num_examples: number;
  seconds: number;
  encoding: Encoding;
  loss: number | null;
  accuracy: number | null;
  /** We rest after it with no work under way, before we take new weights; absent: we do not. */
  rests?: boolean;
}

export interface AbandonMessage {
  type: "abandon";
  lease_id: string;
  reason: string;
}

export interface StatusMessage {
  type: "status";
  state: VolunteerState;
}

export interface LeavingMessage {
  type: "goodbye";
  reason: string;
}

export type ClientMessage =
  | HelloMessage
  | ReadyMessage
  | ProgressMessage
  | UpdateMessage
  | AbandonMessage
  | StatusMessage
  | LeavingMessage;

export interface WelcomeMessage {
  type: "welcome";
  volunteer_id: string;
  secret: string | null;
  build: string | null;
  run: RunName;
  model: ModelConfig;
  dataset: DatasetConfig;
  training: TrainingConfig;
  weights: Version;
  limits: Limits;
  /** What the server takes and gives. */
  encodings?: { up: Encoding[]; down: Encoding[] };
  state: RunState;
}

export interface LeaseMessage {
  type: "lease";
  lease_id: string;
  version: number;
  hash: string;
  /** [sha256, first, last]: examples first <= i < last of that shard. */
  parts: [string, number, number][];
  num_examples: number;
  iterations: number;
  batch_size: number;
  seed: number;
  learning_rate: number;
  optimizer: "model" | "sgd";
  wants: Wants;
  /** Start from one's own work too that the base version lacks. */
  carry: boolean;
  /** The part of its own last weights that the volunteer starts with; null: none of them. */
  keep: number | null;
  /** A shard that a later lease will need. */
  soon: string | null;
  encoding: Encoding;
  seconds: number;
}

export interface WaitMessage {
  type: "wait";
  reason: WaitReason;
  message: string;
  seconds: number;
}

export interface OutcomeMessage {
  type: "outcome";
  lease_id: string;
  outcome: OutcomeName;
  version: number;
  hash: string;
  iterations: number;
  whole: boolean;
  detail: string | null;
  /** That of the weights that come with it; f32 where it is absent. */
  encoding?: Encoding;
}

export interface VersionMessage extends Version {
  type: "version";
}

export interface LiveMessage {
  type: "live";
  status: RunStatus;
  validation: ValidationPoint[];
  training: TrainingPoint[];
}

export interface SnapshotMessage {
  type: "snapshot";
  run: RunName;
  status: RunStatus;
  history: { validation: ValidationPoint[]; training: TrainingPoint[] };
}

export interface StateMessage {
  type: "state";
  state: RunState;
  reason: string | null;
}

export interface GoodbyeMessage {
  type: "goodbye";
  code: string;
  message: string;
  /** When to come back; null: never. */
  reconnect_seconds: number | null;
  /** The run to come back to instead of this one. */
  run?: string | null;
}

export type ServerMessage =
  | WelcomeMessage
  | LeaseMessage
  | WaitMessage
  | OutcomeMessage
  | VersionMessage
  | LiveMessage
  | SnapshotMessage
  | StateMessage
  | GoodbyeMessage;

/** WebSocket close codes and the `code` that each stands for. */
export const CLOSE_CODES: Readonly<Record<number, string>> = {
  1000: "finished",
  1001: "going_away",
  4001: "replaced",
  4002: "moved",
  4003: "queued",
  4005: "bound",
  4006: "code_needed",
  4400: "protocol_error",
  4401: "bad_secret",
  4404: "no_such_run",
  4408: "silence",
  4409: "build_changed",
  4413: "too_large",
  4429: "too_many",
};

type Kind = "string" | "number" | "boolean" | "map" | "list" | "string?" | "number?";

const SERVER_KEYS: Readonly<Record<ServerMessage["type"], Readonly<Record<string, Kind>>>> = {
  welcome: {
    volunteer_id: "string",
    secret: "string?",
    build: "string?",
    run: "map",
    model: "map",
    dataset: "map",
    training: "map",
    weights: "map",
    limits: "map",
    state: "string",
  },
  lease: {
    lease_id: "string",
    version: "number",
    hash: "string",
    parts: "list",
    num_examples: "number",
    iterations: "number",
    batch_size: "number",
    seed: "number",
    learning_rate: "number",
    optimizer: "string",
    wants: "string",
    carry: "boolean",
    keep: "number?",
    soon: "string?",
    encoding: "string",
    seconds: "number",
  },
  wait: { reason: "string", message: "string", seconds: "number" },
  outcome: {
    lease_id: "string",
    outcome: "string",
    version: "number",
    hash: "string",
    iterations: "number",
    whole: "boolean",
    detail: "string?",
  },
  version: { version: "number", hash: "string", iterations: "number" },
  live: { status: "map", validation: "list", training: "list" },
  snapshot: { run: "map", status: "map", history: "map" },
  state: { state: "string", reason: "string?" },
  goodbye: { code: "string", message: "string", reconnect_seconds: "number?" },
};

/**
 * A header from the server as a message. Its keys are checked, the insides of its maps are the server's word; keys that
 * a newer server adds are let through. Throws `ProtocolError`.
 */
export function parseServerMessage(header: Record<string, unknown>): ServerMessage {
  const type = String(header.type);
  if (!Object.hasOwn(SERVER_KEYS, type)) throw new ProtocolError(`unknown message type ${type.slice(0, 40)}`);
  for (const [key, kind] of Object.entries(SERVER_KEYS[type as ServerMessage["type"]])) {
    if (!hasKind(header[key], kind)) throw new ProtocolError(`${type}.${key} is not a ${kind.replace("?", " or nil")}`);
  }
  return header as unknown as ServerMessage;
}

function hasKind(value: unknown, kind: Kind): boolean {
  switch (kind) {
    case "string?":
      return value === null || typeof value === "string";
    case "number?":
      return value === null || typeof value === "number";
    case "list":
      return Array.isArray(value);
    case "map":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    default:
      return typeof value === kind;
  }
}
