/** The code that some runs ask their volunteers for. It travels in a link's fragment, which no browser sends to anybody. */

/** The header that downloads of such a run carry. */
const HEADER = "WebNN-Code";

/** The code in a fragment such as `#code=abcd-efgh-jkmn`; null where there is none. */
export function codeIn(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, "")).get("code")?.trim() || null;
}

/** What a request for a run's shards or weights needs besides its address. A header has no place for other signs. */
export function codeHeaders(code: string | null): Record<string, string> {
  return code !== null && /^[ -~]+$/.test(code) ? { [HEADER]: code } : {};
}
