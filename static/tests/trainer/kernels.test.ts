import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../src/trainer/backend.ts";
import { conv2dBackpropFilter } from "../../src/trainer/kernels/filter_gradient.ts";
import { conv2dBackpropInput } from "../../src/trainer/kernels/input_gradient.ts";
import { installKernel, installWasmKernels } from "../../src/trainer/kernels/install.ts";
import { gaussians, mulberry32 } from "../../src/trainer/random.ts";
import { tf } from "../../src/trainer/tfjs.ts";
import { useInstalledWasm } from "./fixtures.ts";

before(async () => {
  useInstalledWasm();
  await useBackend("cpu");
  await useBackend("wasm");
});

/** Random whole numbers of `first..last`. */
type Die = (first: number, last: number) => number;

function die(seed: number): Die {
  const random = mulberry32(seed);
  return (first, last) => first + Math.floor(random() * (last - first + 1));
}

function noise(shape: number[], seed: number): tf.Tensor {
  return tf.tensor(gaussians(tf.util.sizeFromShape(shape), seed), shape);
}

/** Fills memory that is free with NaN: a kernel that reads what it did not write is found out. */
function spoilMemory(): void {
  const sizes = [4, 16, 64, 256, 1000, 4000, 16_000];
  tf.dispose(sizes.flatMap((size) => Array.from({ length: 8 }, (_, i) => tf.fill([size + i * 5], Number.NaN))));
}

/** What `compute` gives on a backend, having left no tensor and no memory behind. */
async function on(backend: string, compute: () => tf.Tensor[]): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  spoilMemory();
  const before = tf.memory();
  const tensors = tf.tidy(compute);
  const values = tensors.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose(tensors);
  const after = tf.memory();
  assert.equal(after.numTensors, before.numTensors);
  assert.equal(after.numDataBuffers, before.numDataBuffers);
  return values;
}

/** wasm and cpu agree within rounding of sums of about `terms` products. */
async function agree(what: string, compute: () => tf.Tensor[]): Promise<void> {
  const [expected, actual] = [await on("cpu", compute), await on("wasm", compute)];
  expected.forEach((values, i) => {
    const other = actual[i] as Float32Array;
    assert.equal(other.length, values.length, what);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - (other[at] ?? Number.NaN))), 0);
    assert.ok(worst <= 2e-6 * largest * 10, `${what}: result ${i} is off by ${worst} of ${largest}`);
  });
}

/** The gradients of `f` at `inputs`, against a random direction. */
function gradients(f: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[], seed: number): tf.Tensor[] {
  const output = f(...inputs);
  return tf.grads(f)(inputs, noise(output.shape, seed));
}

type Pad = "same" | "valid" | number;

function randomConvolution(seed: number) {
  const roll = die(seed);
  const pads: Pad[] = ["same", "valid", roll(0, 6)];
  const pad = pads[roll(0, 2)] as Pad;
  const [kh, sh] = [roll(1, 5), roll(1, 3)];
  // TF.js takes a padding in numbers for square filters and strides alone.
  const [kw, sw] = typeof pad === "number" ? [kh, sh] : [roll(1, 5), roll(1, 3)];
  const strides: [number, number] = [sh, sw];
  const [h, w] = [kh + roll(0, 9), kw + roll(0, 9)];
  return { n: roll(1, 3), h, w, kh, kw, ic: roll(1, 11), oc: roll(1, 11), strides, pad, roll };
}

const FORMS = ["columns", "convolution"] as const;

for (const form of FORMS) {
  test(`conv2d's gradients as ${form} agree with cpu over random shapes`, async () => {
    installKernel("Conv2DBackpropFilter", conv2dBackpropFilter(form));
    installKernel("Conv2DBackpropInput", conv2dBackpropInput(form));
    for (let seed = 1; seed <= 60; seed++) {
      const { n, h, w, kh, kw, ic, oc, strides, pad } = randomConvolution(seed);
      const what = JSON.stringify({ n, h, w, kh, kw, ic, oc, strides, pad });
      await agree(what, () =>
        gradients(
          (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad),
          [noise([n, h, w, ic], seed), noise([kh, kw, ic, oc], seed + 1000)],
          seed + 2000,
        ),
      );
    }
    installWasmKernels();
  });
}

test("a padding wider than the filter has gradients", async () => {
  for (const [k, pad, stride] of [
    [1, 1, 1],
    [1, 2, 2],
    [2, 3, 1],
    [3, 5, 2],
    [3, 4, 3],
  ] as const) {
    for (const channels of [3, 16])
      await agree(`k ${k} pad ${pad} stride ${stride}`, () =>
        gradients(
          (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad),
          [noise([2, 6, 7, channels], 1), noise([k, k, channels, 5], 2)],
          3,
        ),
      );
  }
});

test("conv2dTranspose's gradients agree with cpu", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const roll = die(seed);
    const [k, stride] = [roll(1, 4), roll(1, 3)];
    const [n, size, ic, oc] = [roll(1, 3), roll(2, 7), roll(1, 9), roll(1, 9)];
    const pad = roll(0, 1) === 0 ? "same" : "valid";
    const out = pad === "same" ? size * stride : size * stride + Math.max(k - stride, 0);
    await agree(JSON.stringify({ k, stride, n, size, ic, oc, pad }), () =>
      gradients(
        (x, filter) =>
          tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [n, out, out, oc], [stride, stride], pad),
        [noise([n, size, size, ic], seed), noise([k, k, oc, ic], seed + 1000)],
        seed + 2000,
      ),
    );
  }
});

test("depthwise and separable convolutions' gradients agree with cpu over random shapes", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const { n, h, w, kh, kw, ic, strides, pad, roll } = randomConvolution(seed);
    const multiplier = roll(1, 3);
    await agree(JSON.stringify({ n, h, w, kh, kw, ic, multiplier, strides, pad }), () =>
      gradients(
        (x, filter) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, strides, pad),
        [noise([n, h, w, ic], seed), noise([kh, kw, ic, multiplier], seed + 1000)],
        seed + 2000,
      ),
    );
  }
});

test("matrix products agree with cpu, transposed and broadcast or not", async () => {
  for (let seed = 1; seed <= 80; seed++) {
    const roll = die(seed);
    const big = seed % 8 === 0 ? 70 : 9;
    const [m, k, n] = [roll(1, big), roll(1, big), roll(1, big)];
    const [transposeA, transposeB] = [roll(0, 1) === 1, roll(0, 1) === 1];
    const lead = Array.from({ length: roll(0, 2) }, () => roll(1, 3));
    const leadA = lead.map((size) => (roll(0, 2) === 0 ? 1 : size));
    const leadB = lead.slice(roll(0, lead.length)).map((size) => (roll(0, 3) === 0 ? 1 : size));
    const a = [...leadA, ...(transposeA ? [k, m] : [m, k])];
    const b = [...leadB, ...(transposeB ? [n, k] : [k, n])];
    // The cpu backend does not know broadcasting on both sides: it gets what is to be broadcast spelt out.
    const spelt = tf.backend_util.assertAndGetBroadcastShape(leadA, leadB);
    const spellOut = (x: tf.Tensor) =>
      tf.getBackend() === "cpu" ? tf.broadcastTo(x, [...spelt, ...x.shape.slice(-2)] as never) : x;
    await agree(JSON.stringify({ a, b, transposeA, transposeB }), () => [
      tf.matMul(spellOut(noise(a, seed)), spellOut(noise(b, seed + 1000)), transposeA, transposeB),
    ]);
  }
});

test("matrix products' gradients agree with cpu", async () => {
  for (const [transposeA, transposeB] of [
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ] as const) {
    const a = transposeA ? [3, 5, 40] : [3, 40, 5];
    const b = transposeB ? [3, 30, 5] : [3, 5, 30];
    await agree(`${a} ${b}`, () =>
      gradients((x, y) => tf.matMul(x, y, transposeA, transposeB), [noise(a, 1), noise(b, 2)], 3),
    );
  }
});

test("the gradient of a gather agrees with cpu, repeated rows included", async () => {
  await agree("gather", () =>
    gradients(
      (x) =>
        tf.gather(
          x,
          tf.tensor(
            [
              [1, 4, 1],
              [0, 1, 4],
            ],
            [2, 3],
            "int32",
          ),
        ),
      [noise([6, 3], 1)],
      2,
    ),
  );
});

test("pooling's gradients agree with cpu", async () => {
  for (const [size, stride, pad] of [
    [2, 2, "valid"],
    [3, 1, "same"],
    [3, 2, "same"],
    [2, 3, "valid"],
  ] as const) {
    const x = () => [noise([2, 9, 8, 5], size)];
    await agree(`max ${size} ${stride} ${pad}`, () =>
      gradients((input) => tf.maxPool(input as tf.Tensor4D, size, stride, pad), x(), 2),
    );
    await agree(`average ${size} ${stride} ${pad}`, () =>
      gradients((input) => tf.avgPool(input as tf.Tensor4D, size, stride, pad), x(), 2),
    );
  }
});

test("3D convolutions' gradients agree with cpu over random shapes", async () => {
  for (let seed = 1; seed <= 20; seed++) {
    const roll = die(seed);
    const filter = [roll(1, 3), roll(1, 3), roll(1, 3), roll(1, 4), roll(1, 4)];
    const strides: [number, number, number] = [roll(1, 2), roll(1, 2), roll(1, 2)];
    const x = [roll(1, 2), ...filter.slice(0, 3).map((size) => size + roll(0, 3)), filter[3] as number];
    const pad = roll(0, 1) === 0 ? "same" : "valid";
    await agree(JSON.stringify({ x, filter, strides, pad }), () =>
      gradients(
        (input, weights) => tf.conv3d(input as tf.Tensor5D, weights as tf.Tensor5D, strides, pad),
        [noise(x, seed), noise(filter, seed + 1000)],
        seed + 2000,
      ),
    );
  }
});

test("3D pooling and its gradients agree with cpu", async () => {
  for (const [size, stride, pad] of [
    [2, 2, "valid"],
    [3, 2, "same"],
  ] as const) {
    const x = () => noise([2, 5, 6, 7, 3], size);
    const pool = (input: tf.Tensor) => tf.maxPool3d(input as tf.Tensor5D, size, stride, pad);
    await agree(`max ${size}`, () => [pool(x()), ...gradients(pool, [x()], 2)]);
    await agree(`average ${size}`, () =>
      gradients((input) => tf.avgPool3d(input as tf.Tensor5D, size, stride, pad), [x()], 2),
    );
  }
});

test("the largest of negative numbers gets max pooling's gradient", async () => {
  await tf.setBackend("wasm");
  const x = tf.tensor4d([-4, -3, -1, -2], [1, 2, 2, 1]);
  const gradient = tf.grad((input) => tf.maxPool(input as tf.Tensor4D, 2, 2, "valid"))(x, tf.ones([1, 1, 1, 1]));
  assert.deepEqual([...gradient.dataSync()], [0, 0, 1, 0]);
  tf.dispose([x, gradient]);
});

test("a kernel that fails gives its memory back", async () => {
  await tf.setBackend("wasm");
  const [a, b] = [noise([2, 3], 1), noise([4, 5], 2)];
  const before = tf.memory();
  assert.throws(() =>
    tf.engine().runKernel("BatchMatMul", { a, b }, { transposeA: false, transposeB: false } as never),
  );
  assert.equal(tf.memory().numDataBuffers, before.numDataBuffers);
  tf.dispose([a, b]);
});
