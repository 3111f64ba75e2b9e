/** Mini-batches out of parts of shards: gathered on the CPU in the stored numbers, scaled on the device. */
import type { DatasetConfig, InputConfig } from "./config.ts";
import { TrainerError } from "./errors.ts";
import type { Shard, ShardArray, ShardData } from "./shards.ts";
import { tf } from "./tfjs.ts";

export type { Shard, ShardArray } from "./shards.ts";
export { decodeShard } from "./shards.ts";

/** Examples `first <= i < last` of a shard. */
export interface Part {
  shard: Shard;
  first: number;
  last: number;
}

/** Tensors of one mini-batch; whoever asked for them disposes them. */
export interface Batch {
  num_examples: number;
  /** float32, scaled and shifted, `[n, ...shape]`. */
  inputs: tf.Tensor[];
  /** int32 class ids, or float32 values, `[n, ...shape]`. */
  targets: tf.Tensor;
}

/** Something done to an input's numbers before they are scaled. */
export type Change = (values: Float32Array, shape: readonly number[], input: number) => void;

function elementsOf(array: ShardArray): number {
  return array.shape.slice(1).reduce((product, size) => product * size, 1);
}

/** The examples of a lease (or of a validation split) in the order of their parts; holds views, copies nothing. */
export class Examples {
  readonly num_examples: number;
  readonly #dataset: DatasetConfig;
  readonly #parts: Part[];
  /** Where each part starts in the list of all examples, and where the last one ends. */
  readonly #starts: number[] = [0];

  /** @throws TrainerError `invalid_dataset` when a part does not fit its shard or a shard does not fit `dataset`. */
  constructor(dataset: DatasetConfig, parts: Part[]) {
    this.#dataset = dataset;
    this.#parts = parts;
    let total = 0;
    for (const part of parts) {
      checkPart(part, dataset);
      total += part.last - part.first;
      this.#starts.push(total);
    }
    this.num_examples = total;
  }

  /** All the examples of `shards`. */
  static ofShards(dataset: DatasetConfig, shards: Shard[]): Examples {
    return new Examples(
      dataset,
      shards.map((shard) => ({ shard, first: 0, last: shard.num_examples })),
    );
  }

  /** The first `count` examples, or all where there are fewer. */
  head(count: number): Examples {
    const parts: Part[] = [];
    let left = count;
    for (const part of this.#parts) {
      if (left <= 0) break;
      const last = Math.min(part.last, part.first + left);
      parts.push({ ...part, last });
      left -= last - part.first;
    }
    return new Examples(this.#dataset, parts);
  }

  /**
   * Tensors of the examples `order[first..last)`; without an order, of the examples `first..last`. `change` may change an
   * input's stored numbers in place: it is given those of the whole batch, the shape of one example, and the input's place.
   */
  batch(first: number, last: number, order?: Uint32Array, change?: Change): Batch {
    const indices = order
      ? order.subarray(first, last)
      : Uint32Array.from({ length: last - first }, (_, i) => first + i);
    const inputs = this.#dataset.inputs.map((config, i) => {
      const values = this.#gather(indices, (shard) => shard.inputs[i] as ShardArray, Float32Array);
      change?.(values, config.shape, i);
      return scaled(tf.tensor(values, [indices.length, ...config.shape], "float32"), config);
    });
    const isClass = this.#dataset.targets.kind === "class";
    const targetsOf = (shard: Shard) => shard.targets;
    const targets = isClass
      ? this.#gather(indices, targetsOf, Int32Array)
      : this.#gather(indices, targetsOf, Float32Array);
    return {
      num_examples: indices.length,
      inputs,
      targets: tf.tensor(targets, [indices.length, ...this.#dataset.targets.shape], isClass ? "int32" : "float32"),
    };
  }

  #gather<T extends Float32Array | Int32Array>(
    indices: Uint32Array,
    pick: (shard: Shard) => ShardArray,
    Out: new (size: number) => T,
  ): T {
    const arrays = this.#parts.map((part) => pick(part.shard));
    const size = arrays[0] ? elementsOf(arrays[0]) : 0;
    const out = new Out(indices.length * size);
    for (let row = 0; row < indices.length; row++) {
      const index = indices[row] as number;
      const at = this.#partOf(index);
      const part = this.#parts[at] as Part;
      const start = (part.first + index - (this.#starts[at] as number)) * size;
      const source = (arrays[at] as ShardArray).data;
      out.set(source.subarray(start, start + size) as ShardData, row * size);
    }
    return out;
  }

  /** The part that holds the example `index`, by bisection. */
  #partOf(index: number): number {
    let low = 0;
    let high = this.#parts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#starts[middle] as number) <= index) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** `x * scale + shift` in float32; takes the tensor over. */
function scaled(x: tf.Tensor, { scale, shift }: InputConfig): tf.Tensor {
  const isOne = scale === 1;
  const isZero = shift === 0;
  if (isOne && isZero) return x;
  return tf.tidy(() => {
    const product = isOne ? x : tf.mul(x, scale);
    const sum = isZero ? product : tf.add(product, shift);
    x.dispose();
    return sum;
  });
}

function checkPart({ shard, first, last }: Part, dataset: DatasetConfig): void {
  if (!(first >= 0 && first < last && last <= shard.num_examples))
    throw new TrainerError(
      "invalid_dataset",
      `A part asks for examples ${first} to ${last} of a shard that has ${shard.num_examples}.`,
    );
  if (shard.inputs.length !== dataset.inputs.length)
    throw new TrainerError(
      "invalid_dataset",
      `A shard has ${shard.inputs.length} inputs, its dataset ${dataset.inputs.length}.`,
    );
  dataset.inputs.forEach((input, i) => {
    checkShape(shard.inputs[i] as ShardArray, input.shape, `input ${i + 1}`);
  });
  checkShape(shard.targets, dataset.targets.shape, "the targets");
}

function checkShape(array: ShardArray, shape: number[], what: string): void {
  const own = array.shape.slice(1);
  if (own.length !== shape.length || own.some((size, i) => size !== shape[i]))
    throw new TrainerError("invalid_dataset", `A shard has ${what} of shape [${own}], its dataset says [${shape}].`);
}
