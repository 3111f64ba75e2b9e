/**
 * DepthwiseConv2dNativeBackpropInput and -Filter on wasm: loops over the heap. Each weight meets each pixel once, too
 * little work for each number moved to gain from a matrix product.
 */
import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import { blockOf, floats, type WasmBackend } from "./heap.ts";
import { type ConvAttributes, type ConvShape, convShape, reach } from "./shape.ts";

/** Calls `visit` for each row of pixels that one tap of the filter touches, with the indices of its first numbers. */
function eachRow(
  c: ConvShape,
  multiplier: number,
  visit: (tap: number, x: number, y: number, pixels: number) => void,
): void {
  const channels = c.ic * multiplier;
  for (let n = 0; n < c.n; n++) {
    for (let i = 0; i < c.kh; i++) {
      const [firstRow, lastRow] = reach(c.oh, c.h, c.sh, i, c.top);
      for (let j = 0; j < c.kw; j++) {
        const [firstColumn, lastColumn] = reach(c.ow, c.w, c.sw, j, c.left);
        if (firstColumn === lastColumn) continue;
        const tap = (i * c.kw + j) * channels;
        for (let row = firstRow; row < lastRow; row++) {
          const x = ((n * c.h + row * c.sh + i - c.top) * c.w + firstColumn * c.sw + j - c.left) * c.ic;
          const y = ((n * c.oh + row) * c.ow + firstColumn) * channels;
          visit(tap, x, y, lastColumn - firstColumn);
        }
      }
    }
  }
}

/** dx `[n, h, w, ic]` += dy `[n, oh, ow, ic * m]` times the filter `[kh, kw, ic, m]`, along one row. */
function addInputRow(
  dx: Float32Array,
  dy: Float32Array,
  filter: Float32Array,
  c: ConvShape,
  m: number,
  at: { tap: number; x: number; y: number; pixels: number },
): void {
  const channels = c.ic * m;
  for (let pixel = 0; pixel < at.pixels; pixel++) {
    const x = at.x + pixel * c.sw * c.ic;
    const y = at.y + pixel * channels;
    if (m === 1) {
      for (let k = 0; k < channels; k++)
        dx[x + k] = (dx[x + k] as number) + (dy[y + k] as number) * (filter[at.tap + k] as number);
      continue;
    }
    for (let channel = 0, k = 0; channel < c.ic; channel++) {
      let sum = dx[x + channel] as number;
      for (const end = k + m; k < end; k++) sum += (dy[y + k] as number) * (filter[at.tap + k] as number);
      dx[x + channel] = sum;
    }
  }
}

/** The filter's gradient += x times dy, along one row. */
function addFilterRow(
  df: Float64Array,
  x: Float32Array,
  dy: Float32Array,
  c: ConvShape,
  m: number,
  at: { tap: number; x: number; y: number; pixels: number },
): void {
  const channels = c.ic * m;
  for (let pixel = 0; pixel < at.pixels; pixel++) {
    const from = at.x + pixel * c.sw * c.ic;
    const y = at.y + pixel * channels;
    if (m === 1) {
      for (let k = 0; k < channels; k++)
        df[at.tap + k] = (df[at.tap + k] as number) + (x[from + k] as number) * (dy[y + k] as number);
      continue;
    }
    for (let channel = 0, k = 0; channel < c.ic; channel++) {
      const value = x[from + channel] as number;
      for (const end = k + m; k < end; k++) df[at.tap + k] = (df[at.tap + k] as number) + value * (dy[y + k] as number);
    }
  }
}

export const depthwiseBackpropInput: KernelFunc = (call): TensorInfo => {
  const { dy, filter } = call.inputs as { dy: TensorInfo; filter: TensorInfo };
  const attributes = call.attrs as unknown as ConvAttributes & { inputShape: number[] };
  const backend = call.backend as WasmBackend;
  const c = convShape(attributes.inputShape, filter.shape, attributes, true);
  const multiplier = filter.shape[3] as number;
  const out = backend.makeOutput(attributes.inputShape, "float32");
  const dx = floats(backend, blockOf(backend, out)).fill(0);
  const gradient = floats(backend, blockOf(backend, dy));
  const weights = floats(backend, blockOf(backend, filter));
  eachRow(c, multiplier, (tap, x, y, pixels) => {
    addInputRow(dx, gradient, weights, c, multiplier, { tap, x, y, pixels });
  });
  return out;
};

export const depthwiseBackpropFilter: KernelFunc = (call): TensorInfo => {
  const { x, dy } = call.inputs as { x: TensorInfo; dy: TensorInfo };
  const attributes = call.attrs as unknown as ConvAttributes & { filterShape: number[] };
  const backend = call.backend as WasmBackend;
  const c = convShape(x.shape, attributes.filterShape, attributes, true);
  const multiplier = attributes.filterShape[3] as number;
  const out = backend.makeOutput(attributes.filterShape, "float32");
  const image = floats(backend, blockOf(backend, x));
  const gradient = floats(backend, blockOf(backend, dy));
  const sums = new Float64Array(c.kh * c.kw * c.ic * multiplier);
  eachRow(c, multiplier, (tap, from, y, pixels) => {
    addFilterRow(sums, image, gradient, c, multiplier, { tap, x: from, y, pixels });
  });
  floats(backend, blockOf(backend, out)).set(sums);
  return out;
};
