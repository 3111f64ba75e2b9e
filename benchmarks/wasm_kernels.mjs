/**
 * What WebNN's own training kernels are worth on TF.js's wasm backend: milliseconds for one optimiser step at batch 64.
 *
 *   node benchmarks/wasm_kernels.mjs [MODEL...]     a table: stock wasm against ours
 *   node benchmarks/wasm_kernels.mjs --forms        both forms of each convolution gradient, and which one is chosen
 *
 * Node 24 (it runs the TypeScript as it is); `npm ci` in static/ first. Made-up images: time does not depend on them.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const require = createRequire(join(ROOT, "static/package.json"));
const load = (path) => import(join(ROOT, "static/src/trainer", path));

const { tf } = await load("tfjs.ts");
const { configureWasm, useBackend } = await load("backend.ts");
const { buildModel, describe, readWeights } = await load("build.ts");
const { Examples } = await load("examples.ts");
const { installWasmKernels } = await load("kernels/install.ts");
const { Trainer } = await load("trainer.ts");

const BATCH = 64;
/** The best of so many rounds is taken: what else the machine does only adds. */
const ROUNDS = 12;
const ROUND_SECONDS = 0.4;
const TRAINING = { batch_size: BATCH, lease_seconds: 3, seed: 1, clip: null };

/** The kernels that came with TF.js, before ours take their places. */
require("@tensorflow/tfjs-backend-wasm");
const STOCK = tf.getKernelsForBackend("wasm");

function useStockKernels() {
  for (const { kernelName } of tf.getKernelsForBackend("wasm")) tf.unregisterKernel(kernelName, "wasm");
  for (const kernel of STOCK) tf.registerKernel(kernel);
}

const DATASET = {
  name: "mnist",
  num_examples: BATCH,
  inputs: [{ shape: [28, 28, 1], dtype: "uint8", scale: 1 / 255, shift: 0 }],
  targets: { kind: "class", dtype: "uint8", shape: [], num_classes: 10 },
  label_names: null,
  licence: "",
  source: "",
};

function madeUpImages() {
  const data = Uint8Array.from({ length: BATCH * 784 }, (_, i) => (i * 2654435761) >>> 24);
  const labels = Uint8Array.from({ length: BATCH }, (_, i) => i % 10);
  return Examples.ofShards(DATASET, [
    {
      num_examples: BATCH,
      inputs: [{ dtype: "uint8", shape: [BATCH, 28, 28, 1], data }],
      targets: { dtype: "uint8", shape: [BATCH], data: labels },
    },
  ]);
}

async function millisecondsPerStep(name) {
  const file = JSON.parse(readFileSync(join(ROOT, "models", `${name}.json`), "utf8"));
  const built = await buildModel(file.layers, [[28, 28, 1]], 1);
  const initial = await readWeights(built);
  const description = describe(built);
  built.dispose();
  const model = { name, ...description, loss: file.loss, metrics: [], optimizer: file.optimizer };
  const trainer = await Trainer.create(model, DATASET, TRAINING);
  trainer.setWeights(initial);
  const examples = madeUpImages();
  try {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < ROUNDS; round++)
      best = Math.min(best, await trainer.measure(examples, BATCH, 1000, ROUND_SECONDS));
    return 1000 * best;
  } catch (error) {
    return `cannot (${/'(\w+)' not registered/.exec(error.message)?.[1] ?? error.message})`;
  } finally {
    trainer.dispose();
  }
}

async function compareModels(names) {
  await useBackend("wasm");
  console.log(`${cpus()[0].model}, Node ${process.version}, TF.js ${tf.version_core}, one thread, batch ${BATCH}\n`);
  console.log("| model | stock wasm, ms a step | ours, ms a step | |\n|---|---:|---:|---:|");
  for (const name of names) {
    useStockKernels();
    const stock = await millisecondsPerStep(name);
    installWasmKernels();
    const ours = await millisecondsPerStep(name);
    const gain = typeof stock === "number" ? `${(stock / ours).toFixed(1)} x` : "";
    console.log(`| ${name} | ${typeof stock === "number" ? stock.toFixed(2) : stock} | ${ours.toFixed(2)} | ${gain} |`);
  }
}

/** [batch, size, channels in, channels out, kernel, stride, padding] */
const SHAPES = [
  [64, 28, 1, 8, 5, 1, "valid"],
  [64, 28, 1, 6, 5, 1, "same"],
  [64, 12, 8, 16, 5, 1, "valid"],
  [64, 14, 6, 16, 5, 1, "valid"],
  [64, 14, 32, 32, 5, 1, "same"],
  [64, 28, 8, 8, 5, 1, "same"],
  [64, 28, 4, 32, 5, 1, "same"],
  [32, 28, 8, 16, 7, 1, "same"],
  [64, 28, 1, 32, 3, 1, "same"],
  [64, 28, 8, 8, 3, 1, "same"],
  [64, 28, 16, 16, 3, 1, "same"],
  [64, 14, 32, 64, 3, 1, "same"],
  [64, 28, 16, 32, 3, 2, "same"],
  [32, 32, 3, 32, 3, 1, "same"],
  [32, 8, 128, 128, 3, 1, "same"],
  [16, 4, 256, 256, 3, 1, "same"],
  [32, 28, 3, 64, 7, 2, "same"],
  [32, 8, 32, 32, 4, 2, "valid"],
  [16, 32, 64, 128, 1, 2, "same"],
];

function milliseconds(work) {
  for (let i = 0; i < 3; i++) work();
  let best = Number.POSITIVE_INFINITY;
  const start = performance.now();
  do {
    const before = performance.now();
    work();
    best = Math.min(best, performance.now() - before);
  } while (performance.now() - start < 300);
  return best;
}

async function compareForms() {
  await useBackend("wasm");
  const { conv2dBackpropFilter, filterForm } = await load("kernels/filter_gradient.ts");
  const { conv2dBackpropInput, inputForm } = await load("kernels/input_gradient.ts");
  const { convShape } = await load("kernels/shape.ts");
  const backend = tf.backend();
  const run = (kernel, inputs, attrs) => () => backend.disposeData(kernel({ inputs, attrs, backend }).dataId);
  const mark = (form, chosen, time) => `${form === chosen ? "**" : ""}${time.toFixed(2)}${form === chosen ? "**" : ""}`;
  console.log("Milliseconds; the form that is chosen is bold.\n");
  console.log(
    "| n, size, in, out, kernel, stride, padding | dW columns | dW convolution | dx columns | dx convolution |",
  );
  console.log("|---|---:|---:|---:|---:|");
  for (const shape of SHAPES) {
    const [n, size, ic, oc, k, strides, pad] = shape;
    const [x, filter] = [tf.randomNormal([n, size, size, ic]), tf.randomNormal([k, k, ic, oc])];
    const y = tf.conv2d(x, filter, strides, pad);
    const dy = tf.randomNormal(y.shape);
    const c = convShape(x.shape, filter.shape, { strides, pad });
    const times = ["columns", "convolution"].map((form) => {
      const attrs = { strides, pad, dataFormat: "NHWC", filterShape: filter.shape };
      return mark(form, filterForm(c), milliseconds(run(conv2dBackpropFilter(form), { x, dy }, attrs)));
    });
    for (const form of ["columns", "convolution"]) {
      const attrs = { strides, pad, dataFormat: "NHWC", inputShape: x.shape };
      times.push(mark(form, inputForm(c), milliseconds(run(conv2dBackpropInput(form), { dy, filter }, attrs))));
    }
    console.log(`| ${shape.join(", ")} | ${times.join(" | ")} |`);
    tf.dispose([x, filter, y, dy]);
  }
}

configureWasm(join(require.resolve("@tensorflow/tfjs-backend-wasm/package.json"), "../dist"));
const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
if (process.argv.includes("--forms")) await compareForms();
else await compareModels(names.length > 0 ? names : ["mnist-mlp", "mnist-cnn", "lenet5"]);
