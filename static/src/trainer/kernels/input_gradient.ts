/** Conv2DBackpropInput on wasm, in two forms that XNNPACK computes; `inputForm` says which is the faster. */
import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import { columnsToImage } from "./columns.ts";
import { convolveInto } from "./convolve.ts";
import { type Block, blockOf, floats, type WasmBackend, withScratch } from "./heap.ts";
import { multiply } from "./matmul.ts";
import { type ConvAttributes, type ConvShape, convShape } from "./shape.ts";

export type InputForm = "columns" | "convolution";

/** The columns' gradient, dy `[n * oh * ow, oc]` times W^T `[oc, kh * kw * ic]`, added back onto the image. */
function byColumns(backend: WasmBackend, dy: Block, filter: Block, out: Block, c: ConvShape): void {
  withScratch(backend, (scratch) => {
    const pixels = c.n * c.oh * c.ow;
    const weights = c.kh * c.kw * c.ic;
    const left = { block: dy, rows: pixels, columns: c.oc, transposed: false };
    const right = { block: filter, rows: weights, columns: c.oc, transposed: true };
    if (c.kh === 1 && c.kw === 1 && c.oh === c.h && c.ow === c.w) {
      multiply(backend, scratch, left, right, out);
      return;
    }
    const columns = scratch.allocate(pixels * weights);
    multiply(backend, scratch, left, right, columns);
    columnsToImage(floats(backend, out), floats(backend, columns), c);
  });
}

/**
 * dy with `stride - 1` zeros between its pixels, framed so that a plain convolution with the turned filter covers the
 * image: pixel `o` comes to lie at `o * stride + k - 1 - before`. What would lie outside (padding beyond `k - 1`) is left out.
 */
function spread(out: Float32Array, dy: Float32Array, c: ConvShape, height: number, width: number): void {
  out.fill(0);
  for (let n = 0; n < c.n; n++) {
    for (let row = 0; row < c.oh; row++) {
      const y = row * c.sh + c.kh - 1 - c.top;
      if (y < 0 || y >= height) continue;
      for (let column = 0; column < c.ow; column++) {
        const x = column * c.sw + c.kw - 1 - c.left;
        if (x < 0 || x >= width) continue;
        let from = ((n * c.oh + row) * c.ow + column) * c.oc;
        let at = ((n * height + y) * width + x) * c.oc;
        for (const end = from + c.oc; from < end; ) out[at++] = dy[from++] as number;
      }
    }
  }
}

/** `[kh, kw, ic, oc]` to `[kh, kw, oc, ic]`, turned by half a circle. */
function turned(out: Float32Array, filter: Float32Array, c: ConvShape): void {
  const taps = c.kh * c.kw;
  const size = c.ic * c.oc;
  for (let tap = 0; tap < taps; tap++) {
    const source = (taps - 1 - tap) * size;
    for (let o = 0; o < c.oc; o++) {
      for (let i = 0; i < c.ic; i++) out[tap * size + o * c.ic + i] = filter[source + i * c.oc + o] as number;
    }
  }
}

function byConvolution(backend: WasmBackend, dy: Block, filter: Block, out: Block, c: ConvShape): void {
  withScratch(backend, (scratch) => {
    const height = c.h + c.kh - 1;
    const width = c.w + c.kw - 1;
    const image = scratch.allocate(c.n * height * width * c.oc);
    const flipped = scratch.allocate(c.kh * c.kw * c.ic * c.oc);
    spread(floats(backend, image), floats(backend, dy), c, height, width);
    turned(floats(backend, flipped), floats(backend, filter), c);
    convolveInto(backend, image, flipped, out, {
      n: c.n,
      h: height,
      w: width,
      ic: c.oc,
      oc: c.ic,
      kh: c.kh,
      kw: c.kw,
      dilationHeight: 1,
      dilationWidth: 1,
    });
  });
}

/**
 * Which form is the faster for a shape, as `benchmarks/wasm_kernels.mjs --forms` measures it. The convolution multiplies
 * the zeros that a stride or a frame puts in, and fills XNNPACK's tiles only when there are enough channels.
 */
export function inputForm(c: ConvShape): InputForm {
  const isDense = c.sh === 1 && c.sw === 1 && c.h * c.w <= 2 * c.oh * c.ow;
  return isDense && c.ic >= 8 && c.kh * c.kw > 1 ? "convolution" : "columns";
}

/** dx `[n, h, w, ic]` out of dy `[n, oh, ow, oc]` and the filter `[kh, kw, ic, oc]`, in a form or in the faster one. */
export function inputGradient(
  backend: WasmBackend,
  dy: Block,
  filter: Block,
  out: Block,
  c: ConvShape,
  form: InputForm = inputForm(c),
): void {
  const compute = form === "columns" ? byColumns : byConvolution;
  compute(backend, dy, filter, out, c);
}

/** The kernel, with a form or with the faster one. */
export function conv2dBackpropInput(form?: InputForm): KernelFunc {
  return (call): TensorInfo => {
    const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo };
    const attributes = call.attrs as unknown as ConvAttributes & { inputShape: number[] };
    const backend = call.backend as WasmBackend;
    const c = convShape(attributes.inputShape, filter.shape, attributes);
    const out = backend.makeOutput(attributes.inputShape, "float32");
    inputGradient(backend, blockOf(backend, dy), blockOf(backend, filter), blockOf(backend, out), c, form);
    return out;
  };
}
