import assert from "node:assert/strict";
import { before, test } from "node:test";
import { encodeFrame } from "../../src/shared/frames.ts";
import { useBackend } from "../../src/trainer/backend.ts";
import { decodeShard, Examples, type Part } from "../../src/trainer/examples.ts";
import { tf } from "../../src/trainer/tfjs.ts";
import { classDataset } from "./fixtures.ts";

before(() => useBackend("cpu"));

/** Three examples of two bytes each, classes 2, 0, 1. */
function frame(changes: Record<string, unknown> = {}, targets: Record<string, unknown> = {}): Uint8Array {
  const payload = new Uint8Array(11);
  payload.set([1, 2, 3, 4, 5, 6], 0);
  payload.set([2, 0, 1], 8);
  const header = {
    type: "shard",
    num_examples: 3,
    inputs: [{ dtype: "uint8", shape: [3, 2], offset: 0 }],
    targets: { dtype: "uint8", shape: [3], offset: 8, ...targets },
    ...changes,
  };
  return encodeFrame(header, payload);
}

const DATASET = {
  ...classDataset([2], 3, 3),
  inputs: [{ shape: [2], dtype: "uint8", scale: 2, shift: -1 }],
};

test("a shard is viewed, not copied, and read at any offset", () => {
  const bytes = frame();
  const shard = decodeShard(bytes);
  assert.equal(shard.inputs[0]?.data.buffer, bytes.buffer);
  assert.deepEqual([...(shard.inputs[0]?.data ?? [])], [1, 2, 3, 4, 5, 6]);
  assert.deepEqual([...shard.targets.data], [2, 0, 1]);
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  assert.deepEqual([...decodeShard(shifted.subarray(3)).targets.data], [2, 0, 1]);
});

test("a shard that lies about itself is refused", () => {
  assert.throws(() => decodeShard(frame({ type: "update" })), /not a shard/);
  assert.throws(() => decodeShard(frame({ num_examples: 4 })), /array of shape/);
  assert.throws(() => decodeShard(frame({}, { dtype: "float64" })), /unknown type float64/);
  assert.throws(() => decodeShard(frame({}, { offset: 16 })), /ends before/);
  assert.throws(() => decodeShard(frame({}, { offset: 4 })), /ends before/);
  assert.throws(() => decodeShard(frame({}, { dtype: "toString" })), /unknown type/);
});

test("a batch is gathered in order from parts, scaled and shifted", () => {
  const shard = decodeShard(frame());
  const parts: Part[] = [
    { shard, first: 1, last: 3 },
    { shard, first: 0, last: 2 },
  ];
  const examples = new Examples(DATASET, parts);
  assert.equal(examples.num_examples, 4);
  const before = tf.memory().numTensors;
  const batch = examples.batch(1, 4, Uint32Array.from([3, 0, 2, 1]));
  assert.deepEqual([...(batch.inputs[0]?.dataSync() ?? [])], [5, 7, 1, 3, 9, 11]);
  assert.deepEqual([...batch.targets.dataSync()], [0, 2, 1]);
  assert.equal(batch.targets.dtype, "int32");
  tf.dispose([...batch.inputs, batch.targets]);
  assert.equal(tf.memory().numTensors, before);
});

test("the head of some examples are their first", () => {
  const shard = decodeShard(frame());
  const examples = Examples.ofShards(DATASET, [shard, shard]).head(4);
  assert.equal(examples.num_examples, 4);
  const batch = examples.batch(0, 4);
  assert.deepEqual([...batch.targets.dataSync()], [2, 0, 1, 2]);
  tf.dispose([...batch.inputs, batch.targets]);
});

test("each channel may have a scale of its own", () => {
  const dataset = { ...DATASET, inputs: [{ shape: [2], dtype: "uint8", scale: [1, 10], shift: [0.5, 0] }] };
  const batch = Examples.ofShards(dataset, [decodeShard(frame())]).batch(0, 2);
  assert.deepEqual([...(batch.inputs[0]?.dataSync() ?? [])], [1.5, 20, 3.5, 40]);
  tf.dispose([...batch.inputs, batch.targets]);
});

test("parts and shards that do not fit are refused", () => {
  const shard = decodeShard(frame());
  assert.throws(() => new Examples(DATASET, [{ shard, first: 0, last: 4 }]), /0 to 4 of a shard that has 3/);
  assert.throws(() => new Examples(DATASET, [{ shard, first: 2, last: 2 }]), /2 to 2/);
  assert.throws(() => Examples.ofShards(classDataset([3], 3, 3), [shard]), /input 1 of shape \[2\]/);
});
