/** What a headless volunteer says on standard output: one JSON object a line, which `webnn/evaluator/worker.py` reads. */
import type { SessionEvent } from "../worker/events.ts";

/** `worker` events are this program's own; the others are the session's. */
export type WorkerEvent =
  | SessionEvent
  | { type: "worker"; state: "started"; base: string; run: string }
  | { type: "worker"; state: "retrying"; message: string; seconds: number }
  | { type: "worker"; state: "ended"; message: string; exit_code: number };

export type Reporter = (event: WorkerEvent) => void;

/** Reports every event but secrets, and the run's public figures, which its pages show. */
export function jsonReporter(write: (line: string) => void): Reporter {
  return (event) => {
    if (event.type !== "identity" && event.type !== "live") write(`${JSON.stringify(event)}\n`);
  };
}
