/** Shards by the SHA-256 of their bytes: in memory up to a budget, in the platform's storage, on the server. */
import type { ShardStorage } from "../shared/platform.ts";
import { sha256 } from "../shared/sha256.ts";
import type { Downloader } from "./download.ts";

export class CorruptShardError extends Error {
  override readonly name = "CorruptShardError";
  readonly code = "corrupt_shard";
}

export interface ShardCacheOptions {
  downloader: Pick<Downloader, "get">;
  storage: ShardStorage | null;
  urlOf(shard: string): string;
  /** What may stay in memory; the shards of the newest lease stay in any case. */
  maxBytes: number;
}

export class ShardCache {
  private readonly options: ShardCacheOptions;
  /** Least recently used first. */
  private readonly held = new Map<string, Promise<Uint8Array>>();
  private readonly sizes = new Map<string, number>();
  private numBytes = 0;

  constructor(options: ShardCacheOptions) {
    this.options = options;
  }

  /** The frame of a shard. Throws what the download throws, and `CorruptShardError` if it comes wrong twice. */
  get(shard: string): Promise<Uint8Array> {
    const found = this.held.get(shard) ?? this.begin(shard);
    this.held.delete(shard);
    this.held.set(shard, found);
    return found;
  }

  /** Starts what is not here yet; whoever needs a shard that fails hears of it from `get`. */
  prefetch(shards: Iterable<string>): void {
    for (const shard of shards) this.get(shard).catch(() => {});
  }

  private begin(shard: string): Promise<Uint8Array> {
    const loading = this.load(shard);
    loading.then(
      (bytes) => this.account(shard, bytes.byteLength),
      () => this.held.delete(shard),
    );
    return loading;
  }

  private async load(shard: string): Promise<Uint8Array> {
    const url = this.options.urlOf(shard);
    const stored = await this.options.storage?.read(url).catch(() => null);
    if (stored && (await sha256(new Uint8Array(stored))) === shard) return new Uint8Array(stored);
    for (const reload of [false, true]) {
      const bytes = await this.options.downloader.get(url, { reload });
      if ((await sha256(bytes)) !== shard) continue;
      // A full or forbidden storage costs the next visit a download, nothing else.
      this.options.storage?.write(url, bytes).catch(() => {});
      return bytes;
    }
    throw new CorruptShardError(`the shard ${shard.slice(0, 12)} came with other bytes than its name says`);
  }

  private account(shard: string, size: number): void {
    this.sizes.set(shard, size);
    this.numBytes += size;
    for (const oldest of [...this.held.keys()]) {
      if (this.numBytes <= this.options.maxBytes) return;
      const oldestSize = this.sizes.get(oldest);
      if (oldest === shard || oldestSize === undefined) continue;
      this.held.delete(oldest);
      this.sizes.delete(oldest);
      this.numBytes -= oldestSize;
    }
  }
}
