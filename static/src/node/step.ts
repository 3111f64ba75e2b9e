/** One real training step: what it costs, and whether it works. */
import type { LeaseWork } from "../trainer/config.ts";
import { TrainerError } from "../trainer/errors.ts";
import type { Examples } from "../trainer/examples.ts";
import { tf } from "../trainer/tfjs.ts";
import type { Trainer } from "../trainer/trainer.ts";
import type { BuildRequest } from "./requests.ts";
import { allFinite } from "./validation.ts";

const MEASURED_STEPS = 3;
const MEASURE_SECONDS = 5;
const BYTES = 4;
/** Beside the backend's tensors a volunteer holds the base it started from, the payload, and its copy on the wire. */
const FLAT_COPIES = 3;

export interface StepReport {
  memory_bytes: number;
  seconds_per_step: number;
  loss: number;
}

/**
 * Trains `trainer`, whose weights are `initial`, for one step on the first batch of `examples`, then times a few more.
 * Leaves the weights as they were. Throws `TrainerError` `invalid_model` where the step gives numbers that are not finite,
 * or weights whose outputs are not.
 */
export async function tryStep(
  trainer: Trainer,
  request: BuildRequest,
  examples: Examples,
  initial: Float32Array,
): Promise<StepReport> {
  const { batch_size } = request.training;
  const lease: LeaseWork = {
    seed: request.training.seed,
    batch_size,
    learning_rate: request.learning_rate,
    optimizer: "model",
    wants: "weights",
  };
  const batch = examples.head(batch_size);
  trainer.setWeights(initial);
  let loss: number | null = null;
  let trained = initial;
  const profile = await tf.profile(async () => {
    const result = await trainer.train(lease, batch);
    loss = result.loss;
    trained = result.payload;
    return [];
  });
  trainer.setWeights(trained);
  // Not the loss after the step: backends clip what is no number to a probability of nearly 0, or 1.
  const outputs = await trainer.predict(batch);
  trainer.setWeights(initial);
  if (loss === null || !allFinite(outputs)) throw diverged(request);
  const seconds = await trainer.measure(batch, batch_size, MEASURED_STEPS, MEASURE_SECONDS);
  return {
    memory_bytes: profile.peakBytes + FLAT_COPIES * BYTES * initial.length,
    seconds_per_step: seconds,
    loss,
  };
}

function diverged(request: BuildRequest): TrainerError {
  return new TrainerError(
    "invalid_model",
    `One training step on real data gives numbers that are not finite. Use a learning rate below ${request.learning_rate}, ` +
      `scale the inputs of ${request.dataset.name} to about 0 to 1, or check that the loss ${request.loss} suits its targets.`,
  );
}
