/**
 * Conv3DBackpropFilterV2 and -InputV2 on wasm (the backend's own give wrong numbers): a 3D convolution is, for each tap
 * along the depth, a 2D convolution of the frames that meet there.
 */
import { backend_util, type KernelFunc, type TensorInfo } from "@tensorflow/tfjs-core";
import { filterGradient } from "./filter_gradient.ts";
import { type Block, blockOf, floats, type WasmBackend, withScratch } from "./heap.ts";
import { inputGradient } from "./input_gradient.ts";
import { type ConvShape, planeShape, reach } from "./shape.ts";

type Five = [number, number, number, number, number];
type Info = ReturnType<typeof backend_util.computeConv3DInfo>;

interface Attributes {
  strides: number | [number, number, number];
  pad: "same" | "valid";
}

function infoOf(x: number[], filter: number[], attributes: unknown): Info {
  const { strides, pad } = attributes as Attributes;
  return backend_util.computeConv3DInfo(x as Five, filter as Five, strides, 1, pad);
}

/** The frames of x and of dy that one depth tap brings together, by number; `shape` is their 2D convolution. */
interface Meeting {
  frames: number[];
  outFrames: number[];
  shape: ConvShape;
}

function meetingAt(info: Info, tap: number): Meeting {
  const [first, last] = reach(info.outDepth, info.inDepth, info.strideDepth, tap, info.padInfo.front);
  const frames: number[] = [];
  const outFrames: number[] = [];
  for (let n = 0; n < info.batchSize; n++) {
    for (let out = first; out < last; out++) {
      frames.push(n * info.inDepth + out * info.strideDepth + tap - info.padInfo.front);
      outFrames.push(n * info.outDepth + out);
    }
  }
  return { frames, outFrames, shape: planeShape(info, frames.length) };
}

/** Frames `from` one after the other. */
function gather(backend: WasmBackend, to: Block, from: Block, frames: number[]): void {
  const size = to.size / frames.length;
  const [target, source] = [floats(backend, to), floats(backend, from)];
  frames.forEach((frame, i) => {
    target.set(source.subarray(frame * size, (frame + 1) * size), i * size);
  });
}

/** Frames one after the other, each added to its place in `to`. */
function scatter(backend: WasmBackend, to: Block, from: Block, frames: number[]): void {
  const size = from.size / frames.length;
  const [target, source] = [floats(backend, to), floats(backend, from)];
  frames.forEach((frame, i) => {
    for (let k = 0; k < size; k++)
      target[frame * size + k] = (target[frame * size + k] as number) + (source[i * size + k] as number);
  });
}

export const conv3dBackpropFilter: KernelFunc = (call): TensorInfo => {
  const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo };
  const { filterShape } = call.attrs as unknown as { filterShape: number[] };
  const backend = call.backend as WasmBackend;
  const info = infoOf(x.shape, filterShape, call.attrs);
  const out = backend.makeOutput(filterShape, "float32");
  floats(backend, blockOf(backend, out)).fill(0);
  for (let tap = 0; tap < info.filterDepth; tap++) {
    const { frames, outFrames, shape } = meetingAt(info, tap);
    if (frames.length === 0) continue;
    withScratch(backend, (scratch) => {
      const images = scratch.allocate(shape.n * shape.h * shape.w * shape.ic);
      const gradients = scratch.allocate(shape.n * shape.oh * shape.ow * shape.oc);
      gather(backend, images, blockOf(backend, x), frames);
      gather(backend, gradients, blockOf(backend, dy), outFrames);
      const size = shape.kh * shape.kw * shape.ic * shape.oc;
      filterGradient(backend, images, gradients, scratch.view(blockOf(backend, out), tap * size, size), shape);
    });
  }
  return out;
};

export const conv3dBackpropInput: KernelFunc = (call): TensorInfo => {
  const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo };
  const { inputShape } = call.attrs as unknown as { inputShape: number[] };
  const backend = call.backend as WasmBackend;
  const info = infoOf(inputShape, filter.shape, call.attrs);
  const out = backend.makeOutput(inputShape, "float32");
  floats(backend, blockOf(backend, out)).fill(0);
  for (let tap = 0; tap < info.filterDepth; tap++) {
    const { frames, outFrames, shape } = meetingAt(info, tap);
    if (frames.length === 0) continue;
    withScratch(backend, (scratch) => {
      const gradients = scratch.allocate(shape.n * shape.oh * shape.ow * shape.oc);
      const images = scratch.allocate(shape.n * shape.h * shape.w * shape.ic);
      gather(backend, gradients, blockOf(backend, dy), outFrames);
      const size = shape.kh * shape.kw * shape.ic * shape.oc;
      const weights = scratch.view(blockOf(backend, filter), tap * size, size);
      inputGradient(backend, gradients, weights, images, shape);
      scatter(backend, blockOf(backend, out), images, frames);
    });
  }
  return out;
};
