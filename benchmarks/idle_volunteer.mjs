/**
 * A volunteer of `idle.py`: the session that browsers run, with a trainer that sleeps instead of training.
 *
 *     node idle_volunteer.mjs BASE RUN SECONDS_PER_ITERATION WARM_SECONDS SECONDS
 *
 * Prints {"idle": the share of SECONDS in which nothing was trained, "leases": N, "outcomes": {NAME: N}} and ends.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { hostPlatform, VolunteerSession } from "../static/src/worker/session.ts";

const [base, run, ...numbers] = process.argv.slice(2);
const [secondsPerIteration, warmSeconds, seconds] = numbers.map(Number);
const now = () => performance.now() / 1000;
const spans = [];
const outcomes = {};

class SleepingTrainer {
  backend = "sleep";
  reason = "it costs nothing";
  secondsPerIteration = secondsPerIteration;
  weights = null;

  setWeights(weights) {
    this.weights = weights;
  }

  async train({ iterations, wants }, parts, hooks) {
    const span = { began: now(), ended: Number.POSITIVE_INFINITY };
    spans.push(span);
    for (let done = 1; done <= iterations; done++) {
      const left = span.began + done * secondsPerIteration - now();
      if (left > 0) await sleep(left * 1000);
      if (hooks.shouldStop()) break;
      hooks.onStep(done, 0.5, 0.5);
    }
    span.ended = now();
    if (hooks.shouldStop()) return null;
    const change = (weight, i) => 1e-3 * Math.sin(i + spans.length) + (wants === "weights" ? weight : 0);
    const num_examples = parts.reduce((sum, { first, last }) => sum + last - first, 0);
    const seconds = span.ended - span.began;
    const result = { iterations, num_examples, seconds, worked: seconds, loss: 0.5, accuracy: 0.5 };
    return { ...result, payload: this.weights.map(change), tensors_before: 0, tensors_after: 0 };
  }

  dispose() {}
}

const session = new VolunteerSession({
  base,
  run,
  identity: null,
  device: { kind: "worker", name: "idle" },
  build: null,
  trainerFactory: async () => new SleepingTrainer(),
  platform: hostPlatform(),
  ownExamples: true,
  onEvent: (event) => {
    if (event.type === "outcome") outcomes[event.outcome] = (outcomes[event.outcome] ?? 0) + 1;
    if (event.type === "error" || event.type === "closed") console.error(JSON.stringify(event));
  },
});
session.start();
await sleep(warmSeconds * 1000);
const began = now();
await sleep(seconds * 1000);
const ended = now();
const busy = spans.map((span) => Math.max(0, Math.min(span.ended, ended) - Math.max(span.began, began)));
const idle = 1 - busy.reduce((sum, part) => sum + part, 0) / (ended - began);
console.log(JSON.stringify({ idle, leases: busy.filter((part) => part > 0).length, outcomes }));
process.exit(0);
