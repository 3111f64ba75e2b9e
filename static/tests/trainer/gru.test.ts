import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../src/trainer/backend.ts";
import { describe, loadModel, readWeights } from "../../src/trainer/build.ts";
import { Examples } from "../../src/trainer/examples.ts";
import { tf } from "../../src/trainer/tfjs.ts";
import { Trainer } from "../../src/trainer/trainer.ts";
import { classDataset, classShard, LEASE, TRAINING, useInstalledWasm } from "./fixtures.ts";

const UNITS = 2;
const STEPS = 3;
const topology = {
  class_name: "Sequential",
  config: {
    name: "net",
    layers: [
      {
        class_name: "GRU",
        config: {
          name: "gru",
          units: UNITS,
          reset_after: true,
          recurrent_activation: "sigmoid",
          bias_initializer: { class_name: "RandomNormal", config: { stddev: 0.5 } },
          batch_input_shape: [null, STEPS, 1],
        },
      },
      { class_name: "Dense", config: { name: "out", units: 3, activation: "softmax" } },
    ],
  },
};

before(async () => {
  useInstalledWasm();
  await useBackend("cpu");
});

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** The state after a sequence, in plain numbers. `kernel [1, 6]`, `recurrent [2, 6]`, `bias [2, 6]`, gates z, r, h. */
function plainGru(sequence: number[], kernel: number[], recurrent: number[], bias: number[]): number[] {
  let state = [0, 0];
  for (const x of sequence) {
    const input = kernel.map((weight, i) => x * weight + (bias[i] as number));
    const inner = kernel.map(
      (_, i) =>
        state.reduce((sum, h, row) => sum + h * (recurrent[6 * row + i] as number), 0) + (bias[6 + i] as number),
    );
    const at = (values: number[], gate: number, unit: number) => values[gate * UNITS + unit] as number;
    state = state.map((h, unit) => {
      const z = sigmoid(at(input, 0, unit) + at(inner, 0, unit));
      const r = sigmoid(at(input, 1, unit) + at(inner, 1, unit));
      return z * h + (1 - z) * Math.tanh(at(input, 2, unit) + r * at(inner, 2, unit));
    });
  }
  return state;
}

test("a GRU with reset_after is that of Keras", async () => {
  const model = await loadModel(topology, 5);
  const [kernel, recurrent, bias] = (await Promise.all(
    model.layers[0]?.getWeights().map(async (weight) => [...(await weight.data())]) ?? [],
  )) as [number[], number[], number[]];
  const layer = model.layers[0];
  const sequence = [0.5, -1, 2];
  const output = tf.tidy(() => layer?.apply(tf.tensor3d(sequence, [1, STEPS, 1])) as typeof tf.Tensor.prototype);
  const expected = plainGru(sequence, kernel, recurrent, bias);
  assert.deepEqual(bias.length, 2 * 3 * UNITS);
  [...(await output.data())].forEach((value, i) => {
    assert.ok(Math.abs(value - (expected[i] as number)) < 1e-6);
  });
  output.dispose();
  model.dispose();
});

test("it trains on wasm as on cpu", async () => {
  const results = [];
  for (const backend of ["cpu", "wasm"] as const) {
    await useBackend(backend);
    const model = await loadModel(topology, 5);
    const described = describe(model);
    const initial = await readWeights(model);
    model.dispose();
    const dataset = classDataset([STEPS, 1], 3, 12);
    const config = {
      name: "net",
      ...described,
      loss: "categoricalCrossentropy",
      metrics: ["accuracy"],
      optimizer: { sgd: { learningRate: 0.1 } },
    };
    const trainer = await Trainer.create(config, dataset, TRAINING);
    trainer.setWeights(initial);
    const examples = Examples.ofShards(dataset, [classShard(dataset, 12, 5)]);
    results.push((await trainer.train({ ...LEASE, batch_size: 6, wants: "delta" }, examples)).payload);
    trainer.dispose();
  }
  const [cpu, wasm] = results as [Float32Array, Float32Array];
  assert.ok(cpu.every((value) => value !== 0 && Number.isFinite(value)));
  assert.ok(cpu.every((value, i) => Math.abs(value - (wasm[i] as number)) < 1e-5));
});
