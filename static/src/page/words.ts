/** What states, waits and outcomes are called on a page. */
import type { OutcomeName, RunState, WaitReason } from "../shared/protocol.ts";

export const STATE_WORDS: Readonly<Record<RunState, string>> = {
  created: "Being prepared",
  queued: "Waiting to start",
  running: "Running",
  paused: "Paused by its owner",
  stopped: "Stopped by its owner",
  finished: "Finished",
  failed: "Failed",
};

export const WAIT_WORDS: Readonly<Record<WaitReason, string>> = {
  paused: "The owner has paused the run. You will go on when it does.",
  no_examples: "Every example of this pass is with somebody. You are next in line.",
  too_many_leases: "The server is still busy with what you sent.",
  round: "This round has all that it needs of you. The next one begins when the others are done.",
  not_started: "The run has not started yet. You will begin with it.",
  finished: "The run is over.",
};

/** Why a lease did not count, as the end of "not counted: ..."; null: it counted. */
export const OUTCOME_WORDS: Readonly<Record<OutcomeName, string | null>> = {
  merged: null,
  stale: "others had moved on too far",
  invalid: "the server could not accept the result",
  expired: "it came after its deadline",
  abandoned: "given back",
  not_needed: "the run no longer needed it",
  rolled_back: "the run went back to an earlier version",
};

export const BACKEND_WORDS: Readonly<Record<string, string>> = {
  webgpu: "its graphics processor (WebGPU)",
  webgl: "its graphics processor (WebGL)",
  wasm: "its processor (WebAssembly)",
  cpu: "its processor (JavaScript)",
};

/** Over for good: nothing more will come. */
export function isOver(state: RunState): boolean {
  return state === "stopped" || state === "finished" || state === "failed";
}

/** The state of a run in a sentence. */
export function stateSentence(state: RunState, reason: string | null): string {
  const words = STATE_WORDS[state] ?? state;
  return reason ? `${words}: ${reason}` : words;
}
