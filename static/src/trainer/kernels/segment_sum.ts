/** UnsortedSegmentSum on wasm: the gradient of a gather, so of an embedding. */
import type { KernelFunc, TensorInfo } from "@tensorflow/tfjs-core";
import { blockOf, floats, type WasmBackend } from "./heap.ts";

/** Adds each row of `x [rows, ...]` to row `segmentIds[row]` of the result `[numSegments, ...]`; ids outside it are skipped. */
export const unsortedSegmentSum: KernelFunc = (call): TensorInfo => {
  const { x, segmentIds } = call.inputs as { x: TensorInfo; segmentIds: TensorInfo };
  const { numSegments } = call.attrs as unknown as { numSegments: number };
  const backend = call.backend as WasmBackend;
  const [rows = 0, ...rest] = x.shape;
  const width = rest.reduce((product, n) => product * n, 1);
  const out = backend.makeOutput([numSegments, ...rest], "float32");
  const sums = floats(backend, blockOf(backend, out)).fill(0);
  const values = floats(backend, blockOf(backend, x));
  const ids = new Int32Array(backend.wasm.HEAPU8.buffer, blockOf(backend, segmentIds).offset, rows);
  for (let row = 0; row < rows; row++) {
    const id = ids[row] as number;
    if (id < 0 || id >= numSegments) continue;
    let at = id * width;
    let from = row * width;
    for (const end = from + width; from < end; from++, at++) sums[at] = (sums[at] as number) + (values[from] as number);
  }
  return out;
};
