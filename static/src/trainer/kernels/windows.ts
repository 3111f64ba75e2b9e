/** How pooling windows lie on an image or a volume. */
import { backend_util } from "@tensorflow/tfjs-core";

/** One axis: sizes before and after pooling, and how windows lie on it. */
export interface Axis {
  size: number;
  out: number;
  stride: number;
  window: number;
  before: number;
}

export interface Pooling {
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

export function pooling2d(shape: number[], attributes: unknown): Pooling {
  const { filterSize, strides, pad, dimRoundingMode } = attributes as Attributes;
  const info = backend_util.computePool2DInfo(shape as never, filterSize, strides, 1, pad, dimRoundingMode);
  return { n: info.batchSize, channels: info.inChannels, depth: FLAT, ...axes2d(info) };
}

export function pooling3d(shape: number[], attributes: unknown): Pooling {
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
export function windowOf({ size, stride, window, before }: Axis, index: number): [number, number] {
  const start = index * stride - before;
  return [Math.max(0, start), Math.min(size, start + window)];
}
