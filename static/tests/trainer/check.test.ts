import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../src/trainer/backend.ts";
import { buildModel, type LayerSpec } from "../../src/trainer/build.ts";
import { checkTrainable, untrainable } from "../../src/trainer/check.ts";

before(() => useBackend("cpu"));

const IMAGE = [8, 8, 2];
const REFUSED: [name: string, shape: number[], layer: LayerSpec, sentence: RegExp][] = [
  [
    "a dilated conv1d",
    [8, 2],
    { conv1d: { filters: 2, kernelSize: 2, dilationRate: 2 } },
    /"conv1d_1" \(Conv1D\).*dilation rate of 2/,
  ],
  [
    "a dilated conv2d",
    IMAGE,
    { conv2d: { filters: 2, kernelSize: 2, dilationRate: [1, 2] } },
    /dilation rate of 1 x 2, and.*Set it to 1/,
  ],
  ["a dilated depthwise convolution", IMAGE, { depthwiseConv2d: { kernelSize: 2, dilationRate: 2 } }, /dilation/],
  [
    "a dilated separable convolution",
    IMAGE,
    { separableConv2d: { filters: 2, kernelSize: 2, dilationRate: 2 } },
    /dilation/,
  ],
  ["causal padding", [8, 2], { conv1d: { filters: 2, kernelSize: 2, padding: "causal" } }, /causal padding/],
  [
    "channels first",
    [2, 8, 8],
    { conv2d: { filters: 2, kernelSize: 2, dataFormat: "channelsFirst" } },
    /channels first/,
  ],
  ["a 3D transposed convolution", [4, 4, 4, 2], { conv3dTranspose: { filters: 2, kernelSize: 2 } }, /no gradient/],
];

for (const [name, shape, layer, sentence] of REFUSED) {
  test(`${name} is refused in a sentence`, async () => {
    const model = await buildModel([layer, { flatten: {} }, { dense: { units: 2 } }], [shape], 1);
    assert.throws(() => checkTrainable(model), sentence);
    assert.equal(untrainable(model).length, 1);
    model.dispose();
  });
}

test("a fault inside a wrapper is found", async () => {
  const inner = { conv1d: { filters: 2, kernelSize: 2, dilationRate: 2 } };
  const model = await buildModel([{ timeDistributed: { layer: inner } }, { flatten: {} }], [[3, 8, 2]], 1);
  assert.match(untrainable(model).join(" "), /dilation/);
});

test("a model without weights to train is refused", async () => {
  const model = await buildModel([{ flatten: {} }, { dense: { units: 2, trainable: false } }], [[2, 2]], 1);
  assert.throws(() => checkTrainable(model), /no weights to train/);
});

test("an ordinary model passes", async () => {
  const model = await buildModel([{ conv2d: { filters: 2, kernelSize: 2 } }], [IMAGE], 1);
  assert.deepEqual(untrainable(model), []);
});
