/** What a session needs of the world, so that browsers, Node and tests each bring their own. */

/** The part of the WebSocket API that is used; `binaryType` is set to "arraybuffer". */
export interface SocketLike {
  binaryType: string;
  readonly readyState: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export type SocketConstructor = new (url: string, protocols?: string | string[]) => SocketLike;

/** The part of the Cache API that is used. */
export interface ShardStorage {
  read(url: string): Promise<ArrayBuffer | null>;
  write(url: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
}

export interface Platform {
  readonly WebSocket: SocketConstructor;
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  /** Seconds on a clock that goes on while the device sleeps. */
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): unknown;
  clearTimeout(handle: unknown): void;
  /** 0 <= x < 1 */
  random(): number;
  /** Where shards outlive the page; null where there is no such place. */
  readonly storage: ShardStorage | null;
}

/** The platform of a browser's page or worker, or of Node 22 and later. */
export function hostPlatform(): Platform {
  return {
    WebSocket: globalThis.WebSocket as unknown as SocketConstructor,
    fetch: (url, init) => globalThis.fetch(url, init),
    now: () => Date.now() / 1000,
    setTimeout: (callback, milliseconds) => globalThis.setTimeout(callback, milliseconds),
    clearTimeout: (handle) => globalThis.clearTimeout(handle as ReturnType<typeof setTimeout>),
    random: () => Math.random(),
    storage: cacheStorage(),
  };
}

const CACHE_NAME = "webnn-shards-1";

/** The Cache API, which only secure contexts have. */
function cacheStorage(): ShardStorage | null {
  if (typeof globalThis.caches === "undefined") return null;
  const open = () => globalThis.caches.open(CACHE_NAME);
  return {
    async read(url) {
      const found = await (await open()).match(url);
      return found ? found.arrayBuffer() : null;
    },
    async write(url, bytes) {
      await (await open()).put(url, new Response(bytes));
    },
  };
}
