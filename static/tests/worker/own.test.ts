import assert from "node:assert/strict";
import { test } from "node:test";
import type { DatasetConfig } from "../../src/shared/protocol.ts";
import { countOf, ownShard, repeated } from "../../src/worker/own.ts";

const DATASET: DatasetConfig = {
  name: "digits",
  num_examples: 100,
  inputs: [{ shape: [2, 2], dtype: "uint8", scale: 1, shift: 0 }],
  targets: { kind: "class", dtype: "uint8", shape: [], num_classes: 2 },
  label_names: null,
  licence: "",
  source: "",
};

test("examples of one's own take the place of a lease's, as many as it has", () => {
  const shard = ownShard(
    { inputs: [new Float32Array(12)], targets: new Int32Array([0, 1, 0]), num_examples: 3 },
    DATASET,
  );
  assert.deepEqual(shard.inputs[0]?.shape, [3, 2, 2]);
  const parts = repeated(shard, 7);
  assert.deepEqual(
    parts.map(({ first, last }) => last - first),
    [3, 3, 1],
  );
  const bytes = new Uint8Array(0);
  assert.equal(
    countOf([
      { shard: "a", bytes, first: 3, last: 7 },
      { shard: "b", bytes, first: 0, last: 2 },
    ]),
    6,
  );
});

test("examples that do not fit the dataset are refused in a sentence", () => {
  const targets = new Int32Array([0]);
  const wrong = [
    { inputs: [new Float32Array(3)], targets, num_examples: 1 },
    { inputs: [], targets, num_examples: 1 },
    { inputs: [new Float32Array(0)], targets: new Int32Array(0), num_examples: 0 },
  ];
  for (const examples of wrong) assert.throws(() => ownShard(examples, DATASET), /[Ee]xamples/);
});
