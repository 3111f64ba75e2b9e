/** What `fit.ts` needs to know of a TF.js model. */
import type { tfl } from "../trainer/tfjs.ts";
import type { LayerShape, ModelShape } from "./fit.ts";

type Shape = readonly (number | null)[];

export function shapeOf(model: tfl.LayersModel, loss: string): ModelShape {
  return {
    inputs: model.inputs.map((input) => input.shape.slice(1)),
    outputs: model.outputs.map((output) => output.shape.slice(1)),
    layers: model.layers.map(layerShape),
    lastActivation: activationOf(model.layers.at(-1)),
    loss,
  };
}

function layerShape(layer: tfl.layers.Layer): LayerShape {
  const shape = layer.outputShape as Shape | readonly Shape[];
  const single = (Array.isArray(shape[0]) ? shape[0] : shape) as Shape;
  return { name: layer.name, kind: layer.getClassName(), output: single.slice(1) };
}

function activationOf(layer: tfl.layers.Layer | undefined): string | null {
  if (!layer) return null;
  if (layer.getClassName() === "Softmax") return "softmax";
  const { activation } = layer.getConfig();
  return typeof activation === "string" ? activation : null;
}
