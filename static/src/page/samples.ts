/** Examples of a dataset as the server gives them, and how they are shown. */
import { isPicture } from "./drawing.ts";

export interface Sample {
  /** For each input its numbers as stored, flat. */
  inputs: number[][];
  target: number | number[];
  label: string;
}

export interface Samples {
  split: string;
  examples: Sample[];
  num_examples: Record<string, number>;
  label_counts: ({ labels: string[] } & Record<string, number[] | string[]>) | null;
  num_inputs: number;
}

/** The shape of each input, and what the classes are called. */
export interface SampleShape {
  shapes: number[][];
  /** Lowest and highest number among the samples. */
  range: [number, number];
}

export function shapeOf(samples: readonly Sample[], shapes: number[][]): SampleShape {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { inputs } of samples) {
    for (const value of inputs[0] ?? []) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  return { shapes, range: high > low ? [low, high] : [0, 1] };
}

/** An element that shows an example: a picture where it is one, else its first numbers. */
export function showSample(numbers: readonly number[], shape: SampleShape, label: string): HTMLElement {
  const [size = []] = shape.shapes;
  if (!isPicture(size)) {
    const text = document.createElement("p");
    text.className = "numbers";
    text.textContent = numbers
      .slice(0, 6)
      .map((value) => String(Number(value.toPrecision(3))))
      .join(", ")
      .concat(numbers.length > 6 ? ", …" : "");
    return text;
  }
  const canvas = document.createElement("canvas");
  canvas.className = "picture";
  canvas.setAttribute("role", "img");
  canvas.setAttribute("aria-label", label);
  paintPicture(canvas, numbers, size, shape.range);
  return canvas;
}

/** Paints numbers of the shape [height, width, channels] as grey or coloured places. */
export function paintPicture(
  canvas: HTMLCanvasElement,
  numbers: readonly number[],
  [height = 1, width = 1, channels = 1]: readonly number[],
  [low, high]: [number, number],
): void {
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  if (!context) return;
  const image = context.createImageData(width, height);
  for (let i = 0; i < height * width; i++) {
    for (let colour = 0; colour < 3; colour++) {
      const value = numbers[i * channels + (channels >= 3 ? colour : 0)] ?? 0;
      image.data[4 * i + colour] = (255 * (value - low)) / (high - low);
    }
    image.data[4 * i + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}
