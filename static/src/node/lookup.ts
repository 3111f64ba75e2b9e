/** Finds the run to join, with patience: a server that is not up yet is asked again. */
import type { Address } from "./address.ts";
import { onlyRun } from "./address.ts";

export interface LookupOptions {
  /** How long to go on asking a server that does not answer. */
  retrySeconds: number;
  fetch(url: string): Promise<Response>;
  /** Seconds. */
  now(): number;
  sleep(seconds: number): Promise<void>;
  /** Told before each further attempt. */
  onRetry(message: string, seconds: number): void;
}

/** The server does not answer. */
export class UnreachableError extends Error {
  override readonly name = "UnreachableError";
}

const FIRST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 15;

/** The id of the run that `address` means. Throws `UnreachableError`, or an error with the server's own sentence. */
export async function findRun(address: Address, options: LookupOptions): Promise<string> {
  if (address.run !== null) return address.run;
  const url = `${address.base}/api/v1/runs`;
  const started = options.now();
  for (let wait = FIRST_WAIT_SECONDS; ; wait = Math.min(2 * wait, LONGEST_WAIT_SECONDS)) {
    const answer = await ask(url, options.fetch);
    if (answer !== null) return onlyRun(answer);
    if (options.now() - started + wait > options.retrySeconds) {
      throw new UnreachableError(
        `No server answers at ${address.base}. Check the address, and that wnn train is running.`,
      );
    }
    options.onRetry(`No server answers at ${address.base}; trying again in ${wait} s.`, wait);
    await options.sleep(wait);
  }
}

/** What the server lists; null where it does not answer, or cannot now. Throws where it refuses. */
async function ask(url: string, fetch: LookupOptions["fetch"]): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch {
    return null;
  }
  if (response.status >= 500) return null;
  if (!response.ok)
    throw new Error(`${url} answers ${response.status}: this is not a WebNN server, or not its address.`);
  return response.json();
}
