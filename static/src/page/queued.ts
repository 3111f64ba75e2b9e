/** Why a run has not begun, and when it may. */
import type { RunStatus } from "../shared/protocol.ts";
import { count, roughly } from "./format.ts";

type Row = Pick<RunStatus, "id" | "state" | "seconds_left"> & { order: number | null };

const ITSELF = "This page joins when it starts.";

/** In words, out of the list of runs that the server gives at `url`. */
export async function queueSentence(url: string, run: string): Promise<string> {
  try {
    const response = await fetch(url);
    return response.ok ? sentenceOf((await response.json()) as Row[], run) : ITSELF;
  } catch {
    return ITSELF; // the connection says that the server is away
  }
}

export function sentenceOf(rows: readonly Row[], run: string): string {
  const order = rows.find(({ id }) => id === run)?.order ?? null;
  if (order === null) return `It is being prepared, which takes a moment. ${ITSELF}`;
  const left = rows.flatMap(({ state, seconds_left }) =>
    state === "running" && seconds_left !== null ? [seconds_left] : [],
  );
  if (order > 0) return `${order === 1 ? "Another run waits" : `${count(order)} others wait`} before it. ${ITSELF}`;
  const when = left.length > 0 ? `in about ${roughly(Math.min(...left))}` : "when one of the others ends";
  return `It is the next to start, ${when}. ${ITSELF}`;
}
