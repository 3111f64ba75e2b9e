/** Large updates on their way as POSTs, beside the socket: docs/protocol.md, "Large updates". */
import { backoffSeconds } from "../shared/backoff.ts";
import type { Platform } from "../shared/platform.ts";
import { RefusedError, refusal } from "./download.ts";

/** An upload that is slower than this has stalled. */
const SLOWEST_BYTES_PER_SECOND = 5_000;
const LEAST_SECONDS = 30;

type Frame = Uint8Array<ArrayBuffer>;

export interface PosterOptions {
  url: string;
  platform: Platform;
  /** The `Authorization` header. */
  authorization(): string;
  /** Whether a frame must still arrive: its outcome is not known. */
  wanted(frame: Frame): boolean;
  onSent(bytesOut: number): void;
  /** A failure; the frame is posted again, unless the server refused it. */
  onError(message: string): void;
  /** Something between here and the server lets no such POST through: the socket is left. */
  onBlocked(frame: Frame): void;
}

export class Poster {
  private readonly options: PosterOptions;
  private readonly underway = new Set<Frame>();
  private readonly stopping = new AbortController();

  constructor(options: PosterOptions) {
    this.options = options;
  }

  /** Posts a frame until it has arrived, is refused or is no longer wanted. One that is on its way stays there. */
  post(frame: Frame): void {
    if (this.underway.has(frame)) return;
    this.underway.add(frame);
    this.deliver(frame).finally(() => this.underway.delete(frame));
  }

  stop(): void {
    this.stopping.abort();
  }

  private async deliver(frame: Frame): Promise<void> {
    for (let failures = 0; this.options.wanted(frame) && !this.stopping.signal.aborted; failures++) {
      try {
        await this.attempt(frame);
        return;
      } catch (error) {
        if (this.stopping.signal.aborted) return;
        this.options.onError(error instanceof Error ? error.message : String(error));
        if (isBlocked(error)) this.options.onBlocked(frame);
        if (isFinal(error)) return;
        await this.pause(backoffSeconds(failures, this.options.platform.random));
      }
    }
  }

  private async attempt(frame: Frame): Promise<void> {
    const { platform, url } = this.options;
    const controller = new AbortController();
    const abort = () => controller.abort(new Error("the update could not be sent in time"));
    const seconds = LEAST_SECONDS + frame.byteLength / SLOWEST_BYTES_PER_SECOND;
    const timer = platform.setTimeout(abort, seconds * 1000);
    this.stopping.signal.addEventListener("abort", abort);
    try {
      const response = await platform.fetch(url, {
        method: "POST",
        body: frame,
        headers: { Authorization: this.options.authorization(), "Content-Type": "application/octet-stream" },
        signal: controller.signal,
      });
      if (!response.ok) throw await refusal(response);
      this.options.onSent(frame.byteLength);
    } finally {
      this.stopping.signal.removeEventListener("abort", abort);
      platform.clearTimeout(timer);
    }
  }

  private pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.options.platform.setTimeout(resolve, seconds * 1000);
    });
  }
}

/** A refusal that is not the server's own: a proxy's limit on bodies, say. */
function isBlocked(error: unknown): boolean {
  return error instanceof RefusedError && error.code.startsWith("http_") && isFinal(error);
}

/** Refusals that the same bytes will meet again; a secret may be replaced, and room may come. */
function isFinal(error: unknown): boolean {
  return error instanceof RefusedError && error.status < 500 && ![401, 408, 429].includes(error.status);
}
