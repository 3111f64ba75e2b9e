/** One WebSocket at a time to a run, opened again after every kind of drop. */
import { backoffSeconds } from "./backoff.ts";
import { Brief } from "./brief.ts";
import { decodeFrame, encodeFrame, ProtocolError } from "./frames.ts";
import type { Platform, SocketLike } from "./platform.ts";
import {
  CLOSE_CODES,
  type ClientMessage,
  type GoodbyeMessage,
  type HelloMessage,
  parseServerMessage,
  type ServerMessage,
  SUBPROTOCOL,
} from "./protocol.ts";

const OPEN = 1;
const CHECK_SECONDS = 2;
/** A check that comes this late means that the device slept, or that a step kept the thread busy. */
const SLEPT_SECONDS = 15;
/** How long a connection under suspicion has to prove itself with a message. */
const GRACE_SECONDS = 5;
/** Until the first message, and where the server names no limit. */
const OPENING_SECONDS = 20;
/** A connection that lived this long was a good one: the next failure counts as the first. */
const SETTLED_SECONDS = 10;

/** A server that restarts is back within this time: until then it is asked more often than one that was never there. */
const RESTART_SECONDS = 60;
const RESTART_BACKOFF = { first: 0.5, most: 1 };
/** For so long a run that we worked for, and that its server does not know now, may still be taken up again. */
const GONE_SECONDS = 600;

/** Codes after which there is nothing to come back to. */
const FINAL_CODES: ReadonlySet<string> = new Set([
  "finished",
  "replaced",
  "no_such_run",
  "build_changed",
  "too_large",
  "bound",
  "code_needed",
]);
const AT_ONCE_CODES: ReadonlySet<string> = new Set(["bad_secret"]);

export interface ConnectionOptions {
  /** Address of the run's WebSocket, ws: or wss:. */
  url: string;
  platform: Platform;
  /** Asked afresh for each connection. */
  hello(): HelloMessage;
  /** Sent when nothing else was for a third of the server's silence limit. */
  keepalive(): ClientMessage | null;
  /** `payload` is what follows the header; empty in most messages. */
  onMessage(message: ServerMessage, payload: Uint8Array): void;
  onState(state: "connecting" | "open" | "lost", seconds: number | null): void;
  /** The server sends us to another run; the next attempt goes to the address that this returns. */
  onMoved?(run: string): string;
  /** The connection is over for good. `code` is one of docs/protocol.md's. */
  onClosed(code: string, message: string): void;
  /** The server does not take the identity in `hello`; the next one should be without it. */
  onBadSecret?(): void;
  onError?(code: string, message: string): void;
  onTraffic?(bytesIn: number, bytesOut: number): void;
}

export class Connection {
  private readonly options: ConnectionOptions;
  private readonly platform: Platform;
  private url: string;
  private socket: SocketLike | null = null;
  private stopped = false;
  private failures = 0;
  private silenceSeconds = OPENING_SECONDS;
  private openedAt = 0;
  private heardAt = 0;
  private sentAt = 0;
  private checkedAt = 0;
  private suspectedAt: number | null = null;
  private heardAnything = false;
  /** When the last good connection ended; null before the first, and while there is one. */
  private lostAt: number | null = null;
  private brief = new Brief();
  private farewell: GoodbyeMessage | null = null;
  private retryTimer: unknown = null;
  private checkTimer: unknown = null;

  constructor(options: ConnectionOptions) {
    this.options = options;
    this.platform = options.platform;
    this.url = options.url;
  }

  /** True once the socket is open and `hello` has been sent. */
  get open(): boolean {
    return this.socket?.readyState === OPEN;
  }

  start(): void {
    if (this.socket || this.stopped) return;
    this.cancel("retryTimer");
    this.options.onState("connecting", null);
    const socket = new this.platform.WebSocket(this.url, SUBPROTOCOL);
    socket.binaryType = "arraybuffer";
    this.adopt(socket);
  }

  /** Sends one message; false where there is no open connection, and then nothing was sent. */
  send(message: ClientMessage, payload?: ArrayBufferView): boolean {
    return this.sendBytes(encodeFrame(message, payload));
  }

  /** Sends one frame that was encoded before. */
  sendBytes(frame: Uint8Array<ArrayBuffer>): boolean {
    if (!this.socket || !this.open) return false;
    this.socket.send(frame);
    this.sentAt = this.platform.now();
    this.options.onTraffic?.(0, frame.byteLength);
    return true;
  }

  /** Do not wait any longer for the next attempt; doubt a connection that looks open. */
  wake(): void {
    if (this.stopped) return;
    if (!this.socket) this.start();
    else this.suspect();
  }

  /** Closes for good and calls nothing back. */
  stop(reason: string): void {
    if (this.stopped) return;
    if (this.open) this.send({ type: "goodbye", reason: reason.slice(0, 200) });
    this.stopped = true;
    this.release();
  }

  setSilenceLimit(seconds: number): void {
    this.silenceSeconds = Math.max(seconds, 2 * CHECK_SECONDS);
  }

  private adopt(socket: SocketLike): void {
    const now = this.platform.now();
    this.socket = socket;
    this.brief = new Brief();
    this.farewell = null;
    this.heardAnything = false;
    this.suspectedAt = null;
    this.openedAt = this.heardAt = this.sentAt = this.checkedAt = now;
    // Events of a socket that was given up on must not touch its successor.
    const mine = <Event>(handle: (event: Event) => void) => {
      return (event: Event) => {
        if (this.socket === socket) handle(event);
      };
    };
    socket.onopen = mine(() => {
      this.send(this.options.hello());
    });
    socket.onmessage = mine((event: { data: unknown }) => this.receive(event.data));
    socket.onclose = mine((event: { code: number; reason: string }) => this.closed(event.code, event.reason));
    socket.onerror = mine(() => {});
    this.scheduleCheck();
  }

  private receive(data: unknown): void {
    const now = this.platform.now();
    this.heardAt = now;
    this.suspectedAt = null;
    let message: ServerMessage;
    let payload: Uint8Array;
    try {
      if (!(data instanceof ArrayBuffer)) throw new ProtocolError("the server sent a text message");
      this.options.onTraffic?.(data.byteLength, 0);
      const frame = decodeFrame(data);
      message = parseServerMessage(this.brief.expand(frame.header));
      payload = frame.payload;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.options.onError?.(error.code, error.message);
      this.drop();
      return;
    }
    if (!this.heardAnything && message.type !== "goodbye") {
      this.heardAnything = true;
      this.lostAt = null;
      this.options.onState("open", null);
    }
    if (message.type === "goodbye") this.farewell = message;
    this.options.onMessage(message, payload);
    if (message.type === "goodbye") this.closed(0, message.message);
  }

  private closed(closeCode: number, reason: string): void {
    const code = this.farewell?.code ?? CLOSE_CODES[closeCode] ?? "lost";
    const message = this.farewell?.message ?? reason;
    const wanted = this.farewell ? this.farewell.reconnect_seconds : null;
    const elsewhere = wanted === null ? null : (this.farewell?.run ?? null);
    this.noteLoss();
    const final =
      (FINAL_CODES.has(code) && !(code === "no_such_run" && this.lostFor() < GONE_SECONDS)) ||
      (this.farewell !== null && wanted === null && !AT_ONCE_CODES.has(code));
    this.release();
    if (final) {
      this.stopped = true;
      this.options.onClosed(code, message);
      return;
    }
    if (elsewhere !== null && this.options.onMoved) this.url = this.options.onMoved(elsewhere);
    if (code === "bad_secret") this.options.onBadSecret?.();
    else if (code !== "lost" && code !== "going_away" && code !== "moved") this.options.onError?.(code, message);
    this.retry(wanted);
  }

  /** Gives the socket up without waiting for its close, which a dead network never delivers. */
  private drop(): void {
    this.release();
    this.retry(null);
  }

  private noteLoss(): void {
    if (this.heardAnything) this.lostAt ??= this.platform.now();
  }

  /** Seconds since the last good connection ended; infinite where there was none. */
  private lostFor(): number {
    return this.lostAt === null ? Number.POSITIVE_INFINITY : this.platform.now() - this.lostAt;
  }

  private retry(wantedSeconds: number | null): void {
    this.noteLoss();
    if (this.platform.now() - this.openedAt > SETTLED_SECONDS && this.heardAnything) this.failures = 0;
    const backoff = backoffSeconds(
      this.failures++,
      this.platform.random,
      this.lostFor() < RESTART_SECONDS ? RESTART_BACKOFF : undefined,
    );
    // All volunteers of a server that restarts were told the same time: the jitter spreads them.
    const seconds = wantedSeconds === null ? backoff : wantedSeconds + backoff;
    this.options.onState("lost", seconds);
    if (this.stopped || this.socket) return;
    this.cancel("retryTimer");
    this.retryTimer = this.platform.setTimeout(() => this.start(), seconds * 1000);
  }

  private release(): void {
    this.cancel("retryTimer");
    this.cancel("checkTimer");
    const socket = this.socket;
    this.socket = null;
    try {
      socket?.close(1000);
    } catch {
      // A socket that never opened may refuse to be closed; it is ours no more either way.
    }
  }

  private scheduleCheck(): void {
    this.cancel("checkTimer");
    this.checkTimer = this.platform.setTimeout(() => this.check(), CHECK_SECONDS * 1000);
  }

  private check(): void {
    const now = this.platform.now();
    const slept = now - this.checkedAt > SLEPT_SECONDS;
    this.checkedAt = now;
    const limit = this.heardAnything ? this.silenceSeconds : OPENING_SECONDS;
    if (this.suspectedAt !== null && now - this.suspectedAt >= GRACE_SECONDS) {
      this.drop();
      return;
    }
    if (slept || now - this.heardAt > limit) this.suspect();
    if (this.heardAnything && now - this.sentAt > this.silenceSeconds / 3) {
      const message = this.options.keepalive();
      if (message) this.send(message);
    }
    this.scheduleCheck();
  }

  /** Messages may be queued behind a busy thread, so a doubtful connection gets a moment to show one. */
  private suspect(): void {
    this.suspectedAt ??= this.platform.now();
  }

  private cancel(timer: "retryTimer" | "checkTimer"): void {
    if (this[timer] !== null) this.platform.clearTimeout(this[timer]);
    this[timer] = null;
  }
}

/** The WebSocket address of a run; `base` is an http or https address without a trailing slash. */
export function socketUrl(base: string, run: string): string {
  return `${base.replace(/^http/, "ws")}/api/v1/runs/${encodeURIComponent(run)}/volunteer`;
}
