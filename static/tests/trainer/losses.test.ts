import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../src/trainer/backend.ts";
import { LOSS_NAMES, Objective } from "../../src/trainer/losses.ts";
import { gaussians } from "../../src/trainer/random.ts";
import { tf, tfl } from "../../src/trainer/tfjs.ts";
import { classDataset } from "./fixtures.ts";

before(() => useBackend("cpu"));

const VALUES = {
  ...classDataset([1], 2, 4),
  targets: { kind: "values" as const, dtype: "float32", shape: [3], num_classes: null },
};

const softmaxed = () => tf.softmax(tf.tensor(gaussians(12, 1), [4, 3]));
const value = (x: tf.Tensor) => x.dataSync()[0] as number;

/** TF.js layers computes the loss of a model with its own function of that name. */
function oracle(loss: string, targets: tf.Tensor, outputs: tf.Tensor): number {
  const identity = tfl.sequential({ layers: [tfl.layers.activation({ activation: "linear", inputShape: [3] })] });
  identity.compile({ loss, optimizer: tf.train.sgd(0) });
  const result = identity.evaluate(outputs, targets) as tf.Scalar;
  identity.dispose();
  return value(result);
}

for (const name of LOSS_NAMES.filter((one) => !one.startsWith("sparse"))) {
  test(`${name} is what TF.js layers computes`, () => {
    const objective = new Objective(name, [3], VALUES);
    const targets = tf.softmax(tf.tensor(gaussians(12, 2), [4, 3]));
    const ours = value(objective.loss(objective.prepare(targets), softmaxed()));
    assert.ok(Math.abs(ours - oracle(name, targets, softmaxed())) < 1e-5);
  });
}

test("class ids become one-hot, and the sparse loss is the same as the dense one", () => {
  const dataset = classDataset([1], 3, 4);
  const ids = tf.tensor([2, 0, 1, 1], [4], "int32");
  const [dense, sparse] = ["categoricalCrossentropy", "sparseCategoricalCrossentropy"].map(
    (name) => new Objective(name, [3], dataset),
  ) as [Objective, Objective];
  const prepared = dense.prepare(ids);
  assert.deepEqual([...prepared.dataSync()], [0, 0, 1, 1, 0, 0, 0, 1, 0, 0, 1, 0]);
  assert.equal(value(sparse.loss(sparse.prepare(ids), softmaxed())), value(dense.loss(prepared, softmaxed())));
});

test("accuracy counts what is right, for one output and for several", () => {
  const several = new Objective("categoricalCrossentropy", [2], classDataset([1], 2, 3));
  const ids = tf.tensor([0, 1, 1], [3], "int32");
  const scores = tf.tensor([0.9, 0.1, 0.2, 0.8, 0.7, 0.3], [3, 2]);
  assert.equal(value(several.accuracy(several.prepare(ids), scores) as tf.Tensor).toFixed(4), "0.6667");
  const one = new Objective("binaryCrossentropy", [1], classDataset([1], 2, 3));
  const accuracy = one.accuracy(one.prepare(ids), tf.tensor([0.2, 0.4, 0.9], [3, 1]));
  assert.equal(value(accuracy as tf.Tensor).toFixed(4), "0.6667");
  const hinge = new Objective("hinge", [1], classDataset([1], 2, 3));
  assert.deepEqual([...hinge.prepare(ids).dataSync()], [-1, 1, 1]);
  const signs = hinge.accuracy(hinge.prepare(ids), tf.tensor([-0.2, 0.1, 0.9], [3, 1]));
  assert.equal(value(signs as tf.Tensor), 1);
});

test("a certain and wrong answer has a finite loss and gradient", () => {
  const objective = new Objective("categoricalCrossentropy", [2], classDataset([1], 2, 1));
  const targets = objective.prepare(tf.tensor([0], [1], "int32"));
  const gradient = tf.grad((outputs) => objective.loss(targets, outputs))(tf.tensor([0, 1], [1, 2]));
  assert.ok([...gradient.dataSync()].every(Number.isFinite));
});
