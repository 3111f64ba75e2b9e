/** Chooses and starts what TF.js computes on. */
export type BackendName = 'webgpu' | 'webgl' | 'wasm' | 'cpu';

/** A backend that this device has, or why it does not count. */
export interface BackendCandidate {
  name: BackendName;
  /** Null: it can be used. Otherwise why not, such as "WebGL here is a software renderer (SwiftShader)". */
  skipped: string | null;
}

export interface Measured {
  name: BackendName;
  /** Null: it failed; `failure` says how. */
  secondsPerIteration: number | null;
  failure: string | null;
}

export interface BackendChoice {
  name: BackendName;
  /** A sentence for a person. */
  reason: string;
  secondsPerIteration: number | null;
  measured: Measured[];
  skipped: BackendCandidate[];
}
