/** What the page and its worker say to each other: two closed unions on `type`. */
import type { Identity, SessionEvent } from "./events.ts";

export type BackendName = "webgpu" | "webgl" | "wasm" | "cpu";

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
      /** Use this backend and no other; null: the fastest. */
      backend: BackendName | null;
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
