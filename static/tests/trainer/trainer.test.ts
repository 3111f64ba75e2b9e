import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../src/trainer/backend.ts";
import type { LayerSpec } from "../../src/trainer/build.ts";
import type { DatasetConfig } from "../../src/trainer/config.ts";
import { Examples, type Shard } from "../../src/trainer/examples.ts";
import { tf } from "../../src/trainer/tfjs.ts";
import { Trainer } from "../../src/trainer/trainer.ts";
import { classShard, LEASE, MLP, setUp, TRAINING, useInstalledWasm } from "./fixtures.ts";

before(async () => {
  useInstalledWasm();
  await useBackend("cpu");
  await useBackend("wasm");
});

const DROPOUT: LayerSpec[] = [
  { dense: { units: 12, activation: "relu" } },
  { dropout: { rate: 0.5 } },
  { dense: { units: 4, activation: "softmax" } },
];

test("a small model learns an easy problem", async () => {
  const { trainer, examples } = await setUp(MLP);
  const first = await trainer.evaluate(examples);
  for (let seed = 0; seed < 15; seed++) await trainer.train({ ...LEASE, seed, learning_rate: 0.5 }, examples);
  const last = await trainer.evaluate(examples);
  assert.ok(last.loss < first.loss / 4, `${last.loss} of ${first.loss}`);
  assert.ok((last.accuracy ?? 0) > 0.97, `${last.accuracy}`);
  assert.equal(last.num_examples, 128);
  trainer.dispose();
});

test("a lease says what it did and leaves as many tensors as it found", async () => {
  const { trainer, examples } = await setUp(DROPOUT, { optimizer: { adam: {} }, count: 50 });
  const steps: number[] = [];
  const result = await trainer.train({ ...LEASE, learning_rate: 0.01 }, examples, {
    onStep: (done) => steps.push(done),
  });
  assert.equal(result.iterations, 4);
  assert.equal(result.num_examples, 50);
  assert.equal(result.complete, true);
  assert.equal(result.finite, true);
  assert.equal(steps.at(-1), 4);
  assert.ok(result.seconds > 0);
  assert.ok((result.loss ?? 0) > 0);
  assert.ok((result.accuracy ?? -1) >= 0);
  assert.equal(result.tensorsAfter, result.tensorsBefore);
  trainer.dispose();
});

test("disposing of a trainer frees every tensor", async () => {
  const { trainer: warm } = await setUp(MLP);
  warm.dispose();
  const before = tf.memory().numTensors;
  const { trainer, examples } = await setUp(DROPOUT, { optimizer: { rmsprop: {} } });
  await trainer.train(LEASE, examples);
  await trainer.evaluate(examples);
  await trainer.predict(examples);
  await trainer.measure(examples, 16, 2);
  trainer.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test("the same seed gives the same initial weights, others give others", async () => {
  const { initial, trainer } = await setUp(MLP);
  const { initial: again, trainer: second } = await setUp(MLP);
  assert.deepEqual(again, initial);
  await useBackend("cpu");
  const { initial: onCpu, trainer: third } = await setUp(MLP);
  assert.deepEqual(onCpu, initial);
  third.dispose();
  await useBackend("wasm");
  assert.equal(new Set(initial.slice(0, 16 * 12)).size > 180, true);
  for (const one of [trainer, second]) one.dispose();
});

test("a lease repeated gives the same weights, another seed others", async () => {
  const { trainer, examples, initial } = await setUp(DROPOUT);
  const run = async (seed: number) => {
    trainer.setWeights(initial);
    return (await trainer.train({ ...LEASE, seed }, examples)).payload;
  };
  const first = await run(3);
  assert.deepEqual(await run(3), first);
  assert.notDeepEqual(await run(4), first);
  trainer.dispose();
});

test("an augmented lease repeated gives the same weights, another seed others, and none is evaluated so", async () => {
  const flips = { flip: { horizontal: true, vertical: true, input: 0 } };
  const layers: LayerSpec[] = [{ flatten: {} }, ...MLP];
  const [shape, augmentation] = [[4, 4, 1], [flips]];
  const { trainer, examples, initial } = await setUp(layers, { shape, training: { augmentation } });
  const { trainer: plain } = await setUp(layers, { shape });
  const run = async (seed: number, one = trainer) => {
    one.setWeights(initial);
    return (await one.train({ ...LEASE, seed }, examples)).payload;
  };
  const first = await run(3);
  assert.deepEqual(await run(3), first);
  assert.notDeepEqual(await run(4), first);
  assert.notDeepEqual(await run(3, plain), first);
  for (const one of [trainer, plain]) one.setWeights(initial);
  assert.deepEqual(await trainer.evaluate(examples), await plain.evaluate(examples));
  for (const one of [trainer, plain]) one.dispose();
});

test("dropout masks are the same on every backend and differ from step to step", async () => {
  const masks = async (backend: "cpu" | "wasm") => {
    await useBackend(backend);
    const { trainer, examples, initial } = await setUp(DROPOUT, { count: 32 });
    assert.match(JSON.stringify(trainer.model.toJSON(null, false)), /"class_name":"Dropout"/);
    const first = await trainer.train({ ...LEASE, wants: "delta" }, examples);
    trainer.setWeights(initial);
    // One step over the same examples in the place of two: the second step's masks are missed.
    const second = await trainer.train({ ...LEASE, batch_size: 32, wants: "delta" }, examples);
    trainer.dispose();
    return [first.payload, second.payload] as const;
  };
  const [onWasm, onCpu] = [await masks("wasm"), await masks("cpu")];
  await useBackend("wasm");
  onWasm.forEach((values, i) => {
    values.forEach((value, at) => {
      assert.ok(Math.abs(value - (onCpu[i]?.[at] as number)) < 1e-5);
    });
  });
  assert.notDeepEqual(onWasm[0], onWasm[1]);
});

test("delta and gradient are what the protocol says, the tail always a delta", async () => {
  const layers: LayerSpec[] = [{ dense: { units: 5 } }, { batchNormalization: {} }, ...MLP.slice(1)];
  const { trainer, examples, initial, model } = await setUp(layers);
  assert.equal(model.num_weights - model.num_trainable, 10);
  const payload = async (wants: "weights" | "delta" | "gradient") => {
    trainer.setWeights(initial);
    return (await trainer.train({ ...LEASE, wants, optimizer: "sgd" }, examples)).payload;
  };
  const [weights, delta, gradient] = [await payload("weights"), await payload("delta"), await payload("gradient")];
  initial.forEach((start, i) => {
    const moved = (weights[i] as number) - start;
    assert.ok(Math.abs((delta[i] as number) - moved) < 1e-6);
    const expected = i < model.num_trainable ? moved / -LEASE.learning_rate : moved;
    assert.ok(Math.abs((gradient[i] as number) - expected) < 1e-5);
  });
  assert.ok(delta.slice(model.num_trainable).some((value) => value !== 0));
  trainer.dispose();
});

test("plain SGD is forced where the lease says so, with the lease's rate", async () => {
  const plain = await setUp(MLP);
  const other = await setUp(MLP, { optimizer: { adam: { learningRate: 9 } } });
  const expected = await plain.trainer.train({ ...LEASE, learning_rate: 0.3 }, plain.examples);
  const actual = await other.trainer.train({ ...LEASE, learning_rate: 0.3, optimizer: "sgd" }, other.examples);
  assert.deepEqual(actual.payload, expected.payload);
  for (const { trainer } of [plain, other]) trainer.dispose();
});

test("the optimiser remembers from lease to lease until it is reset", async () => {
  const { trainer, examples, initial } = await setUp(MLP, { optimizer: { momentum: {} } });
  const lease = async () => {
    trainer.setWeights(initial);
    return (await trainer.train(LEASE, examples)).payload;
  };
  const first = await lease();
  assert.notDeepEqual(await lease(), first);
  trainer.resetOptimizer();
  assert.deepEqual(await lease(), first);
  trainer.dispose();
});

test("a clipped gradient is no longer than its norm, nor its numbers larger than the value", async () => {
  const one = { ...LEASE, batch_size: 128, wants: "gradient" as const };
  const gradient = async (clip: { norm: number } | { value: number } | null) => {
    const { trainer, examples } = await setUp(MLP, { training: { clip } });
    const { payload } = await trainer.train(one, examples);
    trainer.dispose();
    return payload;
  };
  const free = await gradient(null);
  const length = (vector: Float32Array) => Math.hypot(...vector);
  const norm = length(free) / 2;
  const clipped = await gradient({ norm });
  assert.ok(Math.abs(length(clipped) - norm) < 1e-3 * norm);
  clipped.forEach((value, i) => {
    assert.ok(Math.abs(value - (free[i] as number) / 2) < 1e-4);
  });
  assert.ok((await gradient({ value: 0.01 })).every((value) => Math.abs(value) <= 0.0101));
  const large = await gradient({ norm: 1e6 });
  large.forEach((value, i) => {
    assert.ok(Math.abs(value - (free[i] as number)) < 1e-4);
  });
});

test("shouldStop ends a lease early, a share of 0 waits", async () => {
  const { trainer, examples } = await setUp(MLP, { count: 512 });
  const stopped = await trainer.train(LEASE, examples, { shouldStop: () => true });
  assert.deepEqual([stopped.iterations, stopped.complete], [0, false]);
  assert.equal(stopped.tensorsAfter, stopped.tensorsBefore);
  let asked = 0;
  const waited = await trainer.train(LEASE, examples, { share: () => (asked++ < 2 ? 0 : 1) });
  assert.equal(waited.complete, true);
  assert.ok(asked > 2);
  trainer.dispose();
});

test("messages get through while a lease trains", async () => {
  const { trainer, examples } = await setUp([{ dense: { units: 400 } }, ...MLP], { count: 4000 });
  let heard = 0;
  const timer = setInterval(() => {
    heard += 1;
  }, 10);
  const { seconds } = await trainer.train({ ...LEASE, batch_size: 32 }, examples);
  clearInterval(timer);
  assert.ok(heard >= Math.floor(seconds / 0.2), `${heard} in ${seconds} s`);
  trainer.dispose();
});

test("evaluation does not depend on the batch size, and predictions agree with it", async () => {
  const { trainer, examples, dataset } = await setUp(MLP, { count: 100 });
  const whole = await trainer.evaluate(examples);
  const pieces = await trainer.evaluate(examples, 7);
  assert.ok(Math.abs(whole.loss - pieces.loss) < 1e-5);
  assert.equal(whole.accuracy?.toFixed(6), pieces.accuracy?.toFixed(6));
  assert.deepEqual(await trainer.evaluate(examples), whole);
  const predictions = await trainer.predict(examples, 9);
  const labels = classShard(dataset, 100, 1).targets.data;
  let right = 0;
  for (let row = 0; row < 100; row++) {
    const scores = [...predictions.slice(row * 4, row * 4 + 4)];
    if (scores.indexOf(Math.max(...scores)) === labels[row]) right += 1;
  }
  assert.equal((right / 100).toFixed(4), whole.accuracy?.toFixed(4));
  trainer.dispose();
});

test("measuring leaves weights and optimiser as they were", async () => {
  const { trainer, examples, initial } = await setUp(DROPOUT, { optimizer: { adam: {} } });
  assert.ok((await trainer.measure(examples, 16, 3)) > 0);
  assert.deepEqual(await trainer.getWeights(), initial);
  const measured = (await trainer.train(LEASE, examples)).payload;
  trainer.resetOptimizer();
  trainer.setWeights(initial);
  assert.deepEqual((await trainer.train(LEASE, examples)).payload, measured);
  trainer.dispose();
});

test("a diverging lease is not finite and says so", async () => {
  const { trainer, examples } = await setUp([{ dense: { units: 3 } }, { dense: { units: 4 } }], {
    loss: "meanSquaredError",
  });
  const result = await trainer.train({ ...LEASE, learning_rate: 1e30 }, examples);
  assert.equal(result.finite, false);
  assert.equal(result.loss, null);
  trainer.dispose();
});

/** Three numbers whose sum is to be found. */
function regression(): { dataset: DatasetConfig; shard: Shard } {
  const data = Float32Array.from({ length: 96 }, (_, i) => ((i * 37) % 20) / 10 - 1);
  const sums = Float32Array.from({ length: 32 }, (_, i) => data.slice(3 * i, 3 * i + 3).reduce((a, b) => a + b));
  return {
    dataset: {
      name: "sums",
      num_examples: 32,
      inputs: [{ shape: [3], dtype: "float32", scale: 1, shift: 0 }],
      targets: { kind: "values", dtype: "float32", shape: [], num_classes: null },
      label_names: null,
      licence: "",
      source: "",
    },
    shard: {
      num_examples: 32,
      inputs: [{ dtype: "float32", shape: [32, 3], data }],
      targets: { dtype: "float32", shape: [32], data: sums },
    },
  };
}

test("regression has a loss and no accuracy", async () => {
  const { trainer, examples } = await setUp([{ dense: { units: 1 } }], { ...regression(), loss: "meanSquaredError" });
  for (let seed = 0; seed < 30; seed++) await trainer.train({ ...LEASE, seed, learning_rate: 0.2 }, examples);
  const { loss, accuracy } = await trainer.evaluate(examples);
  assert.ok(loss < 1e-3, `${loss}`);
  assert.equal(accuracy, null);
  trainer.dispose();
});

for (const [loss, activation] of [
  ["binaryCrossentropy", "sigmoid"],
  ["hinge", "tanh"],
] as const) {
  test(`two classes are told apart by one output and ${loss}`, async () => {
    const { trainer, examples } = await setUp([{ dense: { units: 1, activation } }], { classes: 2, loss });
    for (let seed = 0; seed < 20; seed++) await trainer.train({ ...LEASE, seed, learning_rate: 0.5 }, examples);
    assert.ok(((await trainer.evaluate(examples)).accuracy ?? 0) > 0.95);
    trainer.dispose();
  });
}

test("a model that does not fit its dataset is refused in words", async () => {
  await assert.rejects(setUp([{ dense: { units: 3, activation: "softmax" } }]), /3 outputs.*4 classes/);
  await assert.rejects(setUp([{ dense: { units: 1 } }]), /one output/);
  await assert.rejects(setUp(MLP, { loss: "crossentropy" }), /no loss "crossentropy"/);
  await assert.rejects(setUp(MLP, { optimizer: { adamw: {} } }), /no optimiser "adamw"/);
  await assert.rejects(setUp(MLP, { optimizer: { sgd: { momentum: 1 } } }), /no option "momentum"/);
  await assert.rejects(setUp([{ conv2d: { filters: 2, kernelSize: 3 } }]), /Layer 1 \(conv2d\)/);
  const { model, dataset, trainer } = await setUp(MLP);
  trainer.dispose();
  const wide = { ...dataset, inputs: [{ shape: [4, 4], dtype: "uint8", scale: 1, shift: 0 }] };
  await assert.rejects(Trainer.create(model, wide, TRAINING), /takes inputs of shape \[16\].*gives \[4,4\]/);
  await assert.rejects(Trainer.create({ ...model, num_weights: 3 }, dataset, TRAINING), /its description 3/);
});

test("a model with two inputs trains", async () => {
  const { tfl } = await import("../../src/trainer/tfjs.ts");
  const { describe, readWeights } = await import("../../src/trainer/build.ts");
  const [a, b] = [tfl.input({ shape: [16] }), tfl.input({ shape: [16] })];
  const joined = tfl.layers.concatenate().apply([a, b]) as typeof a;
  const built = tfl.model({
    inputs: [a, b],
    outputs: tfl.layers.dense({ units: 4, activation: "softmax" }).apply(joined) as typeof a,
  });
  const parts = describe(built);
  const initial = await readWeights(built);
  const { dataset, trainer: unused } = await setUp(MLP);
  unused.dispose();
  const two = { ...dataset, inputs: [...dataset.inputs, ...dataset.inputs] };
  const shard = classShard(dataset, 64, 1);
  const examples = Examples.ofShards(two, [{ ...shard, inputs: [...shard.inputs, ...shard.inputs] }]);
  const model = { name: "m", ...parts, loss: "sparseCategoricalCrossentropy", metrics: [], optimizer: { sgd: {} } };
  const trainer = await Trainer.create(model, two, TRAINING);
  trainer.setWeights(initial);
  const before = await trainer.evaluate(examples);
  for (let seed = 0; seed < 10; seed++) await trainer.train({ ...LEASE, seed, learning_rate: 0.5 }, examples);
  assert.ok((await trainer.evaluate(examples)).loss < before.loss / 2);
  trainer.dispose();
});

test("a share of the time holds for leases of a single step too", async () => {
  const { trainer, examples } = await setUp([{ dense: { units: 400 } }, ...MLP], { count: 1000 });
  const quickest = async (share: number) => {
    const seconds: number[] = [];
    for (let i = 0; i < 5; i++)
      seconds.push((await trainer.train({ ...LEASE, batch_size: 1000 }, examples, { share: () => share })).seconds);
    return Math.min(...seconds);
  };
  const [whole, fifth] = [await quickest(1), await quickest(0.2)];
  assert.ok(fifth > 2.5 * whole, `${fifth} s, and ${whole} s without a share`);
  trainer.dispose();
});

test("a result does not wait for the rest after the last steps", async () => {
  const { trainer, examples } = await setUp(MLP, { count: 100 });
  let now = 0;
  const clock = () => {
    now += 100_000; // each step is said to have been so many milliseconds of work
    return now;
  };
  const work = { ...LEASE, batch_size: 100 };
  const { seconds, worked } = await trainer.train(work, examples, { share: () => 0.5, clock });
  assert.equal(worked, 100);
  assert.ok(seconds > 100, `${seconds} s with the rest to come`);
  trainer.dispose();
});

test("work is what the clock says: who stood in a queue need not rest for it", async () => {
  const { trainer, examples } = await setUp(MLP, { count: 600 });
  const work = { ...LEASE, batch_size: 100 };
  const { iterations, seconds, worked } = await trainer.train(work, examples, { share: () => 1e-9, clock: () => 0 });
  assert.deepEqual([iterations, worked], [6, 0]);
  assert.ok(seconds < 60);
  trainer.dispose();
});
