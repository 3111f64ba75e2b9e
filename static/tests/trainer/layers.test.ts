import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../src/trainer/backend.ts";
import { buildModel, type LayerSpec } from "../../src/trainer/build.ts";
import type { DatasetConfig } from "../../src/trainer/config.ts";
import type { Shard } from "../../src/trainer/examples.ts";
import { classDataset, classShard, LEASE, setUp, useInstalledWasm } from "./fixtures.ts";

before(async () => {
  useInstalledWasm();
  await useBackend("cpu");
});

const HEAD: LayerSpec = { dense: { units: 3, activation: "softmax" } };
const IMAGE = [7, 6, 2];
const SEQUENCE = [5, 4];
const VOLUME = [4, 5, 4, 2];

const conv: LayerSpec = { conv2d: { filters: 3, kernelSize: 3, padding: "same" } };
const dense: LayerSpec = { dense: { units: 6 } };

/** Each supported layer in a small model, by the shape of its input. */
const MODELS: [name: string, shape: number[], layers: LayerSpec[]][] = [
  ...["relu", "elu", "selu", "sigmoid", "hardSigmoid", "softplus", "softsign", "tanh", "swish", "mish", "gelu"].map(
    (activation): [string, number[], LayerSpec[]] => [
      `activation ${activation}`,
      [8],
      [{ dense: { units: 6, activation } }, dense, { activation: { activation } }],
    ],
  ),
  ["activation relu6", [8], [{ dense: { units: 6, activation: "relu6" } }]],
  ["activation logSoftmax", [8], [dense, { activation: { activation: "logSoftmax" } }]],
  ["elu", [8], [dense, { elu: {} }]],
  ["leakyReLU", [8], [dense, { leakyReLU: {} }]],
  ["prelu", [8], [dense, { prelu: {} }]],
  ["reLU", [8], [dense, { reLU: { maxValue: 1 } }]],
  ["softmax", [8], [dense, { softmax: {} }]],
  ["thresholdedReLU", [8], [dense, { thresholdedReLU: {} }]],
  ["regularisers", [8], [{ dense: { units: 6, kernelRegularizer: { l1l2: { l1: 0.01 } }, biasRegularizer: "l2" } }]],
  ["constraint", [8], [{ dense: { units: 6, kernelConstraint: "maxNorm" } }]],
  ["conv2d", IMAGE, [conv, { conv2d: { filters: 9, kernelSize: [2, 3], strides: [2, 1] } }]],
  ["conv2d 1x1", IMAGE, [conv, { conv2d: { filters: 4, kernelSize: 1 } }]],
  ["conv2dTranspose", IMAGE, [conv, { conv2dTranspose: { filters: 3, kernelSize: 3, strides: 2, padding: "same" } }]],
  ["separableConv2d", IMAGE, [conv, { separableConv2d: { filters: 3, kernelSize: 3, depthMultiplier: 2 } }]],
  ["depthwiseConv2d", IMAGE, [conv, { depthwiseConv2d: { kernelSize: 3, strides: 2, padding: "same" } }]],
  ["cropping2D", IMAGE, [conv, { cropping2D: { cropping: 1 } }]],
  ["zeroPadding2d", IMAGE, [conv, { zeroPadding2d: { padding: [1, 2] } }]],
  ["upSampling2d", [4, 4, 2], [conv, { upSampling2d: { size: [2, 2] } }, { maxPooling2d: { poolSize: 2 } }]],
  ["maxPooling2d", IMAGE, [conv, { maxPooling2d: { poolSize: 3, strides: 2, padding: "same" } }]],
  ["averagePooling2d", IMAGE, [conv, { averagePooling2d: { poolSize: 2 } }]],
  ["globalAveragePooling2d", IMAGE, [conv, { globalAveragePooling2d: {} }]],
  ["globalMaxPooling2d", IMAGE, [conv, { globalMaxPooling2d: {} }]],
  ["batchNormalization on images", IMAGE, [conv, { batchNormalization: {} }]],
  ["batchNormalization on vectors", [8], [dense, { batchNormalization: {} }]],
  ["batchNormalization without scale", [8], [dense, { batchNormalization: { scale: false } }]],
  ["batchNormalization without centre", IMAGE, [conv, { batchNormalization: { center: false } }]],
  ["layerNormalization", [8], [dense, { layerNormalization: {} }]],
  ["conv1d", SEQUENCE, [{ conv1d: { filters: 3, kernelSize: 3, padding: "same" } }]],
  ["maxPooling1d", SEQUENCE, [{ conv1d: { filters: 3, kernelSize: 2 } }, { maxPooling1d: { poolSize: 2 } }]],
  ["averagePooling1d", SEQUENCE, [{ conv1d: { filters: 3, kernelSize: 2 } }, { averagePooling1d: { poolSize: 2 } }]],
  ["globalAveragePooling1d", SEQUENCE, [{ conv1d: { filters: 3, kernelSize: 2 } }, { globalAveragePooling1d: {} }]],
  ["globalMaxPooling1d", SEQUENCE, [{ conv1d: { filters: 3, kernelSize: 2 } }, { globalMaxPooling1d: {} }]],
  ["simpleRNN", SEQUENCE, [{ simpleRNN: { units: 3 } }]],
  ["lstm", SEQUENCE, [{ lstm: { units: 3, returnSequences: true } }, { lstm: { units: 2, goBackwards: true } }]],
  ["lstm with dropout", SEQUENCE, [{ lstm: { units: 3, dropout: 0.3, recurrentDropout: 0.2 } }]],
  ["gru", SEQUENCE, [{ gru: { units: 3 } }]],
  ["bidirectional", SEQUENCE, [{ bidirectional: { layer: { lstm: { units: 2 } }, mergeMode: "concat" } }]],
  ["timeDistributed", SEQUENCE, [{ timeDistributed: { layer: { dense: { units: 3 } } } }]],
  ["masking", SEQUENCE, [{ masking: { maskValue: 0 } }, { simpleRNN: { units: 3 } }]],
  ["permute", SEQUENCE, [{ dense: { units: 3 } }, { permute: { dims: [2, 1] } }]],
  ["repeatVector", [8], [dense, { repeatVector: { n: 3 } }, { simpleRNN: { units: 3 } }]],
  ["reshape", [8], [dense, { reshape: { targetShape: [2, 3] } }]],
  ["embedding", [6], [{ embedding: { inputDim: 256, outputDim: 3 } }]],
  ["convLstm2d", [3, 6, 5, 2], [{ convLstm2d: { filters: 2, kernelSize: 2 } }]],
  ["conv3d", VOLUME, [{ conv3d: { filters: 3, kernelSize: 2 } }, { conv3d: { filters: 2, kernelSize: 2 } }]],
  ["maxPooling3d", VOLUME, [{ conv3d: { filters: 3, kernelSize: 2 } }, { maxPooling3d: { poolSize: 2 } }]],
  ["averagePooling3d", VOLUME, [{ conv3d: { filters: 3, kernelSize: 2 } }, { averagePooling3d: { poolSize: 2 } }]],
  ["dropout", [8], [dense, { dropout: { rate: 0.4 } }]],
  ["spatialDropout1d", SEQUENCE, [{ conv1d: { filters: 3, kernelSize: 2 } }, { spatialDropout1d: { rate: 0.4 } }]],
  ["alphaDropout", [8], [dense, { alphaDropout: { rate: 0.2 } }]],
  ["gaussianDropout", [8], [dense, { gaussianDropout: { rate: 0.2 } }]],
  ["gaussianNoise", [8], [dense, { gaussianNoise: { stddev: 0.2 } }]],
  ["rescaling", IMAGE, [{ rescaling: { scale: 2, offset: -1 } }, conv]],
];

/** `layers` with a classifier behind them. */
async function classifier(layers: LayerSpec[], shape: number[]): Promise<LayerSpec[]> {
  const built = await buildModel(layers, [shape], 1);
  const isVector = built.outputs[0]?.shape.length === 2;
  built.dispose();
  return isVector ? [...layers, HEAD] : [...layers, { flatten: {} }, HEAD];
}

/** Token ids stay whole numbers. */
function datasetFor(name: string, shape: number[]): { dataset: DatasetConfig; shard: Shard } {
  const dataset = classDataset(shape, 3, 12);
  if (name === "embedding") dataset.inputs[0] = { shape, dtype: "uint8", scale: 1, shift: 0 };
  return { dataset, shard: classShard(dataset, 12, 5) };
}

/** The gradient of two lease steps on a backend. */
async function trained(backend: "cpu" | "wasm", name: string, shape: number[], layers: LayerSpec[]) {
  await useBackend(backend);
  const { trainer, examples } = await setUp(await classifier(layers, shape), { ...datasetFor(name, shape), count: 12 });
  const lease = { ...LEASE, batch_size: 6, learning_rate: 0.05, wants: "gradient" as const };
  const result = await trainer.train(lease, examples);
  const evaluation = await trainer.evaluate(examples);
  trainer.dispose();
  return { ...result, evaluation };
}

for (const [name, shape, layers] of MODELS) {
  test(`${name} trains on wasm as on cpu`, async () => {
    const expected = await trained("cpu", name, shape, layers);
    const actual = await trained("wasm", name, shape, layers);
    assert.ok(actual.finite);
    assert.equal(actual.tensorsAfter, actual.tensorsBefore);
    assert.ok(actual.payload.some((value) => value !== 0));
    assert.ok(Math.abs((expected.loss ?? 0) - (actual.loss ?? 1)) < 1e-4, `loss ${expected.loss} ${actual.loss}`);
    assert.ok(Math.abs(expected.evaluation.loss - actual.evaluation.loss) < 1e-4);
    const largest = expected.payload.reduce((most, value) => Math.max(most, Math.abs(value)), 0.1);
    const worst = expected.payload.reduce(
      (most, value, i) => Math.max(most, Math.abs(value - (actual.payload[i] as number))),
      0,
    );
    assert.ok(worst < 1e-3 * largest, `off by ${worst} of ${largest}`);
  });
}
