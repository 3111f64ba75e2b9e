/**
 * The accuracy of a TensorFlow.js layers model on disk, by stock TensorFlow.js: `benchmarks/check_export.py` runs it.
 *
 *   node check_export.mjs MODEL_FOLDER SHAPES < numbers
 *
 * SHAPES is JSON, one [n, ...] for each of the model's inputs. Standard input has the inputs as little-endian float32, one
 * after the other, then n little-endian int32 class ids. Prints {"correct": ..., "num_examples": n}.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const require = createRequire(join(ROOT, "static/package.json"));
console.info = console.warn = console.log = () => {}; // stdout is for the answer
const tf = { ...require("@tensorflow/tfjs-core"), ...require("@tensorflow/tfjs-layers") };
const { setWasmPaths } = require("@tensorflow/tfjs-backend-wasm");

const BATCH = 500;

/** Opens a folder's `model.json` and `weights.bin`, as the README of a run's folder says. */
async function open(folder) {
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(join(folder, "model.json"), "utf8"));
  const bytes = new Uint8Array(readFileSync(join(folder, "weights.bin")));
  const weightSpecs = weightsManifest[0].weights;
  return tf.loadLayersModel(tf.io.fromMemory({ modelTopology, weightSpecs, weightData: bytes.buffer }));
}

function readInputs(shapes) {
  const bytes = readFileSync(0);
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  let offset = 0;
  const inputs = shapes.map((shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const values = new Float32Array(buffer, offset, size);
    offset += 4 * size;
    return tf.tensor(values, shape);
  });
  return { inputs, labels: new Int32Array(buffer, offset) };
}

/** The class that the model gives each example: the larger of two where it has one output, the largest of several. */
function classes(model, inputs, first, count) {
  return tf.tidy(() => {
    const batch = inputs.map((input) => tf.slice(input, first, count));
    const output = model.predict(batch.length === 1 ? batch[0] : batch);
    const chosen = output.shape.at(-1) === 1 ? tf.greater(tf.reshape(output, [count]), 0.5) : tf.argMax(output, -1);
    return [...chosen.dataSync()];
  });
}

const [folder, shapes] = process.argv.slice(2);
setWasmPaths(join(ROOT, "static/node_modules/@tensorflow/tfjs-backend-wasm/dist") + sep);
await tf.setBackend("wasm");
const model = await open(folder);
const { inputs, labels } = readInputs(JSON.parse(shapes));
let correct = 0;
for (let first = 0; first < labels.length; first += BATCH) {
  const count = Math.min(BATCH, labels.length - first);
  classes(model, inputs, first, count).forEach((id, index) => {
    if (Number(id) === labels[first + index]) correct++;
  });
}
process.stdout.write(`${JSON.stringify({ correct, num_examples: labels.length })}\n`);
