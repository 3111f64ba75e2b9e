/** The module worker: owns the socket and TF.js, and talks to its page in messages. */

import { browserTrainerFactory } from "./factory.ts";
import type { PageMessage, WorkerMessage } from "./messages.ts";
import { hostPlatform, VolunteerSession } from "./session.ts";

/** The part of the worker's own scope that is used; the compiler knows windows only. */
interface WorkerScope {
  onmessage: ((event: MessageEvent<PageMessage>) => void) | null;
  postMessage(message: WorkerMessage): void;
}

const scope = globalThis as unknown as WorkerScope;
let session: VolunteerSession | null = null;

function start(message: Extract<PageMessage, { type: "start" }>): void {
  session?.stop("started again");
  session = new VolunteerSession({
    base: message.base,
    run: message.run,
    identity: message.identity,
    device: { kind: "browser", name: message.device_name },
    build: message.build,
    share: message.share,
    bound: message.bound ?? true,
    code: message.code ?? null,
    trainerFactory: browserTrainerFactory(message.backend, message.own ?? null),
    ownExamples: Boolean(message.own),
    platform: hostPlatform(),
    onEvent: (event) => scope.postMessage(event),
  });
  session.start();
}

scope.onmessage = ({ data: message }) => {
  switch (message.type) {
    case "start":
      start(message);
      break;
    case "pause":
      session?.pause();
      break;
    case "resume":
      session?.resume();
      break;
    case "share":
      session?.setShare(message.share);
      break;
    case "hidden":
      session?.setHidden(message.hidden);
      break;
    case "wake":
      session?.wake();
      break;
    case "stop":
      session?.stop(message.reason);
      break;
    default:
      message satisfies never;
  }
};
