/**
 * What a TensorFlow.js layers model on disk predicts, by stock TensorFlow.js: `benchmarks/check_export.py` runs it.
 *
 *   node check_export.mjs MODEL_FOLDER SHAPES < numbers
 *
 * SHAPES is JSON, one [n, ...] for each of the model's inputs. Standard input has the inputs as little-endian float32, one
 * after the other; standard output gets the n outputs in the same form.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, sep } from "node:path";

const ROOT = join(import.meta.dirname, "..");
const require = createRequire(join(ROOT, "static/package.json"));
console.info = console.warn = console.log = () => {}; // stdout is for the numbers
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
  return shapes.map((shape) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const values = new Float32Array(buffer, offset, size);
    offset += 4 * size;
    return tf.tensor(values, shape);
  });
}

/** The model's outputs for some of the examples, as numbers one after the other. */
function outputs(model, inputs, first, count) {
  return tf.tidy(() => {
    const batch = inputs.map((input) => tf.slice(input, first, count));
    return model.predict(batch.length === 1 ? batch[0] : batch).dataSync();
  });
}

const [folder, shapes] = process.argv.slice(2);
setWasmPaths(join(ROOT, "static/node_modules/@tensorflow/tfjs-backend-wasm/dist") + sep);
await tf.setBackend("wasm");
const model = await open(folder);
const inputs = readInputs(JSON.parse(shapes));
const numExamples = inputs[0].shape[0];
for (let first = 0; first < numExamples; first += BATCH) {
  const values = outputs(model, inputs, first, Math.min(BATCH, numExamples - first));
  process.stdout.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}
