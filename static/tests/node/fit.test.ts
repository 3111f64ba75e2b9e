import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFit, doubtsAbout, type ModelShape } from "../../src/node/fit.ts";
import type { DatasetConfig } from "../../src/trainer/config.ts";
import { TrainerError } from "../../src/trainer/errors.ts";

const digits: DatasetConfig = {
  name: "digits",
  num_examples: 100,
  inputs: [{ shape: [8, 8, 1], dtype: "uint8", scale: 1, shift: 0 }],
  targets: { kind: "class", dtype: "uint8", shape: [], num_classes: 10 },
  label_names: null,
  licence: "",
  source: "",
};
const prices: DatasetConfig = {
  ...digits,
  name: "prices",
  targets: { kind: "values", dtype: "float32", shape: [], num_classes: null },
};

const model: ModelShape = {
  inputs: [[8, 8, 1]],
  outputs: [[10]],
  layers: [
    { name: "flatten_1", kind: "Flatten", output: [64] },
    { name: "dense_1", kind: "Dense", output: [10] },
  ],
  lastActivation: "softmax",
  loss: "categoricalCrossentropy",
};

function refusal(changes: Partial<ModelShape>, dataset = digits): string {
  try {
    checkFit({ ...model, ...changes }, dataset);
  } catch (error) {
    assert.ok(error instanceof TrainerError && error.code === "invalid_model");
    return error.message;
  }
  return "";
}

test("a model that fits passes without doubts", () => {
  assert.equal(refusal({}), "");
  assert.deepEqual(doubtsAbout(model, digits), []);
  assert.equal(refusal({ inputs: [[null, null, 1]] }), "");
  assert.equal(refusal({ outputs: [[1]], loss: "meanSquaredError" }, prices), "");
});

test("too few outputs are refused with the units to give", () => {
  assert.match(refusal({ outputs: [[3]] }), /dense_1, gives 3 numbers .* digits has 10 classes: give it "units": 10\./);
});

test("an output that is still an image wants a flatten", () => {
  assert.match(refusal({ outputs: [[8, 8, 10]] }), /shape \[8, 8, 10\] .* \{"flatten": \{\}\} before it/);
});

test("an input of another shape is refused with both shapes", () => {
  assert.match(refusal({ inputs: [[28, 28, 1]] }), /takes examples of the shape \[28, 28, 1\], .* shape \[8, 8, 1\]/);
  assert.match(refusal({ inputs: [[8], [8]] }), /2 inputs, the data set digits has 1/);
});

test("a window larger than its image is refused where nothing is left", () => {
  const layers = [
    { name: "pool_1", kind: "MaxPooling2D", output: [2, 2, 1] },
    { name: "pool_2", kind: "MaxPooling2D", output: [0, 0, 1] },
  ];
  assert.match(refusal({ layers }), /^Layer 2, pool_2, gets \[2, 2, 1\] from pool_1 and would give \[0, 0, 1\]/);
});

test("a loss over classes is refused for values", () => {
  assert.match(refusal({ outputs: [[1]] }, prices), /needs classes, .* use meanSquaredError/);
  assert.match(refusal({ outputs: [[4]], loss: "meanSquaredError" }, prices), /gives \[4\] for each example/);
});

test("probabilities from a layer without softmax, and spare outputs, are doubted", () => {
  assert.match(doubtsAbout({ ...model, lastActivation: "relu" }, digits)[0] ?? "", /"activation": "softmax"/);
  assert.match(doubtsAbout({ ...model, outputs: [[12]] }, digits)[0] ?? "", /gives 12 numbers, but digits has only 10/);
});
