import assert from "node:assert/strict";
import { test } from "node:test";
import { allFinite, confusionOf, sampleIndices, ValidationSet } from "../../src/node/validation.ts";
import type { DatasetConfig } from "../../src/trainer/config.ts";
import type { Shard } from "../../src/trainer/shards.ts";

const dataset: DatasetConfig = {
  name: "numbers",
  num_examples: 0,
  inputs: [{ shape: [1], dtype: "uint8", scale: 1, shift: 0 }],
  targets: { kind: "class", dtype: "uint8", shape: [], num_classes: 2 },
  label_names: null,
  licence: "",
  source: "",
};

function shard(first: number, count: number): Shard {
  const data = Uint8Array.from({ length: count }, (_, i) => first + i);
  return {
    num_examples: count,
    inputs: [{ dtype: "uint8", shape: [count, 1], data }],
    targets: { dtype: "uint8", shape: [count], data },
  };
}

test("a sample has no repeats, is decided by its seed, and reaches every example", () => {
  const seen = new Set<number>();
  for (let seed = 0; seed < 60; seed++) {
    const sample = sampleIndices(50, 7, seed);
    assert.equal(new Set(sample).size, 7);
    assert.deepEqual(sample, sampleIndices(50, 7, seed));
    for (const index of sample) seen.add(index);
  }
  assert.equal(seen.size, 50);
});

test("a validation set samples across its shards, another sample for each version", () => {
  const held = new ValidationSet(dataset, [shard(0, 20), shard(20, 20)]);
  assert.equal(held.num_examples, 40);
  assert.equal(held.sample(10, 1, 1).num_examples, 10);
  assert.equal(held.sample(99, 1, 1).num_examples, 40);
  assert.deepEqual(
    held.targets(),
    Array.from({ length: 40 }, (_, i) => i),
  );
});

test("a confusion matrix counts true classes by row and predicted ones by column", () => {
  const outputs = Float32Array.of(0.9, 0.1, 0.2, 0.8, 0.7, 0.3);
  assert.deepEqual([...confusionOf([0, 1, 1], outputs, 2)], [1, 0, 1, 1]);
});

test("one number that is not finite is found among many", () => {
  const values = new Float32Array(1000).fill(3e38);
  assert.ok(allFinite(values));
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.ok(!allFinite(values.with(777, bad)));
  }
});
