/** Finds the run to join, with patience: a server that is not up yet is asked again. */
import type { Address } from "./address.ts";
import { neediestRun } from "./address.ts";

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

/**
 * The id of the run that `address` means, which is there. Throws `UnreachableError`, or an error with a sentence for what
 * no patience mends: no such run, not a WebNN server, a certificate that is not trusted here.
 */
export async function findRun(address: Pick<Address, "base" | "run">, options: LookupOptions): Promise<string> {
  const runs = `${address.base}/api/v1/runs`;
  const url = address.run === null ? runs : `${runs}/${encodeURIComponent(address.run)}`;
  const started = options.now();
  for (let wait = FIRST_WAIT_SECONDS; ; wait = Math.min(2 * wait, LONGEST_WAIT_SECONDS)) {
    const answer = await ask(url, options.fetch);
    if (answer !== null) return address.run ?? neediestRun(answer);
    if (options.now() - started + wait > options.retrySeconds) {
      throw new UnreachableError(
        `No server answers at ${address.base}. Check the address, and that wnn train is running.`,
      );
    }
    options.onRetry(`No server answers at ${address.base}; trying again in ${wait} s.`, wait);
    await options.sleep(wait);
  }
}

/** What the server answers; null where it does not, or cannot now. Throws where it refuses. */
async function ask(url: string, fetch: LookupOptions["fetch"]): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url);
  } catch (error) {
    refuseCertificate(url, error);
    return null;
  }
  if (response.status >= 500) return null;
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok && answer !== null) return answer;
  throw new Error(
    ownSentence(answer) ?? `${url} answers ${response.status}: this is not a WebNN server, or not its address.`,
  );
}

const CERTIFICATE_FAULT = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ISSUER/;

/** Throws where `error` is Node's on the server's certificate; the next attempt would fare no better. */
function refuseCertificate(url: string, error: unknown): void {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  if (typeof cause?.code === "string" && CERTIFICATE_FAULT.test(cause.code)) {
    throw new Error(
      `This computer does not trust the certificate of ${new URL(url).host} (${cause.code}). If you do, give its PEM file in the environment variable NODE_EXTRA_CA_CERTS.`,
    );
  }
}

/** The sentence of a WebNN server's error answer; null for anything else. */
function ownSentence(answer: unknown): string | null {
  const { error } = (answer ?? {}) as { error?: { message?: unknown } };
  return typeof error?.message === "string" ? error.message : null;
}
