/** Conv2DBackpropFilter on wasm, in two forms that XNNPACK computes; `filterForm` says which is the faster. */
import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import { imageToColumnsTransposed } from "./columns.ts";
import { convolveInto } from "./convolve.ts";
import { type Block, blockOf, floats, type WasmBackend, withScratch } from "./heap.ts";
import { multiply } from "./matmul.ts";
import { type ConvAttributes, type ConvShape, convShape, reach } from "./shape.ts";

export type FilterForm = "columns" | "convolution";

/** dW `[kh * kw * ic, oc]` = columns^T `[kh * kw * ic, n * oh * ow]` times dy `[n * oh * ow, oc]`. */
function byColumns(backend: WasmBackend, x: Block, dy: Block, out: Block, c: ConvShape): void {
  withScratch(backend, (scratch) => {
    const pixels = c.n * c.oh * c.ow;
    const weights = c.kh * c.kw * c.ic;
    const right = { block: dy, rows: pixels, columns: c.oc, transposed: false };
    if (c.kh === 1 && c.kw === 1 && c.oh === c.h && c.ow === c.w) {
      const left = { block: x, rows: pixels, columns: c.ic, transposed: true };
      multiply(backend, scratch, left, right, out);
      return;
    }
    const columns = scratch.allocate(weights * pixels);
    imageToColumnsTransposed(floats(backend, columns), floats(backend, x), c);
    const left = { block: columns, rows: weights, columns: pixels, transposed: false };
    multiply(backend, scratch, left, right, out);
  });
}

/** `[n, h, w, ic]` to `[ic, height, width, n]`, padded and cut to the rows and columns that the convolution saw. */
function channelsFirst(out: Float32Array, x: Float32Array, c: ConvShape, height: number, width: number): void {
  out.fill(0);
  const [firstRow, lastRow] = reach(height, c.h, 1, 0, c.top);
  const [firstColumn, lastColumn] = reach(width, c.w, 1, 0, c.left);
  const image = c.h * c.w * c.ic;
  for (let row = firstRow; row < lastRow; row++) {
    for (let column = firstColumn; column < lastColumn; column++) {
      const source = ((row - c.top) * c.w + column - c.left) * c.ic;
      for (let channel = 0; channel < c.ic; channel++) {
        let from = source + channel;
        let at = ((channel * height + row) * width + column) * c.n;
        for (let n = 0; n < c.n; n++) {
          out[at++] = x[from] as number;
          from += image;
        }
      }
    }
  }
}

/** `[first, second, run]` to `[second, first, run]`. */
function swapFirstTwo(out: Float32Array, x: Float32Array, first: number, second: number, run: number): void {
  for (let a = 0; a < first; a++) {
    for (let b = 0; b < second; b++) {
      let from = (a * second + b) * run;
      let at = (b * first + a) * run;
      for (const end = from + run; from < end; ) out[at++] = x[from++] as number;
    }
  }
}

/** dW is x convolved with dy, channels and batch changing places, and the stride becoming the dilation. */
function byConvolution(backend: WasmBackend, x: Block, dy: Block, out: Block, c: ConvShape): void {
  withScratch(backend, (scratch) => {
    const height = (c.oh - 1) * c.sh + c.kh;
    const width = (c.ow - 1) * c.sw + c.kw;
    const image = scratch.allocate(c.ic * height * width * c.n);
    const filter = scratch.allocate(c.oh * c.ow * c.n * c.oc);
    const result = scratch.allocate(c.ic * c.kh * c.kw * c.oc);
    channelsFirst(floats(backend, image), floats(backend, x), c, height, width);
    swapFirstTwo(floats(backend, filter), floats(backend, dy), c.n, c.oh * c.ow, c.oc);
    convolveInto(backend, image, filter, result, {
      n: c.ic,
      h: height,
      w: width,
      ic: c.n,
      oc: c.oc,
      kh: c.oh,
      kw: c.ow,
      dilationHeight: c.sh,
      dilationWidth: c.sw,
    });
    swapFirstTwo(floats(backend, out), floats(backend, result), c.ic, c.kh * c.kw, c.oc);
  });
}

/**
 * Which form is the faster for a shape, as `benchmarks/wasm_kernels.mjs --forms` measures it. The columns cost by their
 * number, `taps * ic` a pixel; the convolution by what XNNPACK packs as its filter, `oc` a pixel, about eight times as dear.
 */
export function filterForm(c: ConvShape): FilterForm {
  const taps = c.kh * c.kw;
  return (taps >= 16 || c.oc <= 8) && taps * c.ic > 8 * c.oc ? "convolution" : "columns";
}

/** dW `[kh, kw, ic, oc]` out of x `[n, h, w, ic]` and dy `[n, oh, ow, oc]`, in a form or in the faster one. */
export function filterGradient(
  backend: WasmBackend,
  x: Block,
  dy: Block,
  out: Block,
  c: ConvShape,
  form: FilterForm = filterForm(c),
): void {
  const compute = form === "columns" ? byColumns : byConvolution;
  compute(backend, x, dy, out, c);
}

/** The kernel, with a form or with the faster one. */
export function conv2dBackpropFilter(form?: FilterForm): KernelFunc {
  return (call): TensorInfo => {
    const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo };
    const attributes = call.attrs as unknown as ConvAttributes & { filterShape: number[] };
    const backend = call.backend as WasmBackend;
    const c = convShape(x.shape, attributes.filterShape, attributes);
    const out = backend.makeOutput(attributes.filterShape, "float32");
    filterGradient(backend, blockOf(backend, x), blockOf(backend, dy), blockOf(backend, out), c, form);
    return out;
  };
}
