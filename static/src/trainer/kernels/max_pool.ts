/**
 * MaxPool3D, and the gradients of MaxPool and MaxPool3D, on wasm. The backend's own start looking for a window's largest
 * number at the smallest positive one, so that windows of negative numbers (after a tanh, say) come out wrong.
 */
import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import { blockOf, floats, type WasmBackend } from "./heap.ts";
import { type Pooling, pooling2d, pooling3d, windowOf } from "./windows.ts";

/** For each number of the output, in order, the index of the largest number of `x` in its window, the first of equals. */
function largestIndices(x: Float32Array, { n, channels, depth, height, width }: Pooling): Int32Array {
  const indices = new Int32Array(n * depth.out * height.out * width.out * channels);
  let output = 0;
  for (let image = 0; image < n; image++) {
    for (let z = 0; z < depth.out; z++) {
      const [front, back] = windowOf(depth, z);
      for (let y = 0; y < height.out; y++) {
        const [top, bottom] = windowOf(height, y);
        for (let column = 0; column < width.out; column++, output += channels) {
          const [left, right] = windowOf(width, column);
          const first = (((image * depth.size + front) * height.size + top) * width.size + left) * channels;
          for (let channel = 0; channel < channels; channel++) indices[output + channel] = first + channel;
          for (let d = front; d < back; d++) {
            for (let r = top; r < bottom; r++) {
              const row = ((image * depth.size + d) * height.size + r) * width.size;
              raise(indices, output, x, (row + left) * channels, (row + right) * channels, channels);
            }
          }
        }
      }
    }
  }
  return indices;
}

/** Lets the numbers `from..to` of `x`, a row of pixels, compete for the `channels` places that start at `output`. */
function raise(indices: Int32Array, output: number, x: Float32Array, from: number, to: number, channels: number): void {
  for (let pixel = from; pixel < to; pixel += channels) {
    for (let channel = 0; channel < channels; channel++) {
      if ((x[pixel + channel] as number) > (x[indices[output + channel] as number] as number))
        indices[output + channel] = pixel + channel;
    }
  }
}

export const maxPool3d: KernelFunc = (call): TensorInfo => {
  const { x } = call.inputs as { x: TensorInfo };
  const backend = call.backend as WasmBackend;
  const pooling = pooling3d(x.shape, call.attrs);
  const { n, channels, depth, height, width } = pooling;
  const out = backend.makeOutput([n, depth.out, height.out, width.out, channels], "float32");
  const values = floats(backend, blockOf(backend, x));
  const largest = floats(backend, blockOf(backend, out));
  largestIndices(values, pooling).forEach((index, output) => {
    largest[output] = values[index] as number;
  });
  return out;
};

function gradient(poolingOf: (shape: number[], attributes: unknown) => Pooling): KernelFunc {
  return (call): TensorInfo => {
    const { dy, input } = call.inputs as { dy: TensorInfo; input: TensorInfo };
    const backend = call.backend as WasmBackend;
    const out = backend.makeOutput(input.shape, "float32");
    const indices = largestIndices(floats(backend, blockOf(backend, input)), poolingOf(input.shape, call.attrs));
    const given = floats(backend, blockOf(backend, dy));
    const dx = floats(backend, blockOf(backend, out)).fill(0);
    for (let output = 0; output < indices.length; output++) {
      const index = indices[output] as number;
      dx[index] = (dx[index] as number) + (given[output] as number);
    }
    return out;
  };
}

export const maxPoolGrad: KernelFunc = gradient(pooling2d);
export const maxPool3dGrad: KernelFunc = gradient(pooling3d);
