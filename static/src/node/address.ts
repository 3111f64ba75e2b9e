/** Which server and which run a URL that a person pasted means. */
import { codeIn } from "../shared/code.ts";

export interface Address {
  /** The server's address with its path prefix and without a trailing slash. */
  base: string;
  /** Null: the URL names a server only. */
  run: string | null;
  /** The run's code, from the fragment. */
  code: string | null;
}

const PAGE_OF_RUN = /^(.*)\/(?:join|watch)\/([^/]+)\/?$/;
const PAGE_OF_ALL = /\/join\/?$/;

/** Reads `http(s)://host[:port][/prefix][/join[/RUN]][#code=CODE]`. Throws an error with a sentence for anything else. */
export function parseAddress(text: string): Address {
  const url = readUrl(text);
  const page = PAGE_OF_RUN.exec(url.pathname);
  const prefix = (page?.[1] ?? url.pathname.replace(PAGE_OF_ALL, "")).replace(/\/+$/, "");
  const code = codeIn(url.hash);
  return { base: `${url.origin}${prefix}`, run: page?.[2] ? decodeURIComponent(page[2]) : null, code };
}

/**
 * The run that needs help of those that a server lists at `/api/v1/runs`: one that goes on, with the fewest volunteers, or
 * else the next of those that wait. Throws an error with a sentence where there is none.
 */
export function neediestRun(listed: unknown): string {
  const runs = Array.isArray(listed) ? listed.filter(isRun).filter((run) => !run.bound && !OVER.has(run.state)) : [];
  const claim = (run: Listed): number => (run.state === "running" ? (run.volunteers ?? 0) : 1e9 + (run.order ?? 0));
  const [first] = runs.sort((one, other) => claim(one) - claim(other));
  if (!first) throw new Error("There is no run to join on this server now.");
  return first.id;
}

const OVER: ReadonlySet<string> = new Set(["finished", "failed", "stopped"]);

interface Listed {
  id: string;
  state: string;
  volunteers?: number;
  order?: number | null;
  bound?: boolean;
}

function isRun(value: unknown): value is Listed {
  if (typeof value !== "object" || value === null) return false;
  const { id, state } = value as Record<string, unknown>;
  return typeof id === "string" && typeof state === "string";
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new Error(`${JSON.stringify(text)} is not the address of a run: it looks like http://host:8888/join/RUN.`);
}
