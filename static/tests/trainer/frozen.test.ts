import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../src/trainer/backend.ts";
import type { LayerSpec } from "../../src/trainer/build.ts";
import { LEASE, setUp, useInstalledWasm } from "./fixtures.ts";

before(async () => {
  useInstalledWasm();
  await useBackend("cpu");
});

const LAYERS: LayerSpec[] = [
  { flatten: {} },
  { dense: { units: 5, trainable: false } },
  { batchNormalization: { trainable: false } },
  { dense: { units: 4 } },
  { batchNormalization: {} },
  { dense: { units: 3, activation: "softmax" } },
];

test("frozen layers stay as they are, moving statistics too, and the others train", async () => {
  const { trainer, examples, initial, model } = await setUp(LAYERS, { shape: [4, 4, 1], classes: 3, count: 32 });
  const { payload } = await trainer.train({ ...LEASE, wants: "weights" }, examples);
  let at = 0;
  const changed = model.weights.map(({ name, shape }) => {
    const size = shape.reduce((product, n) => product * n, 1);
    const [before, after] = [initial.subarray(at, at + size), payload.subarray(at, at + size)];
    at += size;
    return [name, before.some((value, i) => value !== after[i])] as const;
  });
  trainer.dispose();
  const names = (wanted: boolean) => changed.filter(([, moved]) => moved === wanted).map(([name]) => name);
  assert.deepEqual(names(false).sort(), [
    "batch_normalization_1/beta",
    "batch_normalization_1/gamma",
    "batch_normalization_1/moving_mean",
    "batch_normalization_1/moving_variance",
    "dense_1/bias",
    "dense_1/kernel",
  ]);
  assert.ok(names(true).includes("batch_normalization_2/moving_mean"));
});
