/** Where the layers of a network are drawn: each below what feeds it, side by side where there are several. */

export interface Layer {
  name: string;
  class: string;
  output_shape: (number | null)[];
  parameters: number;
  inputs: string[];
}

export interface Place {
  layer: Layer;
  row: number;
  column: number;
}

export function placeLayers(layers: readonly Layer[]): Place[] {
  const rows = new Map<string, number>();
  const widths: number[] = [];
  return layers.map((layer) => {
    // Layers come in an order in which every input is known; one that is not counts as the top.
    const row = Math.max(-1, ...layer.inputs.map((name) => rows.get(name) ?? -1)) + 1;
    rows.set(layer.name, row);
    const column = widths[row] ?? 0;
    widths[row] = column + 1;
    return { layer, row, column };
  });
}

/** 28 × 28 × 8, without the number of examples. */
export function shapeWords(shape: readonly (number | null)[]): string {
  const sizes = shape.slice(1).map((size) => (size === null ? "any" : String(size)));
  return sizes.join(" × ") || "one number";
}
