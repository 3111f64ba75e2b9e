/** GETs of bytes that survive a bad network: stalls end, failures are tried again, refusals are named. */
import { backoffSeconds } from "../shared/backoff.ts";
import type { Platform } from "../shared/platform.ts";
import type { Version } from "../shared/protocol.ts";

const STALL_SECONDS = 20;
const ATTEMPTS = 8;

/** The server answered, and not with the bytes. `code` is the API's own where it gave one, `newest` what to ask for. */
export class RefusedError extends Error {
  override readonly name = "RefusedError";
  readonly status: number;
  readonly code: string;
  readonly newest: Version | null;

  constructor(status: number, code: string, message: string, newest: Version | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.newest = newest;
  }
}

export interface DownloadHooks {
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>> | undefined;
  onTraffic(bytesIn: number): void;
  /** A body of so many bytes on the wire took so long. */
  onBody?(bytes: number, seconds: number): void;
  onRetry(message: string): void;
}

export class Downloader {
  private readonly platform: Platform;
  private readonly hooks: DownloadHooks;
  private readonly stopping = new AbortController();

  constructor(platform: Platform, hooks: DownloadHooks) {
    this.platform = platform;
    this.hooks = hooks;
  }

  /** Every download under way fails, and so do later ones. */
  stop(): void {
    this.stopping.abort();
  }

  /**
   * The body at `url`. Throws `RefusedError` where the server says no (4xx other than 408 and 429), and the last
   * failure after eight attempts. `reload` passes by every cache.
   */
  async get(url: string, options: { reload?: boolean } = {}): Promise<Uint8Array<ArrayBuffer>> {
    for (let attempt = 0; ; attempt++) {
      try {
        return await this.attempt(url, options.reload ?? false);
      } catch (error) {
        if (this.stopping.signal.aborted || isFinal(error) || attempt + 1 >= ATTEMPTS) throw error;
        this.hooks.onRetry(error instanceof Error ? error.message : String(error));
        await this.pause(backoffSeconds(attempt, this.platform.random));
      }
    }
  }

  private async attempt(url: string, reload: boolean): Promise<Uint8Array<ArrayBuffer>> {
    const stall = new StallGuard(this.platform, this.stopping.signal);
    const { headers } = this.hooks;
    const started = this.platform.now();
    try {
      const response = await stall.guard(
        this.platform.fetch(url, {
          signal: stall.signal,
          ...(headers ? { headers } : {}),
          ...(reload ? { cache: "reload" as const } : {}),
        }),
      );
      if (!response.ok) throw await refusal(response);
      const body = await this.readAll(response, stall);
      // Of what was compressed on its way, the length before it was unpacked.
      const sent = Number(response.headers?.get("content-length")) || body.byteLength;
      this.hooks.onBody?.(sent, this.platform.now() - started);
      return body;
    } finally {
      stall.end();
    }
  }

  private async readAll(response: Response, stall: StallGuard): Promise<Uint8Array<ArrayBuffer>> {
    if (!response.body) return new Uint8Array(await response.arrayBuffer());
    const reader = response.body.getReader();
    const chunks: Uint8Array[] = [];
    let length = 0;
    for (;;) {
      const { done, value } = await stall.guard(reader.read());
      if (done) return join(chunks, length);
      chunks.push(value);
      length += value.byteLength;
      this.hooks.onTraffic(value.byteLength);
    }
  }

  private pause(seconds: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.stopping;
      const end = () => {
        this.platform.clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = this.platform.setTimeout(end, seconds * 1000);
      signal.addEventListener("abort", end);
    });
  }
}

/** Aborts a request in which nothing has moved for `STALL_SECONDS`. */
class StallGuard {
  private readonly platform: Platform;
  private readonly controller = new AbortController();
  private readonly outer: AbortSignal;
  private readonly abort = () => this.controller.abort(new Error("the session ended"));
  private readonly aborted: Promise<never>;

  constructor(platform: Platform, outer: AbortSignal) {
    this.platform = platform;
    this.outer = outer;
    this.aborted = rejection(this.controller.signal);
    this.aborted.catch(() => {});
    outer.addEventListener("abort", this.abort);
    if (outer.aborted) this.abort();
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  async guard<T>(step: Promise<T>): Promise<T> {
    const timer = this.platform.setTimeout(() => {
      this.controller.abort(new Error(`nothing arrived for ${STALL_SECONDS} s`));
    }, STALL_SECONDS * 1000);
    try {
      return await Promise.race([step, this.aborted]);
    } finally {
      this.platform.clearTimeout(timer);
    }
  }

  end(): void {
    this.outer.removeEventListener("abort", this.abort);
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

function isFinal(error: unknown): boolean {
  return error instanceof RefusedError && error.status < 500 && error.status !== 408 && error.status !== 429;
}

/** What the server said no with. */
export async function refusal(response: Response): Promise<RefusedError> {
  const body = (await response.json().catch(() => null)) as Refusal | null;
  const error = body?.error;
  const code = typeof error?.code === "string" ? error.code : `http_${response.status}`;
  const message = typeof error?.message === "string" ? error.message : `the server answered ${response.status}`;
  return new RefusedError(response.status, code, message, versionIn(body?.newest));
}

interface Refusal {
  error?: { code?: unknown; message?: unknown };
  newest?: Partial<Record<keyof Version, unknown>>;
}

function versionIn(value: Refusal["newest"]): Version | null {
  const { version, hash, iterations } = value ?? {};
  if (typeof version !== "number" || typeof hash !== "string") return null;
  return { version, hash, iterations: typeof iterations === "number" ? iterations : 0 };
}

function join(chunks: Uint8Array[], length: number): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
