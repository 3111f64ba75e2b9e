/** The newest weights: which version they are, and the vector itself once it is here. */
import { decodeVector } from "../shared/encoding.ts";
import { ProtocolError } from "../shared/frames.ts";
import { decodeGrid, type Grid, gridVector } from "../shared/grid.ts";
import type { Encoding, Version } from "../shared/protocol.ts";
import { type Downloader, RefusedError } from "./download.ts";

export interface HeldWeights {
  version: number;
  vector: Float32Array;
  /** The same on its grid, where it came so. */
  grid?: Grid;
}

/** Not even the newest version known is held by the server any more: ask the socket for a newer one. */
export class VersionGoneError extends Error {
  override readonly name = "VersionGoneError";
  readonly code = "version_gone";
}

export interface WeightStoreOptions {
  downloader: Pick<Downloader, "get">;
  numWeights: number;
  /** `since`: a version that is here on its grid; 0: none. */
  urlOf(version: Version, encoding: Encoding, since: number): string;
  /** How to ask for the next. */
  encoding(): Encoding;
  /** So many bytes told a version on its grid. */
  onGrid(bytes: number): void;
  /** Called with what each download took. */
  onDownload(seconds: number): void;
  now(): number;
}

export class WeightStore {
  private readonly options: WeightStoreOptions;
  private newestKnown: Version;
  private held: HeldWeights | null = null;
  /** The last that came without being asked for on its grid: the server tells the next by what changed since. */
  private pushed: HeldWeights | null = null;
  private loading: { version: number; done: Promise<HeldWeights> } | null = null;

  constructor(newest: Version, options: WeightStoreOptions) {
    this.newestKnown = newest;
    this.options = options;
  }

  get newest(): Version {
    return this.newestKnown;
  }

  get heldVersion(): number | null {
    return this.held?.version ?? null;
  }

  /** There is a version; older ones than that known are ignored. */
  announce(version: Version): void {
    if (version.version > this.newestKnown.version) this.newestKnown = version;
  }

  /** Weights came without being asked for; false where they are not those of a model like ours, or not new. */
  hold(version: number, bytes: Uint8Array, encoding: Encoding): boolean {
    if (bytes.byteLength === 0) return false;
    let came: HeldWeights;
    try {
      came = this.read(version, bytes, encoding, this.pushed);
    } catch (error) {
      if (error instanceof ProtocolError) return false;
      throw error;
    }
    if (came.grid) this.pushed = came;
    if (version <= (this.held?.version ?? 0)) return false;
    this.held = came;
    return true;
  }

  /** Throws `ProtocolError` where the bytes are of another model, or tell changes from another version than `base`. */
  private read(version: number, bytes: Uint8Array, encoding: Encoding, base: HeldWeights | null): HeldWeights {
    const { numWeights } = this.options;
    if (encoding !== "grid") return { version, vector: decodeVector(bytes, encoding, numWeights) };
    const grid = decodeGrid(bytes, numWeights, (since) => (base?.version === since ? (base.grid ?? null) : null));
    this.options.onGrid(bytes.byteLength);
    return { version, vector: gridVector(grid), grid };
  }

  /** Starts to load the newest weights, to be found here later. */
  prefetch(): void {
    this.load().catch(() => {});
  }

  /** What is here or on its way, if it is `oldest` or later; else null. */
  async prefetched(oldest: number): Promise<HeldWeights | null> {
    if (this.loading && this.loading.version >= oldest) return this.loading.done;
    return this.held && this.held.version >= oldest ? this.held : null;
  }

  /** The newest weights. Throws `VersionGoneError`, or what the download throws. */
  async load(): Promise<HeldWeights> {
    for (;;) {
      const wanted = this.newestKnown;
      if (this.held?.version === wanted.version) return this.held;
      try {
        return await this.loadOnce(wanted);
      } catch (error) {
        if (!(error instanceof RefusedError && error.code === "version_gone")) throw error;
        if (error.newest) this.announce(error.newest);
        if (this.newestKnown.version === wanted.version) throw new VersionGoneError(error.message);
      }
    }
  }

  /** The weights of `version` itself; where they are gone, the newest. */
  async loadExactly(version: Version): Promise<HeldWeights> {
    if (this.held?.version === version.version) return this.held;
    try {
      return await this.loadOnce(version);
    } catch (error) {
      if (!(error instanceof RefusedError && error.code === "version_gone")) throw error;
      return this.load();
    }
  }

  private loadOnce(wanted: Version): Promise<HeldWeights> {
    if (this.loading?.version === wanted.version) return this.loading.done;
    const done = this.fetch(wanted);
    const loading = { version: wanted.version, done };
    this.loading = loading;
    const forget = () => {
      if (this.loading === loading) this.loading = null;
    };
    done.then((weights) => {
      if (!this.held || this.held.version < weights.version) this.held = weights;
      forget();
    }, forget);
    return done;
  }

  private async fetch(wanted: Version): Promise<HeldWeights> {
    const started = this.options.now();
    const encoding = this.options.encoding();
    const base = this.held?.grid ? this.held : this.pushed;
    const since = encoding === "grid" && base ? base.version : 0;
    const bytes = await this.options.downloader.get(this.options.urlOf(wanted, encoding, since));
    this.options.onDownload(this.options.now() - started);
    return this.read(wanted.version, bytes, encoding, base);
  }
}
