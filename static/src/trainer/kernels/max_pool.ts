/**
 * MaxPool3D, and the gradients of MaxPool and MaxPool3D, on wasm. The backend's own start looking for a window's largest
 * number at the smallest positive one, so that windows of negative numbers (after a tanh, say) come out wrong.
 */
import { backend_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { blockOf, floats, type WasmBackend } from "./heap.ts";

/** One axis: sizes before and after pooling, and how windows lie on it. */
interface Axis {
  size: number;
  out: number;
  stride: number;
  window: number;
  before: number;
}

interface Pooling {
  n: number;
  channels: number;
  depth: Axis;
  height: Axis;
  width: Axis;
}

interface Attributes {
  filterSize: never;
  strides: never;
  pad: "same" | "valid" | number;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

const FLAT: Axis = { size: 1, out: 1, stride: 1, window: 1, before: 0 };

function axes2d(info: ReturnType<typeof backend_util.computePool2DInfo>): Pick<Pooling, "height" | "width"> {
  return {
    height: {
      size: info.inHeight,
      out: info.outHeight,
      stride: info.strideHeight,
      window: info.filterHeight,
      before: info.padInfo.top,
    },
    width: {
      size: info.inWidth,
      out: info.outWidth,
      stride: info.strideWidth,
      window: info.filterWidth,
      before: info.padInfo.left,
    },
  };
}

function pooling2d(shape: number[], attributes: unknown): Pooling {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as Attributes;
  const info = backend_util.computePool2DInfo(shape as never, filterSize, strides, 1, pad, dimRoundingMode);
  return { n: info.batchSize, channels: info.inChannels, depth: FLAT, ...axes2d(info) };
}

function pooling3d(shape: number[], attributes: unknown): Pooling {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as Attributes;
  const info = backend_util.computePool3DInfo(shape as never, filterSize, strides, 1, pad, dimRoundingMode);
  const depth = {
    size: info.inDepth,
    out: info.outDepth,
    stride: info.strideDepth,
    window: info.filterDepth,
    before: info.padInfo.front,
  };
  return { n: info.batchSize, channels: info.inChannels, depth, ...axes2d(info as never) };
}

/** The first and the last (not included) position inside the axis of the window number `index`. */
function windowOf({ size, stride, window, before }: Axis, index: number): [number, number] {
  const start = index * stride - before;
  return [Math.max(0, start), Math.min(size, start + window)];
}

/** For each number of the output, in order, the index of the largest number of `x` in its window, the first of equals. */
function largestIndices(x: Float32Array, { n, channels, depth, height, width }: Pooling): Int32Array {
  const indices = new Int32Array(n * depth.out * height.out * width.out * channels);
  let output = 0;
  for (let image = 0; image < n; image++) {
    for (let z = 0; z < depth.out; z++) {
      const [front, back] = windowOf(depth, z);
      for (let y = 0; y < height.out; y++) {
        const [top, bottom] = windowOf(height, y);
        for (let column = 0; column < width.out; column++) {
          const [left, right] = windowOf(width, column);
          const first = ((image * depth.size + front) * height.size + top) * width.size + left;
          for (let channel = 0; channel < channels; channel++) {
            let best = first * channels + channel;
            let largest = x[best] as number;
            for (let d = front; d < back; d++) {
              for (let r = top; r < bottom; r++) {
                let index = (((image * depth.size + d) * height.size + r) * width.size + left) * channels + channel;
                for (let c = left; c < right; c++, index += channels) {
                  const value = x[index] as number;
                  if (value > largest) {
                    largest = value;
                    best = index;
                  }
                }
              }
            }
            indices[output++] = best;
          }
        }
      }
    }
  }
  return indices;
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
