import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../src/trainer/backend.ts";
import { learningRateOf, OPTIMIZER_NAMES, Optimizer } from "../../src/trainer/optimizers.ts";
import { gaussians } from "../../src/trainer/random.ts";
import { tf } from "../../src/trainer/tfjs.ts";

before(() => useBackend("cpu"));

const RATE = 0.05;

/** TF.js's own optimisers, the oracle. */
const ORACLES: [name: string, options: Record<string, unknown>, oracle: () => tf.Optimizer][] = [
  ["sgd", {}, () => tf.train.sgd(RATE)],
  ["momentum", { momentum: 0.8 }, () => tf.train.momentum(RATE, 0.8)],
  ["momentum", { useNesterov: true }, () => tf.train.momentum(RATE, 0.9, true)],
  ["adam", {}, () => tf.train.adam(RATE)],
  ["adam", { beta1: 0.7, beta2: 0.9, epsilon: 1e-3 }, () => tf.train.adam(RATE, 0.7, 0.9, 1e-3)],
  ["adamax", {}, () => tf.train.adamax(RATE)],
  ["adamax", { decay: 0.1 }, () => tf.train.adamax(RATE, 0.9, 0.999, 1e-7, 0.1)],
  ["adagrad", { initialAccumulatorValue: 0.3 }, () => tf.train.adagrad(RATE, 0.3)],
  ["rmsprop", { momentum: 0.5 }, () => tf.train.rmsprop(RATE, 0.9, 0.5, 1e-7)],
];

for (const [name, options, oracle] of ORACLES) {
  test(`${name} ${JSON.stringify(options)} steps as TF.js does`, () => {
    const before = tf.memory().numTensors;
    const [ours, theirs] = [tf.variable(tf.tensor(gaussians(6, 1))), tf.variable(tf.tensor(gaussians(6, 1)))];
    const [optimizer, reference] = [new Optimizer({ [name]: options }, [ours]), oracle()];
    for (let step = 0; step < 6; step++) {
      tf.tidy(() => {
        const gradient = tf.tensor(gaussians(6, step + 2));
        optimizer.apply([gradient], RATE);
        reference.applyGradients({ [theirs.name]: gradient });
      });
    }
    const expected = theirs.dataSync();
    ours.dataSync().forEach((value, i) => {
      assert.ok(Math.abs(value - (expected[i] as number)) < 2e-5);
    });
    optimizer.dispose();
    reference.dispose();
    tf.dispose([ours, theirs]);
    assert.ok(tf.memory().numTensors <= before + 4); // the tensors that were made into variables
  });
}

test("adadelta is algorithm 1 of its paper", () => {
  const x = tf.variable(tf.tensor([1]));
  const optimizer = new Optimizer({ adadelta: { rho: 0.9, epsilon: 1e-3 } }, [x]);
  let [value, gradients, updates] = [1, 0, 0];
  for (const gradient of [2, -1, 0.5]) {
    gradients = 0.9 * gradients + 0.1 * gradient ** 2;
    const update = (-Math.sqrt(updates + 1e-3) / Math.sqrt(gradients + 1e-3)) * gradient;
    updates = 0.9 * updates + 0.1 * update ** 2;
    value += update;
    optimizer.apply([tf.tensor([gradient])], 1);
  }
  assert.ok(Math.abs((x.dataSync()[0] as number) - value) < 1e-6);
});

test("every optimiser walks downhill, centred rmsprop too", () => {
  for (const config of [...OPTIMIZER_NAMES.map((name) => ({ [name]: {} })), { rmsprop: { centered: true } }]) {
    const x = tf.variable(tf.tensor([3]));
    const optimizer = new Optimizer(config, [x]);
    for (let step = 0; step < 20; step++) tf.tidy(() => optimizer.apply([tf.mul(x, 2)], 0.01));
    const value = x.dataSync()[0] as number;
    assert.ok(value < 3 && value > -3, `${JSON.stringify(config)} ${value}`);
    optimizer.dispose();
    x.dispose();
  }
});

test("a weight without a gradient stays", () => {
  const x = tf.variable(tf.tensor([3]));
  new Optimizer({ adam: {} }, [x]).apply([null], 1);
  assert.equal(x.dataSync()[0], 3);
});

test("the learning rate is the model file's, or the optimiser's own", () => {
  assert.equal(learningRateOf({ sgd: { learningRate: 0.2 } }), 0.2);
  assert.equal(learningRateOf({ adam: {} }), 0.001);
  assert.throws(() => learningRateOf({ sgd: {}, adam: {} }), /names 2/);
});

test("muon moves a kernel by a matrix that is nearly orthogonal, along its momentum", () => {
  tf.tidy(() => {
    for (const shape of [
      [3, 5],
      [2, 2, 3, 4],
      [5, 3],
    ]) {
      const kernel = tf.variable(tf.zeros(shape));
      const gradient = tf.randomNormal(shape, 0, 1, "float32", 3);
      const optimizer = new Optimizer({ muon: {} }, [kernel]);
      optimizer.apply([gradient], 1);
      const columns = shape.at(-1) as number;
      const rows = kernel.size / columns;
      const flat = tf.reshape(kernel, [rows, columns]) as tf.Tensor2D;
      const small = rows > columns ? tf.matMul(flat, flat, true) : tf.matMul(flat, flat, false, true);
      const scale = Math.max(1, columns / rows);
      const trace = (tf.sum(tf.mul(small, tf.eye(Math.min(rows, columns)))).dataSync()[0] as number) / scale;
      assert.ok(trace > 0.4 * Math.min(rows, columns) && trace < 1.6 * Math.min(rows, columns), `trace ${trace}`);
      assert.ok((tf.sum(tf.mul(kernel, gradient)).dataSync()[0] as number) < 0, "against the gradient");
      optimizer.dispose();
    }
  });
});

test("muon moves a bias by its momentum", () => {
  const bias = tf.variable(tf.zeros([2]));
  const optimizer = new Optimizer({ muon: { momentum: 0.5 } }, [bias]);
  let [value, velocity] = [0, 0];
  for (const gradient of [2, -1, 3]) {
    velocity = 0.5 * velocity + 0.5 * gradient;
    value -= 0.1 * (0.5 * velocity + 0.5 * gradient);
    optimizer.apply([tf.tensor([gradient, 0])], 0.1);
  }
  assert.ok(Math.abs((bias.dataSync()[0] as number) - value) < 1e-6);
  optimizer.dispose();
});
