/** Whether a model, a dataset and a loss go together; what does not is said in a sentence. */
import type { DatasetConfig, TargetConfig } from "../trainer/config.ts";
import { TrainerError } from "../trainer/errors.ts";

/** A layer as far as shapes go; the first entry of a shape, the number of examples, is left out. */
export interface LayerShape {
  name: string;
  kind: string;
  output: readonly (number | null)[];
}

/** What has to fit. Shapes are those of one example. */
export interface ModelShape {
  inputs: readonly (readonly (number | null)[])[];
  outputs: readonly (readonly (number | null)[])[];
  layers: readonly LayerShape[];
  /** The activation of the last layer, as its configuration names it; null where it has none. */
  lastActivation: string | null;
  loss: string;
}

/** Losses over a probability for each class. */
const CLASS_LOSSES: ReadonlySet<string> = new Set(["categoricalCrossentropy", "sparseCategoricalCrossentropy"]);

/** Throws `TrainerError` `invalid_model` where the model cannot be trained on the dataset as it is. */
export function checkFit(model: ModelShape, dataset: DatasetConfig): void {
  const problem =
    inputProblem(model, dataset) ??
    shapeProblem(model.layers) ??
    lossProblem(model, dataset) ??
    outputProblem(model, dataset);
  if (problem !== null) throw new TrainerError("invalid_model", problem);
}

/** Sentences about what will train, but looks like a slip. */
export function doubtsAbout(model: ModelShape, dataset: DatasetConfig): string[] {
  if (!CLASS_LOSSES.has(model.loss) || dataset.targets.kind !== "class") return [];
  const { lastActivation } = model;
  const last = nameOfLast(model);
  const doubts: string[] = [];
  if (lastActivation !== "softmax" && lastActivation !== null) {
    doubts.push(
      `The loss ${model.loss} takes probabilities, but the last layer, ${last}, has the activation ${lastActivation}: ` +
        'it most likely needs "activation": "softmax".',
    );
  }
  const units = model.outputs[0]?.at(-1) ?? 0;
  const classes = dataset.targets.num_classes ?? units;
  if (units > classes) {
    doubts.push(`The last layer, ${last}, gives ${units} numbers, but ${dataset.name} has only ${classes} classes.`);
  }
  return doubts;
}

function inputProblem(model: ModelShape, dataset: DatasetConfig): string | null {
  if (model.inputs.length !== dataset.inputs.length) {
    return `The model has ${countOf(model.inputs.length, "input")}, the data set ${dataset.name} has ${dataset.inputs.length}.`;
  }
  for (const [i, shape] of model.inputs.entries()) {
    const given = dataset.inputs[i]?.shape ?? [];
    const fits = shape.length === given.length && shape.every((size, axis) => size === null || size === given[axis]);
    if (!fits) {
      return (
        `Input ${i + 1} of the model takes examples of the shape ${shown(shape)}, but those of ${dataset.name} have the ` +
        `shape ${shown(given)}: change the model's input shape, or reshape the data in the dataset module.`
      );
    }
  }
  return null;
}

function shapeProblem(layers: readonly LayerShape[]): string | null {
  const empty = layers.findIndex((layer) => layer.output.some((size) => size !== null && size <= 0));
  const layer = layers[empty];
  if (!layer) return null;
  const before = layers[empty - 1];
  const input = before ? `gets ${shown(before.output)} from ${before.name} and ` : "";
  return (
    `Layer ${empty + 1}, ${layer.name}, ${input}would give ${shown(layer.output)}, which is nothing. ` +
    'Use a smaller kernelSize or poolSize, padding "same", or fewer pooling layers before it.'
  );
}

function outputProblem(model: ModelShape, dataset: DatasetConfig): string | null {
  if (model.outputs.length !== 1)
    return `The model has ${model.outputs.length} outputs: only models with one can be trained.`;
  const [output = []] = model.outputs;
  const last = nameOfLast(model);
  const { targets } = dataset;
  if (targets.kind === "class") return classProblem(output, last, model.loss, targets, dataset.name);
  if (output.length === targets.shape.length && output.every((size, i) => size === null || size === targets.shape[i]))
    return null;
  const single = targets.shape.length === 0 && output.length === 1 && output[0] === 1;
  if (single) return null;
  return (
    `The last layer, ${last}, gives ${shown(output)} for each example, but the targets of ${dataset.name} have the shape ` +
    `${shown(targets.shape)}: change its units${output.length > 1 ? ', or put {"flatten": {}} before it' : ""}.`
  );
}

/** One class for each example; other forms (a class for each pixel) are left to the loss itself. */
function classProblem(
  output: readonly (number | null)[],
  last: string,
  loss: string,
  targets: TargetConfig,
  dataset: string,
): string | null {
  const classes = targets.num_classes ?? 0;
  if (targets.shape.length > 0) return null;
  if (output.length > 1) {
    return (
      `The last layer, ${last}, gives an array of the shape ${shown(output)} for each example, but ${dataset} has ` +
      `${classes} classes: it should give ${classes} numbers. Put {"flatten": {}} before it.`
    );
  }
  const units = output[0] ?? 0;
  if (units >= classes || (units === 1 && classes === 2 && !CLASS_LOSSES.has(loss))) return null;
  return (
    `The last layer, ${last}, gives ${countOf(units, "number")} for each example, but ${dataset} has ${classes} ` +
    `classes: give it "units": ${classes}.`
  );
}

function lossProblem(model: ModelShape, dataset: DatasetConfig): string | null {
  const { targets } = dataset;
  const isOneNumber = targets.shape.every((size) => size === 1);
  if (targets.kind === "class" || !CLASS_LOSSES.has(model.loss) || !isOneNumber) return null;
  return (
    `The loss ${model.loss} needs classes, but the targets of ${dataset.name} are values of the shape ` +
    `${shown(targets.shape)}: use meanSquaredError, or make the targets 1-D integers in the dataset module.`
  );
}

function nameOfLast(model: ModelShape): string {
  return model.layers.at(-1)?.name ?? "the output";
}

function shown(shape: readonly (number | null)[]): string {
  return `[${shape.map((size) => size ?? "any").join(", ")}]`;
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
