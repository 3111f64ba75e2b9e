/** XNNPACK's convolution on blocks: no padding, stride 1. */
import { type Block, native, type WasmBackend } from "./heap.ts";

/** Image `[n, h, w, ic]`, filter `[kh, kw, ic, oc]`, its taps `dilation` apart. */
export interface PlainConvolution {
  n: number;
  h: number;
  w: number;
  ic: number;
  oc: number;
  kh: number;
  kw: number;
  dilationHeight: number;
  dilationWidth: number;
}

/** `out [n, h - (kh - 1) * dilation, w - (kw - 1) * dilation, oc]`. */
export function convolveInto(backend: WasmBackend, x: Block, filter: Block, out: Block, c: PlainConvolution): void {
  const call = native(backend, "Conv2D", new Array(19).fill("number"));
  call(
    x.id,
    c.n,
    c.h,
    c.w,
    filter.id,
    c.kh,
    c.kw,
    ...[0, 0, 0, 0], // padding
    0, // not "same"
    c.dilationHeight,
    c.dilationWidth,
    ...[1, 1], // strides
    c.ic,
    c.oc,
    out.id,
  );
}
