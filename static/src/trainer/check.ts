/** What TF.js 4.22 builds but cannot train, said before a run starts. */
import { allLayers } from "./dropout.ts";
import { TrainerError } from "./errors.ts";
import type { tfl } from "./tfjs.ts";

type Layer = tfl.layers.Layer;

interface Inside {
  dilationRate?: number | number[];
  padding?: string;
  cell?: { dilationRate?: number | number[] };
  dataFormat?: string;
  stateful?: boolean;
  depthMultiplier?: number;
}

/** Layers without which a model must do, and what to do instead. */
const WITHOUT_GRADIENT: Record<string, string> = {
  Conv3DTranspose: "TF.js has no gradient for it. Use upsampling and a conv3d.",
  RandomWidth: "it draws its widths from no seed, so that a lease could not be repeated. Resize the images beforehand.",
};

/** Why a layer cannot be trained, and what to change; null when it can. */
function fault(layer: Layer): string | null {
  const kind = layer.getClassName();
  const inside = layer as unknown as Inside;
  const who = `Layer "${layer.name}" (${kind})`;
  const dilation = [inside.cell?.dilationRate ?? inside.dilationRate ?? 1].flat();
  if (dilation.some((rate) => rate > 1))
    return `${who} has a dilation rate of ${dilation.join(" x ")}, and TF.js has no gradient for dilated convolutions. Set it to 1; a larger kernel or a stride sees as far.`;
  if (inside.padding === "causal")
    return `${who} has causal padding, which TF.js does not compute. Set padding to "same" or "valid".`;
  const missing = WITHOUT_GRADIENT[kind];
  if (missing) return `${who} cannot be trained: ${missing}`;
  if (inside.dataFormat === "channelsFirst")
    return `${who} has its channels first, which trains on no backend but one. Set dataFormat to "channelsLast".`;
  if (kind !== "Sequential" && kind !== "Model" && kind !== "Functional" && inside.stateful === true)
    return `${who} is stateful: it remembers one batch in the next, and volunteers train batches apart. Set stateful to false.`;
  return null;
}

/** Sentences on everything in `model` that cannot be trained; empty when all can. */
export function untrainable(model: tfl.LayersModel): string[] {
  const faults = allLayers(model)
    .map(fault)
    .filter((sentence) => sentence !== null);
  if (model.outputs.length !== 1)
    faults.push(
      `The model has ${model.outputs.length} outputs, and a dataset has one set of targets. Keep one output.`,
    );
  if (model.trainableWeights.length === 0)
    faults.push("The model has no weights to train. Add a layer that has some, or set trainable to true.");
  return faults;
}

/** @throws TrainerError `invalid_model` with every sentence of `untrainable`. */
export function checkTrainable(model: tfl.LayersModel): void {
  const faults = untrainable(model);
  if (faults.length > 0) throw new TrainerError("invalid_model", faults.join(" "));
}
