/** What a headless volunteer says on standard output: lines for a person, or one JSON object a line. */
import type { SessionEvent } from "../worker/events.ts";

/** `worker` events are this program's own; the others are the session's. */
export type WorkerEvent =
  | SessionEvent
  | { type: "worker"; state: "started"; base: string; run: string }
  | { type: "worker"; state: "retrying"; message: string; seconds: number }
  | { type: "worker"; state: "ended"; message: string; exit_code: number };

export type Reporter = (event: WorkerEvent) => void;

/** Every event but secrets and the run's public figures, which its pages show. */
export function jsonReporter(write: (line: string) => void): Reporter {
  return (event) => {
    if (event.type !== "identity" && event.type !== "live") write(`${JSON.stringify(event)}\n`);
  };
}

export function textReporter(write: (line: string) => void): Reporter {
  return (event) => {
    const sentence = inWords(event);
    if (sentence !== null) write(`${sentence}\n`);
  };
}

/** The event as a line for a person; null for what a person need not know. */
export function inWords(event: WorkerEvent): string | null {
  switch (event.type) {
    case "worker":
      return event.state === "started" ? `Joining ${event.run} at ${event.base}.` : event.message;
    case "connection":
      return event.state === "lost" ? `Connection lost; trying again${inSeconds(event.seconds)}.` : null;
    case "welcome":
      return `Joined ${event.run.name}: ${event.num_weights.toLocaleString("en")} weights, data set ${event.dataset.name}.`;
    case "backend":
      return `Training on ${event.name}: ${event.reason}`;
    case "outcome":
      return `${event.iterations} iterations ${event.outcome.replace("_", " ")}${event.detail ? `: ${event.detail}` : "."}`;
    case "waiting":
      return event.message;
    case "error":
      return event.message;
    case "state":
      return `The run is ${event.state}${event.reason ? `: ${event.reason}` : "."}`;
    case "closed":
    case "identity":
    case "activity":
    case "lease":
    case "step":
    case "trained":
    case "traffic":
    case "live":
    case "reload":
      return null;
    default:
      return unknown(event);
  }
}

function inSeconds(seconds: number | null): string {
  return seconds === null ? "" : ` in ${Math.ceil(seconds)} s`;
}

function unknown(event: never): null {
  void event;
  return null;
}
