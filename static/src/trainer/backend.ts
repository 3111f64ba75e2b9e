/** Chooses what TF.js computes on: GPUs first, software renderers never, and of the rest what is fastest on the run's own model. */
import type { DatasetConfig, ModelConfig, TrainingConfig } from "./config.ts";
import { TrainerError } from "./errors.ts";
import type { Examples } from "./examples.ts";
import { BACKEND_NAMES, type BackendName, forgetBackend, newCanvas, useBackend } from "./runtime.ts";

export {
  BACKEND_NAMES,
  type BackendName,
  backendInUse,
  configureWasm,
  onContextLost,
  orUntilLost,
  resetBackend,
  useBackend,
} from "./runtime.ts";

/** A backend, and whether it counts here. */
export interface BackendCandidate {
  name: BackendName;
  /** Null: it can be tried. Otherwise why not, as the end of a sentence: "WebGL is drawn in software here (SwiftShader)". */
  skipped: string | null;
}

export interface Measured {
  name: BackendName;
  /** Null: it failed. */
  secondsPerIteration: number | null;
  /** How it failed. */
  failure: string | null;
}

export interface BackendChoice {
  name: BackendName;
  /** A sentence or two for a person: what was chosen, against what, and what was left out. */
  reason: string;
  /** Null when the choice was forced and not measured. */
  secondsPerIteration: number | null;
  measured: Measured[];
  skipped: BackendCandidate[];
}

/** Seconds an iteration takes on the backend in use. */
export type Measure = (name: BackendName) => Promise<number>;

export interface ChoiceOptions {
  /** Take this one, unmeasured, a software renderer too. */
  force?: BackendName;
  /** Instead of asking the device. */
  candidates?: readonly BackendCandidate[];
  /** Instead of starting and freeing real backends. */
  start?(name: BackendName): Promise<void>;
  free?(name: BackendName): void;
}

/** How much slower a GPU may be and still be taken before the CPU, which then stays free for the volunteer. */
const TIE = 1.15;
const SOFTWARE = /swiftshader|llvmpipe|softpipe|lavapipe|microsoft basic|software/i;

interface GpuAdapter {
  isFallbackAdapter?: boolean;
  info?: { isFallbackAdapter?: boolean; vendor?: string; architecture?: string; device?: string; description?: string };
}

async function faultOfWebGPU(): Promise<string | null> {
  const gpu = (
    globalThis.navigator as { gpu?: { requestAdapter(options?: object): Promise<GpuAdapter | null> } } | undefined
  )?.gpu;
  if (!gpu) return globalThis.isSecureContext === false ? "WebGPU needs https" : "there is no WebGPU here";
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" }).catch(() => null);
  if (!adapter) return "WebGPU finds no GPU here";
  const { vendor = "", architecture = "", device = "", description = "" } = adapter.info ?? {};
  const words = [vendor, architecture, device, description].filter(Boolean).join(" ");
  if (adapter.isFallbackAdapter || adapter.info?.isFallbackAdapter || SOFTWARE.test(words))
    return `WebGPU is computed in software here (${words || "a fallback adapter"})`;
  return null;
}

/** The name of the WebGL renderer, where the browser tells. */
function rendererOf(gl: WebGL2RenderingContext): string {
  const plain = String(gl.getParameter(gl.RENDERER) ?? "");
  const info = SOFTWARE.test(plain) ? null : gl.getExtension("WEBGL_debug_renderer_info");
  return info ? String(gl.getParameter(info.UNMASKED_RENDERER_WEBGL) ?? plain) : plain;
}

function faultOfWebGL(): string | null {
  const canvas = newCanvas();
  if (!canvas) return "there is no WebGL here";
  const gl = canvas.getContext("webgl2") as WebGL2RenderingContext | null;
  if (!gl) return "there is no WebGL 2 here";
  const renderer = rendererOf(gl);
  const drawsFloats = gl.getExtension("EXT_color_buffer_float") !== null;
  gl.getExtension("WEBGL_lose_context")?.loseContext();
  if (SOFTWARE.test(renderer)) return `WebGL is drawn in software here (${renderer})`;
  return drawsFloats ? null : "WebGL computes in 16 bits here, too few to train with";
}

/** Every backend in order of preference, with the reason why it is out of the question on this device, if it is. */
export async function candidates(): Promise<BackendCandidate[]> {
  return [
    { name: "webgpu", skipped: await faultOfWebGPU() },
    { name: "webgl", skipped: faultOfWebGL() },
    { name: "wasm", skipped: typeof WebAssembly === "undefined" ? "there is no WebAssembly here" : null },
    { name: "cpu", skipped: null },
  ];
}

/**
 * Measures the candidates and starts the best: the first in order of preference that is about as fast as the fastest. The
 * plain `cpu` backend, tens of times slower than wasm, is tried when nothing else works.
 * @throws TrainerError `no_backend` when none works.
 */
export async function chooseBackend(measure: Measure, options: ChoiceOptions = {}): Promise<BackendChoice> {
  const { force, start = useBackend, free = forgetBackend } = options;
  if (force) {
    await start(force);
    const reason = `${force} was asked for.`;
    return { name: force, reason, secondsPerIteration: null, measured: [], skipped: [] };
  }
  const all = options.candidates ?? (await candidates());
  const skipped = all.filter((candidate) => candidate.skipped !== null);
  const measured: Measured[] = [];
  for (const { name } of all.filter((candidate) => candidate.skipped === null)) {
    if (name === "cpu" && measured.some(({ secondsPerIteration }) => secondsPerIteration !== null)) continue;
    measured.push(await tried(name, start, measure));
  }
  const best = bestOf(measured);
  if (!best)
    throw new TrainerError("no_backend", `Nothing on this device can train. ${inWords(measured, skipped)}`.trim());
  for (const { name } of measured) if (name !== best.name) free(name);
  await start(best.name);
  return { ...best, reason: reasonOf(best, measured, skipped), measured, skipped };
}

async function tried(
  name: BackendName,
  start: (name: BackendName) => Promise<void>,
  measure: Measure,
): Promise<Measured> {
  try {
    await start(name);
    const seconds = await measure(name);
    return Number.isFinite(seconds) && seconds > 0
      ? { name, secondsPerIteration: seconds, failure: null }
      : { name, secondsPerIteration: null, failure: "gave no time" };
  } catch (error) {
    return { name, secondsPerIteration: null, failure: error instanceof Error ? error.message : String(error) };
  }
}

function bestOf(measured: Measured[]): { name: BackendName; secondsPerIteration: number } | null {
  const times = measured.flatMap(({ name, secondsPerIteration }) =>
    secondsPerIteration === null ? [] : [{ name, secondsPerIteration }],
  );
  const fastest = Math.min(...times.map(({ secondsPerIteration }) => secondsPerIteration));
  times.sort((a, b) => BACKEND_NAMES.indexOf(a.name) - BACKEND_NAMES.indexOf(b.name));
  return times.find(({ secondsPerIteration }) => secondsPerIteration <= fastest * TIE) ?? null;
}

const milliseconds = (seconds: number): string => `${(seconds * 1000).toPrecision(2).replace(/\.?0+e/, "e")} ms`;

function reasonOf(
  best: { name: BackendName; secondsPerIteration: number },
  measured: Measured[],
  skipped: BackendCandidate[],
) {
  const others = measured.filter(({ name, secondsPerIteration }) => name !== best.name && secondsPerIteration !== null);
  const time = milliseconds(best.secondsPerIteration);
  const lead =
    others.length > 0
      ? `${best.name} takes ${time} an iteration here, against ${others.map((one) => `${milliseconds(one.secondsPerIteration as number)} on ${one.name}`).join(" and ")}.`
      : `${best.name} is what this device has to train with, at ${time} an iteration.`;
  const failures = measured.filter(({ failure }) => failure !== null);
  return [lead, inWords(failures, skipped)].filter(Boolean).join(" ");
}

/** What failed and what was skipped, in a sentence. */
function inWords(failures: Measured[], skipped: BackendCandidate[]): string {
  const failed = failures.flatMap(({ name, failure }) => (failure === null ? [] : [`${name} failed (${failure})`]));
  const parts = [...skipped.map((one) => one.skipped as string), ...failed];
  if (parts.length === 0) return "";
  const text = parts.join("; ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

/** A measure on a run's own model: some steps on `examples` at the run's batch size, about two seconds at most. */
export function measureModel(
  model: ModelConfig,
  dataset: DatasetConfig,
  training: TrainingConfig,
  examples: Examples,
  weights?: Float32Array,
): Measure {
  return async () => {
    const { Trainer } = await import("./trainer.ts");
    const trainer = await Trainer.create(model, dataset, training);
    try {
      if (weights) trainer.setWeights(weights);
      return await trainer.measure(examples, training.batch_size);
    } finally {
      trainer.dispose();
    }
  };
}
