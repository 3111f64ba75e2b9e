/**
 * Another look of each example at each step: flipped, cropped, turned. On the processor, in the stored numbers and before
 * they are scaled, so that every backend trains on the same ones; all chance comes from the lease's seed and the step, so
 * that a lease can be replayed. `docs/protocol.md` says which numbers are drawn.
 */
import type { AugmentationStep } from "../shared/protocol.ts";
import { hashName, mixSeed, mulberry32 } from "./random.ts";

/** `[height, width, channels]` of one example. */
type PictureShape = readonly [number, number, number];

/** The name of the stream of random numbers. */
const STREAM = hashName("augmentation");

/**
 * Changes pictures in place: `values` holds `count` of them, `[height, width, channels]` each, row-major.
 * `input` is the place of these values among the model's inputs; steps for others are left out, but draw nothing either.
 */
export function augment(
  values: Float32Array,
  shape: readonly number[],
  steps: readonly AugmentationStep[],
  input: number,
  seed: number,
  step: number,
): void {
  const own = steps.filter((entry) => optionsOf(entry).input === input);
  if (own.length === 0) return;
  const [height = 1, width = 1, channels = 1] = shape;
  const size = height * width * channels;
  const random = mulberry32(mixSeed(seed, step, STREAM, input));
  const spare = new Float32Array(size);
  for (let first = 0; first < values.length; first += size) {
    const picture = values.subarray(first, first + size);
    for (const entry of own) change(picture, spare, [height, width, channels], entry, random);
  }
}

function optionsOf(entry: AugmentationStep): { input: number } {
  return Object.values(entry)[0] as { input: number };
}

function change(
  picture: Float32Array,
  spare: Float32Array,
  shape: PictureShape,
  entry: AugmentationStep,
  random: () => number,
): void {
  if ("flip" in entry) {
    const { horizontal, vertical } = entry.flip;
    const [acrossDraw, downDraw] = [random(), random()];
    const [across, down] = [horizontal && acrossDraw < 0.5, vertical && downDraw < 0.5];
    if (across || down) flip(picture, spare, shape, across, down);
  } else if ("crop" in entry) {
    const { padding, fill } = entry.crop;
    const choices = 2 * padding + 1;
    const down = Math.floor(random() * choices) - padding;
    const across = Math.floor(random() * choices) - padding;
    if (down !== 0 || across !== 0) shift(picture, spare, shape, down, across, fill);
  } else {
    const { degrees, fill } = entry.rotate;
    rotate(picture, spare, shape, ((2 * random() - 1) * degrees * Math.PI) / 180, fill);
  }
}

function flip(picture: Float32Array, spare: Float32Array, shape: PictureShape, across: boolean, down: boolean): void {
  const [height, width, channels] = shape;
  spare.set(picture);
  for (let y = 0; y < height; y++) {
    const row = down ? height - 1 - y : y;
    for (let x = 0; x < width; x++) {
      const from = (row * width + (across ? width - 1 - x : x)) * channels;
      const to = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) picture[to + c] = spare[from + c] as number;
    }
  }
}

/** The window at (down, across) of the picture with a border of `fill` round it. */
function shift(
  picture: Float32Array,
  spare: Float32Array,
  shape: PictureShape,
  down: number,
  across: number,
  fill: number,
): void {
  const [height, width, channels] = shape;
  spare.set(picture);
  picture.fill(fill);
  const [left, right] = [Math.max(0, -across), Math.min(width, width - across)];
  if (left >= right) return;
  for (let y = Math.max(0, -down); y < Math.min(height, height - down); y++) {
    const from = ((y + down) * width + left + across) * channels;
    const row = spare.subarray(from, from + (right - left) * channels);
    picture.set(row, (y * width + left) * channels);
  }
}

/** Turned about its centre by `angle` (radians, counter-clockwise as seen), bilinear, with `fill` outside. */
function rotate(picture: Float32Array, spare: Float32Array, shape: PictureShape, angle: number, fill: number): void {
  const [height, width, channels] = shape;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [middleY, middleX] = [(height - 1) / 2, (width - 1) / 2];
  spare.set(picture);
  const at = (y: number, x: number, c: number): number =>
    y < 0 || y >= height || x < 0 || x >= width ? fill : (spare[(y * width + x) * channels + c] as number);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [dy, dx] = [y - middleY, x - middleX];
      const sourceX = middleX + cos * dx - sin * dy;
      const sourceY = middleY + sin * dx + cos * dy;
      const [top, left] = [Math.floor(sourceY), Math.floor(sourceX)];
      const [partY, partX] = [sourceY - top, sourceX - left];
      for (let c = 0; c < channels; c++) {
        const upper = at(top, left, c) * (1 - partX) + at(top, left + 1, c) * partX;
        const lower = at(top + 1, left, c) * (1 - partX) + at(top + 1, left + 1, c) * partX;
        picture[(y * width + x) * channels + c] = upper * (1 - partY) + lower * partY;
      }
    }
  }
}
