/**
 * The wasm backend from below: its heap, its numbered tensors and its native functions.
 *
 * Kernels here take scratch memory and views of other tensors' memory, and call the native functions on their ids, so
 * that nothing passes through TF.js's engine and nothing is copied that need not be.
 */
import type { DataType, KernelBackend, TensorInfo } from "@tensorflow/tfjs-core";

interface WasmModule {
  HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(offset: number): void;
  cwrap(name: string, returns: null, takes: string[]): (...values: unknown[]) => void;
  tfjs: {
    registerTensor(id: number, size: number, offset: number): void;
    disposeData(id: number): void;
  };
}

/** The part of TF.js's `BackendWasm` that the kernels use. */
export interface WasmBackend extends KernelBackend {
  wasm: WasmModule;
  dataIdNextNumber: number;
  dataIdMap: { get(dataId: object): { id: number; memoryOffset: number } };
  makeOutput(shape: number[], dtype: DataType): TensorInfo;
}

/** Memory that the native functions know by `id`: `size` float32 numbers at byte `offset` of the heap. */
export interface Block {
  id: number;
  offset: number;
  size: number;
}

/** The memory of a tensor. */
export function blockOf(backend: WasmBackend, tensor: TensorInfo): Block {
  const { id, memoryOffset } = backend.dataIdMap.get(tensor.dataId);
  return { id, offset: memoryOffset, size: tensor.shape.reduce((product, n) => product * n, 1) };
}

/** Everything that one kernel borrows; `free` gives it all back. */
export class Scratch {
  readonly #backend: WasmBackend;
  readonly #ids: number[] = [];
  readonly #offsets: number[] = [];

  constructor(backend: WasmBackend) {
    this.#backend = backend;
  }

  /** New memory, not cleared. May move the heap: take `floats` after the last `allocate`. */
  allocate(size: number): Block {
    const offset = this.#backend.wasm._malloc(size * 4) >>> 0;
    if (offset === 0 && size > 0) throw new Error(`The wasm backend has no memory for ${size} more numbers.`);
    this.#offsets.push(offset);
    return this.#register(offset, size);
  }

  /** `size` numbers of `block`, from its number `first` on. */
  view(block: Block, first: number, size: number): Block {
    return this.#register(block.offset + first * 4, size);
  }

  free(): void {
    const { wasm } = this.#backend;
    for (const id of this.#ids) wasm.tfjs.disposeData(id);
    for (const offset of this.#offsets) wasm._free(offset);
  }

  #register(offset: number, size: number): Block {
    const id = this.#backend.dataIdNextNumber++;
    this.#backend.wasm.tfjs.registerTensor(id, size, offset);
    this.#ids.push(id);
    return { id, offset, size };
  }
}

/** Runs `work` with a scratch that is freed whatever happens. */
export function withScratch<T>(backend: WasmBackend, work: (scratch: Scratch) => T): T {
  const scratch = new Scratch(backend);
  try {
    return work(scratch);
  } finally {
    scratch.free();
  }
}

/** The numbers of a block, in place; void as soon as anything is allocated. */
export function floats(backend: WasmBackend, block: Block): Float32Array {
  return new Float32Array(backend.wasm.HEAPU8.buffer, block.offset, block.size);
}

/** A shape as native functions take it. */
export function shapeBytes(shape: readonly number[]): Uint8Array {
  return new Uint8Array(Int32Array.from(shape).buffer);
}

type Native = (...values: unknown[]) => void;
const natives = new WeakMap<WasmModule, Map<string, Native>>();

/** A native function by name; `takes` as Emscripten's `cwrap` has it. */
export function native(backend: WasmBackend, name: string, takes: string[]): Native {
  let known = natives.get(backend.wasm);
  if (!known) {
    known = new Map();
    natives.set(backend.wasm, known);
  }
  let wrapped = known.get(name);
  if (!wrapped) {
    wrapped = backend.wasm.cwrap(name, null, takes);
    known.set(name, wrapped);
  }
  return wrapped;
}
