/**
 * A convolution as a matrix product: image to columns and back, on the wasm heap.
 *
 * The columns matrix has a row for each output pixel `(n, oh, ow)` and a column for each weight `(kh, kw, ic)`. Along
 * a filter's row both the image and the matrix are contiguous (NHWC), so that it moves in runs of `kw * ic` numbers.
 */
import { type ConvShape, reach } from "./shape.ts";

/** Transposed columns, `[kh * kw * ic, n * oh * ow]`: the left factor of the filter's gradient. */
export function imageToColumnsTransposed(out: Float32Array, x: Float32Array, c: ConvShape): void {
  const pixels = c.n * c.oh * c.ow;
  out.fill(0);
  for (let i = 0; i < c.kh; i++) {
    const [firstRow, lastRow] = reach(c.oh, c.h, c.sh, i, c.top);
    for (let j = 0; j < c.kw; j++) {
      const [firstColumn, lastColumn] = reach(c.ow, c.w, c.sw, j, c.left);
      for (let n = 0; n < c.n; n++) {
        for (let row = firstRow; row < lastRow; row++) {
          const y = row * c.sh + i - c.top;
          const source = ((n * c.h + y) * c.w + firstColumn * c.sw + j - c.left) * c.ic;
          const target = (i * c.kw + j) * c.ic * pixels + (n * c.oh + row) * c.ow + firstColumn;
          copyPixels(out, target, pixels, x, source, c.sw * c.ic, lastColumn - firstColumn, c.ic);
        }
      }
    }
  }
}

/** Each of `channels` channels of `count` pixels that lie `step` apart becomes a run of its own, `apart` from the next. */
function copyPixels(
  out: Float32Array,
  target: number,
  apart: number,
  x: Float32Array,
  source: number,
  step: number,
  count: number,
  channels: number,
): void {
  for (let channel = 0; channel < channels; channel++) {
    let at = target + channel * apart;
    let from = source + channel;
    for (let pixel = 0; pixel < count; pixel++) {
      out[at++] = x[from] as number;
      from += step;
    }
  }
}

/** Adds the columns `[n * oh * ow, kh * kw * ic]` back onto the image `x [n, h, w, ic]` that they were taken from. */
export function columnsToImage(x: Float32Array, columns: Float32Array, c: ConvShape): void {
  const width = c.kh * c.kw * c.ic;
  x.fill(0);
  for (let n = 0; n < c.n; n++) {
    for (let row = 0; row < c.oh; row++) {
      const top = row * c.sh - c.top;
      const firstTap = Math.max(0, -top);
      const lastTap = Math.min(c.kh, c.h - top);
      for (let column = 0; column < c.ow; column++) {
        const left = column * c.sw - c.left;
        const first = Math.max(0, -left);
        const count = (Math.min(c.kw, c.w - left) - first) * c.ic;
        const from = ((n * c.oh + row) * c.ow + column) * width;
        for (let i = firstTap; i < lastTap; i++) {
          let at = ((n * c.h + top + i) * c.w + left + first) * c.ic;
          let index = from + (i * c.kw + first) * c.ic;
          for (const end = index + count; index < end; index++, at++) {
            x[at] = (x[at] as number) + (columns[index] as number);
          }
        }
      }
    }
  }
}
