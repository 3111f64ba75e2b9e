/** Transposition of matrices on the wasm heap. */

/** Side of the square tiles that keep both matrices' lines in the cache. */
const TILE = 16;

/** `to[c, r] = from[r, c]`. */
export function transposeInto(to: Float32Array, from: Float32Array, rows: number, columns: number): void {
  for (let top = 0; top < rows; top += TILE) {
    const bottom = Math.min(rows, top + TILE);
    for (let left = 0; left < columns; left += TILE) {
      const right = Math.min(columns, left + TILE);
      for (let c = left; c < right; c++) {
        let at = c * rows + top;
        let index = top * columns + c;
        for (let r = top; r < bottom; r++) {
          to[at++] = from[index] as number;
          index += columns;
        }
      }
    }
  }
}
