/**
 * Starts TF.js's backends, each loaded when it is first wanted, and notices when a GPU is taken away.
 *
 * A lost GPU answers with zeros or never: nothing read from it after the loss counts, and `orUntilLost` ends the waiting.
 */
import { TrainerError } from "./errors.ts";
import { tf } from "./tfjs.ts";

export type BackendName = "webgpu" | "webgl" | "wasm" | "cpu";

/** In the order in which they are preferred. */
export const BACKEND_NAMES: readonly BackendName[] = ["webgpu", "webgl", "wasm", "cpu"];

let wasmFolder: string | null = null;

/**
 * Where the `.wasm` files lie: a folder's path in Node, a URL in a browser, with or without its last slash. Without a call the wasm
 * backend looks beside its own script. To be called before `useBackend("wasm")`.
 */
export function configureWasm(urlOrPath: string): void {
  wasmFolder = /[\\/]$/.test(urlOrPath) ? urlOrPath : `${urlOrPath}/`;
}

const loaded = new Map<BackendName, Promise<void>>();

const LOADERS: Record<BackendName, () => Promise<void>> = {
  async webgpu() {
    await import("@tensorflow/tfjs-backend-webgpu");
  },
  async webgl() {
    await import("@tensorflow/tfjs-backend-webgl"); // which registers the flag
    // Whether a software renderer will do is decided in backend.ts, not by TF.js refusing it.
    tf.env().set("SOFTWARE_WEBGL_ENABLED", true);
  },
  async wasm() {
    const [{ setWasmPaths }, { installWasmKernels }] = await Promise.all([
      import("@tensorflow/tfjs-backend-wasm"),
      import("./kernels/install.ts"),
    ]);
    if (wasmFolder !== null) setWasmPaths(wasmFolder);
    installWasmKernels();
  },
  async cpu() {
    await import("@tensorflow/tfjs-backend-cpu");
  },
};

/**
 * Makes `name` the backend that computes from now on. Tensors of another backend stay there.
 * @throws TrainerError `no_backend` when it cannot start.
 */
export async function useBackend(name: BackendName): Promise<void> {
  try {
    let loading = loaded.get(name);
    if (!loading) {
      loading = LOADERS[name]();
      loaded.set(name, loading);
    }
    await loading;
    if (name === "webgl" && tf.findBackend("webgl") === null) await makeWebGLContext();
    if (!(await tf.setBackend(name))) throw new Error("it did not start");
    await tf.ready();
  } catch (error) {
    const detail = error instanceof Error ? error.message : JSON.stringify(error);
    throw new TrainerError("no_backend", `The backend ${name} cannot be used here: ${detail}.`);
  }
  watch(name);
}

/** The backend in use, if one has been started. */
export function backendInUse(): BackendName | null {
  const name = tf.getBackend() as BackendName | "";
  return name || null;
}

/**
 * Starts the backend in use anew after it was lost. Every tensor it held is gone: trainers must be made again, and their
 * weights come from the server or from what the caller kept.
 */
export async function resetBackend(): Promise<void> {
  const name = backendInUse();
  if (name === null) return;
  forgetBackend(name);
  await useBackend(name);
}

/** Frees all that a backend holds; `useBackend` starts it anew. */
export function forgetBackend(name: BackendName): void {
  const factory = tf.findBackendFactory(name);
  const backend = tf.findBackend(name) as { dispose(): void } | null;
  watched.delete(name);
  if (backendInUse() === name) loss = newLoss();
  try {
    tf.removeBackend(name);
  } catch {
    // A lost GPU may not be able to free what it held; it is gone all the same.
    if (backend) backend.dispose = () => {};
    tf.removeBackend(name);
  }
  if (factory) tf.registerBackend(name, factory);
}

/** Gives TF.js a context on a canvas of ours: its own way fails in Safari's workers. */
async function makeWebGLContext(): Promise<void> {
  const canvas = newCanvas();
  const gl = canvas?.getContext("webgl2", {
    alpha: false,
    antialias: false,
    premultipliedAlpha: false,
    preserveDrawingBuffer: false,
    depth: false,
    stencil: false,
  }) as WebGL2RenderingContext | null | undefined;
  if (!canvas || !gl) return; // TF.js tries WebGL 1 by itself.
  const { setWebGLContext } = await import("@tensorflow/tfjs-backend-webgl");
  setWebGLContext(2, gl);
}

/** A canvas of this page or worker; null in Node. */
export function newCanvas(): OffscreenCanvas | HTMLCanvasElement | null {
  if (typeof OffscreenCanvas !== "undefined") return new OffscreenCanvas(1, 1);
  return typeof document === "undefined" ? null : document.createElement("canvas");
}

interface Loss {
  /** What to throw, once it has happened. */
  error: TrainerError | null;
  /** Those who wait for something of the GPU; one who has got it is here no more, so that nothing is kept for it. */
  readonly waiting: Set<(error: TrainerError) => void>;
  declare(reason: string): void;
}

function newLoss(): Loss {
  const one: Loss = {
    error: null,
    waiting: new Set(),
    declare(reason) {
      if (one.error) return;
      one.error = new TrainerError("backend_lost", `The GPU was taken away: ${reason}.`);
      for (const reject of one.waiting) reject(one.error);
      one.waiting.clear();
      for (const listener of listeners) listener(reason);
    },
  };
  return one;
}

let loss = newLoss();
const watched = new Set<BackendName>();
const listeners = new Set<(reason: string) => void>();

/** Calls `listener` when the GPU in use is taken away (a lost WebGL context, a lost WebGPU device). Returns how to stop. */
export function onContextLost(listener: (reason: string) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** `result`, unless the GPU is taken away first. @throws TrainerError `backend_lost`. */
export async function orUntilLost<T>(result: Promise<T>): Promise<T> {
  const current = loss;
  let fail: (error: TrainerError) => void = () => {};
  try {
    const value = await new Promise<T>((resolve, reject) => {
      fail = reject;
      current.waiting.add(reject);
      if (current.error) reject(current.error);
      result.then(resolve, reject);
    });
    if (current.error) throw current.error;
    return value;
  } finally {
    current.waiting.delete(fail);
  }
}

interface GpuParts {
  /** Of the WebGL backend. */
  gpgpu?: { gl: WebGLRenderingContext };
  /** Of the WebGPU backend. */
  device?: { lost: Promise<{ reason?: string; message?: string }> };
}

/** Listens for the loss of the GPU behind a backend, once for each start. */
function watch(name: BackendName): void {
  if (watched.has(name)) return;
  watched.add(name);
  const current = loss;
  const { gpgpu, device } = tf.backend() as unknown as GpuParts;
  gpgpu?.gl.canvas.addEventListener("webglcontextlost", () => {
    if (watched.has(name) && backendInUse() === name) current.declare("the browser lost the WebGL context");
  });
  device?.lost.then(({ reason, message }) => {
    if (reason !== "destroyed" && watched.has(name) && backendInUse() === name)
      current.declare(message || "the browser lost the WebGPU device");
  });
}
