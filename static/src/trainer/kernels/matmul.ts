/**
 * BatchMatMul on wasm. The native function reaches XNNPACK only for one untransposed matrix at a time, and falls back to
 * scalar loops for everything that a gradient needs; here every product goes to XNNPACK, on views and on transposed copies.
 */
import { broadcast_util, type KernelFunc, type TensorInfo, util } from "@tensorflow/tfjs-core";
import {
  type Block,
  blockOf,
  floats,
  native,
  type Scratch,
  shapeBytes,
  type WasmBackend,
  withScratch,
} from "./heap.ts";
import { transposeInto } from "./transpose.ts";

/** A row-major matrix, which stands for its transpose when `transposed`. */
export interface Matrix {
  block: Block;
  rows: number;
  columns: number;
  transposed: boolean;
}

/** `out = a b`, all row-major and none transposed: XNNPACK. */
function multiplyPlain(backend: WasmBackend, a: Block, b: Block, out: Block, m: number, k: number, n: number): void {
  const call = native(backend, "BatchMatMul", [
    "number",
    "array",
    "number",
    "number",
    "array",
    "number",
    "number",
    "number",
    "number",
  ]);
  call(a.id, shapeBytes([1, m, k]), 3, b.id, shapeBytes([1, k, n]), 3, 0, 0, out.id);
}

/** The block of `matrix`, or of a transposed copy where it must be one. */
function laidOut(backend: WasmBackend, scratch: Scratch, matrix: Matrix, wantTransposed: boolean): Block {
  const { block, rows, columns, transposed } = matrix;
  if (transposed === wantTransposed || rows === 1 || columns === 1) return block;
  const copy = scratch.allocate(block.size);
  transposeInto(floats(backend, copy), floats(backend, block), rows, columns);
  return copy;
}

/**
 * `out = a b` for matrices that may be transposed. Either the transposed ones are copied, or the others are and the
 * product comes out transposed, `out^T = b^T a^T`: whichever moves fewer numbers, the right-hand factor that XNNPACK packs
 * included. A thin gradient times a large weight matrix is the case that pays.
 */
export function multiply(backend: WasmBackend, scratch: Scratch, a: Matrix, b: Matrix, out: Block): void {
  const m = a.transposed ? a.columns : a.rows;
  const k = a.transposed ? a.rows : a.columns;
  const n = b.transposed ? b.rows : b.columns;
  const straight = (a.transposed ? m * k : 0) + (b.transposed ? k * n : 0) + k * n;
  const flipped = (a.transposed ? 0 : m * k) + (b.transposed ? 0 : k * n) + m * k + m * n;
  if (straight <= flipped || !(a.transposed || b.transposed)) {
    const left = laidOut(backend, scratch, a, false);
    const right = laidOut(backend, scratch, b, false);
    multiplyPlain(backend, left, right, out, m, k, n);
    return;
  }
  const left = laidOut(backend, scratch, b, true);
  const right = laidOut(backend, scratch, a, true);
  const product = scratch.allocate(m * n);
  multiplyPlain(backend, left, right, product, n, k, m);
  transposeInto(floats(backend, out), floats(backend, product), n, m);
}

/** For each batch of the product, which batch of a factor with leading dimensions `own` takes part. */
function batchIndices(own: number[], product: number[]): Int32Array {
  const count = util.sizeFromShape(product);
  const lead = product.length - own.length;
  const indices = new Int32Array(count);
  for (let batch = 0; batch < count; batch++) {
    let rest = batch;
    let stride = 1;
    let index = 0;
    for (let axis = product.length - 1; axis >= lead; axis--) {
      const size = product[axis] as number;
      const ownSize = own[axis - lead] as number;
      if (ownSize !== 1) index += (rest % size) * stride;
      stride *= ownSize;
      rest = Math.floor(rest / size);
    }
    indices[batch] = index;
  }
  return indices;
}

/** The kernel: `a` `[..., m, k]`, `b` `[..., k, n]`, each perhaps transposed, leading dimensions broadcast. */
export const batchMatMul: KernelFunc = (call): TensorInfo => {
  const { a, b } = call.inputs as { a: TensorInfo; b: TensorInfo };
  const { transposeA, transposeB } = call.attrs as unknown as { transposeA: boolean; transposeB: boolean };
  const backend = call.backend as WasmBackend;
  if (a.dtype !== "float32" || b.dtype !== "float32") throw new Error("BatchMatMul on wasm takes float32 alone.");
  const [rowsA, columnsA] = a.shape.slice(-2) as [number, number];
  const [rowsB, columnsB] = b.shape.slice(-2) as [number, number];
  const m = transposeA ? columnsA : rowsA;
  const n = transposeB ? rowsB : columnsB;
  if ((transposeA ? rowsA : columnsA) !== (transposeB ? columnsB : rowsB))
    throw new Error(`matMul: the inner sizes of [${a.shape}] and [${b.shape}] differ.`);
  const leadA = a.shape.slice(0, -2);
  const leadB = b.shape.slice(0, -2);
  const lead = broadcast_util.assertAndGetBroadcastShape(leadA, leadB);
  const out = backend.makeOutput([...lead, m, n], "float32");
  const outBlock = blockOf(backend, out);
  const indicesA = batchIndices(leadA, lead);
  const indicesB = batchIndices(leadB, lead);
  const matrix = (
    scratch: Scratch,
    of: TensorInfo,
    index: number,
    rows: number,
    columns: number,
    transposed: boolean,
  ) => {
    const block = blockOf(backend, of);
    const size = rows * columns;
    return { block: size === block.size ? block : scratch.view(block, index * size, size), rows, columns, transposed };
  };
  for (let batch = 0; batch < indicesA.length; batch++) {
    withScratch(backend, (scratch) => {
      const left = matrix(scratch, a, indicesA[batch] as number, rowsA, columnsA, transposeA);
      const right = matrix(scratch, b, indicesB[batch] as number, rowsB, columnsB, transposeB);
      multiply(
        backend,
        scratch,
        left,
        right,
        indicesA.length === 1 ? outBlock : scratch.view(outBlock, batch * m * n, m * n),
      );
    });
  }
  return out;
};
