/** Reads a shard: a frame that holds the inputs and targets of some examples, viewed without a copy. */
import { decodeFrame } from "../shared/frames.ts";
import type { ShardDtype } from "./config.ts";
import { TrainerError } from "./errors.ts";

export type ShardData = Uint8Array | Int8Array | Uint16Array | Int16Array | Int32Array | Float32Array;

/** One array of a shard; `shape` has the number of examples first, `data` is row-major. */
export interface ShardArray {
  dtype: ShardDtype;
  shape: number[];
  data: ShardData;
}

/** A fixed slice of a dataset. */
export interface Shard {
  num_examples: number;
  inputs: ShardArray[];
  targets: ShardArray;
}

const VIEWS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
} as const;

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function readArray(described: unknown, payload: Uint8Array, numExamples: number): ShardArray {
  if (!isMap(described)) throw new TrainerError("invalid_dataset", "A shard does not describe one of its arrays.");
  const { dtype, shape, offset } = described;
  if (typeof dtype !== "string" || !Object.hasOwn(VIEWS, dtype))
    throw new TrainerError("invalid_dataset", `A shard has an array of the unknown type ${String(dtype)}.`);
  if (!Array.isArray(shape) || !shape.every(isCount) || shape[0] !== numExamples)
    throw new TrainerError("invalid_dataset", `A shard of ${numExamples} examples has an array of shape [${shape}].`);
  const View = VIEWS[dtype as ShardDtype];
  const length = shape.reduce((product, size) => product * size, 1);
  if (!isCount(offset) || offset % 8 !== 0 || offset + length * View.BYTES_PER_ELEMENT > payload.byteLength)
    throw new TrainerError("invalid_dataset", "A shard ends before one of its arrays does.");
  return {
    dtype: dtype as ShardDtype,
    shape,
    data: new View(payload.buffer as ArrayBuffer, payload.byteOffset + offset, length),
  };
}

/** Reads a shard's frame. The arrays are views of `bytes` (of a copy where those are not aligned to 8 bytes). */
export function decodeShard(bytes: ArrayBuffer | Uint8Array): Shard {
  const aligned = bytes instanceof Uint8Array && bytes.byteOffset % 8 !== 0 ? bytes.slice() : bytes;
  const { header, payload } = decodeFrame(aligned);
  const { type, num_examples: numExamples, inputs, targets } = header;
  if (type !== "shard" || !isCount(numExamples) || !Array.isArray(inputs) || inputs.length === 0)
    throw new TrainerError("invalid_dataset", "These bytes are a frame, but not a shard.");
  return {
    num_examples: numExamples,
    inputs: inputs.map((input) => readArray(input, payload, numExamples)),
    targets: readArray(targets, payload, numExamples),
  };
}
