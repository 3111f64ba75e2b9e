/** Brief messages: what the connection's last message of the same type said already was left out (docs/protocol.md). */
import { ProtocolError } from "./frames.ts";

const BRIEF: ReadonlySet<unknown> = new Set(["lease", "outcome"]);

export class Brief {
  private readonly last = new Map<unknown, Record<string, unknown>>();
  private shard: unknown = null;

  /** The whole header; each of a connection's must pass through here, in order. Throws `ProtocolError`. */
  expand(header: Record<string, unknown>): Record<string, unknown> {
    const { type } = header;
    if (!BRIEF.has(type)) return header;
    const whole = { ...this.last.get(type), ...header };
    if (Array.isArray(header.parts)) whole.parts = header.parts.map((part) => this.part(part));
    this.last.set(type, whole);
    return whole;
  }

  private part(part: unknown): unknown {
    if (!Array.isArray(part)) throw new ProtocolError("a lease has a part that is none");
    const [shard, ...rest] = part;
    this.shard = shard ?? this.shard;
    return [this.shard, ...rest];
  }
}
