/** The sizes of a convolution, under short names. */
import { backend_util } from "@tensorflow/tfjs-core";

type Strides = number | [number, number];
type Padding = number | "valid" | "same" | [[number, number], [number, number], [number, number], [number, number]];

/** What the gradient ops hand to a kernel. */
export interface ConvAttributes {
  strides: Strides;
  pad: Padding;
  dilations?: Strides;
  dataFormat?: string;
  dimRoundingMode?: "floor" | "round" | "ceil";
}

/** `x [n, h, w, ic]` with a filter `[kh, kw, ic, oc]` gives `y [n, oh, ow, oc]`; NHWC throughout. */
export interface ConvShape {
  n: number;
  h: number;
  w: number;
  ic: number;
  oh: number;
  ow: number;
  oc: number;
  kh: number;
  kw: number;
  /** Strides. */
  sh: number;
  sw: number;
  /** Zeros before the first row and column; may exceed the filter. */
  top: number;
  left: number;
}

/** What 2D and 3D convolutions have in common in TF.js. */
type PlaneInfo = Pick<
  backend_util.Conv2DInfo,
  | "inHeight"
  | "inWidth"
  | "inChannels"
  | "outHeight"
  | "outWidth"
  | "outChannels"
  | "filterHeight"
  | "filterWidth"
  | "strideHeight"
  | "strideWidth"
> & { padInfo: { top: number; left: number } };

/** @throws Error when dilated or not NHWC: TF.js's own gradients do not know dilation either. */
export function convShape(x: number[], filter: number[], attributes: ConvAttributes, depthwise = false): ConvShape {
  const { strides, pad, dilations = 1, dataFormat = "NHWC", dimRoundingMode } = attributes;
  if (dataFormat !== "NHWC") throw new Error("Convolutions train on wasm with channels last (NHWC) alone.");
  const info = backend_util.computeConv2DInfo(
    x as [number, number, number, number],
    filter as [number, number, number, number],
    strides,
    dilations,
    pad,
    dimRoundingMode,
    depthwise,
  );
  if (info.dilationHeight !== 1 || info.dilationWidth !== 1)
    throw new Error("Dilated convolutions have no gradient in TF.js.");
  return planeShape(info, info.batchSize);
}

/** The sizes of a convolution over `n` planes, from what TF.js computes of a 2D one, or of a 3D one along its planes. */
export function planeShape(info: PlaneInfo, n: number): ConvShape {
  return {
    n,
    h: info.inHeight,
    w: info.inWidth,
    ic: info.inChannels,
    oh: info.outHeight,
    ow: info.outWidth,
    oc: info.outChannels,
    kh: info.filterHeight,
    kw: info.filterWidth,
    sh: info.strideHeight,
    sw: info.strideWidth,
    top: info.padInfo.top,
    left: info.padInfo.left,
  };
}

/** The positions `o` of `0..out` for which `o * stride + tap - before` lies in `0..size`, as `[first, last)`. */
export function reach(out: number, size: number, stride: number, tap: number, before: number): [number, number] {
  const first = Math.max(0, Math.ceil((before - tap) / stride));
  const last = Math.min(out, Math.floor((size - 1 + before - tap) / stride) + 1);
  return [first, Math.max(first, last)];
}
