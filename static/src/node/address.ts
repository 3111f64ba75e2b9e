/** Which server and which run a URL that a person pasted means. */

export interface Address {
  /** The server's address with its path prefix and without a trailing slash. */
  base: string;
  /** Null: the URL names a server only. */
  run: string | null;
}

const PAGE_OF_RUN = /^(.*)\/(?:join|watch)\/([^/]+)\/?$/;

/** Reads `http(s)://host[:port][/prefix][/join/RUN]`. Throws an error with a sentence for anything else. */
export function parseAddress(text: string): Address {
  const url = readUrl(text);
  const page = PAGE_OF_RUN.exec(url.pathname);
  const prefix = (page?.[1] ?? url.pathname).replace(/\/+$/, "");
  return { base: `${url.origin}${prefix}`, run: page?.[2] ? decodeURIComponent(page[2]) : null };
}

/**
 * The one run to join of those that a server lists at `/api/v1/runs`. Throws an error with a sentence where there is
 * none, or where the choice is not ours.
 */
export function onlyRun(listed: unknown): string {
  const runs = Array.isArray(listed) ? listed.filter(isRun).filter((run) => !OVER.has(run.state)) : [];
  const [first, ...others] = runs;
  if (!first) throw new Error("There is no run to join on this server now.");
  if (others.length === 0) return first.id;
  const names = runs.map((run) => `${run.id} (${run.name})`).join(", ");
  throw new Error(
    `There are ${runs.length} runs on this server: ${names}. Give the URL of one, such as .../join/${first.id}.`,
  );
}

const OVER: ReadonlySet<string> = new Set(["finished", "failed", "stopped"]);

function isRun(value: unknown): value is { id: string; name: string; state: string } {
  if (typeof value !== "object" || value === null) return false;
  const { id, state } = value as Record<string, unknown>;
  return typeof id === "string" && typeof state === "string";
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url && (url.protocol === "http:" || url.protocol === "https:")) return url;
  throw new Error(`${JSON.stringify(text)} is not the address of a run: it looks like http://host:8888/join/RUN.`);
}
