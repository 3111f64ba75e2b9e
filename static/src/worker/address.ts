/** Where a run's things are on its server. */
import { socketUrl } from "../shared/connection.ts";
import type { Encoding, Version } from "../shared/protocol.ts";

export class RunAddress {
  private readonly base: string;
  private readonly run: string;

  /** `base`: the server's http or https address with its path prefix, without a trailing slash. */
  constructor(base: string, run: string) {
    this.base = base;
    this.run = run;
  }

  get socket(): string {
    return socketUrl(this.base, this.run);
  }

  shard(shard: string): string {
    return `${this.http}/shards/${encodeURIComponent(shard)}`;
  }

  /** `since`: a version that the changes should be told from; 0: none. */
  weights({ version, hash }: Version, encoding: Encoding, since = 0): string {
    const from = since > 0 ? `&from=${since}` : "";
    return `${this.http}/weights/${version}-${encodeURIComponent(hash)}?encoding=${encoding}${from}`;
  }

  get updates(): string {
    return `${this.http}/updates`;
  }

  get model(): string {
    return `${this.http}/model`;
  }

  /** Redirects to the newest weights, at half precision. */
  get latestWeights(): string {
    return `${this.http}/weights/latest?encoding=f16`;
  }

  private get http(): string {
    return `${this.base}/api/v1/runs/${encodeURIComponent(this.run)}`;
  }
}
