/** What the page and its worker say to each other: two closed unions on `type`. */
import type { Identity, SessionEvent } from "./events.ts";

export type BackendName = "webgpu" | "webgl" | "wasm" | "cpu";

/** Examples of the visitor's own, in the dataset's shapes and as it stores them; they stay on the device. */
export interface OwnExamples {
  /** One array for each input of the model, all examples one after the other. */
  inputs: Float32Array[];
  /** Class ids, or values. */
  targets: Int32Array | Float32Array;
  num_examples: number;
}

/** From the page to the worker. */
export type PageMessage =
  | {
      type: "start";
      /** The server's address with its path prefix, without a trailing slash. */
      base: string;
      run: string;
      build: string | null;
      identity: Identity | null;
      device_name: string;
      share: number;
      /** Train this run and no other. */
      bound?: boolean;
      /** The code that the run asks for. */
      code?: string | null;
      /** Use this backend and no other; null: the fastest. */
      backend: BackendName | null;
      /** Train on these and on nothing of the server's. */
      own?: OwnExamples | null;
    }
  | { type: "pause" }
  | { type: "resume" }
  | { type: "share"; share: number }
  | { type: "hidden"; hidden: boolean }
  /** The page was shown again, or the network came back. */
  | { type: "wake" }
  | { type: "stop"; reason: string };

/** From the worker to the page: what is new, never the history (a `live` that is `whole` opens each connection). */
export type WorkerMessage = SessionEvent;
