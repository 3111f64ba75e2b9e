/** Turns what was drawn or shown into numbers as a dataset stores them: its size, its place, its ink and its paper. */

/** How the pictures of a dataset look, measured on some of them. */
export interface PictureStyle {
  height: number;
  width: number;
  channels: number;
  /** Stored numbers of an empty place and of full ink. */
  paper: number;
  ink: number;
  /** The part of the picture that its subject spans, by its longer side, 0 to 1. */
  extent: number;
  /** The subjects stand on an empty ground of one brightness. */
  plain: boolean;
}

/** A drawing: how much ink lies on each place, 0 to 1, row by row. */
export interface Drawing {
  height: number;
  width: number;
  ink: Float32Array;
}

/** Of the border's places so many are empty, where a ground is plain: as near to the paper as this, of all reach. */
const PLAIN_PART = 0.6;
const PLAIN_REACH = 0.1;

/** What differs less from the ground is shade, not ink, in parts of what differs most; and what nobody could see. */
const SHADE = 0.35;
const FAINTEST = 28;

/** True for shapes that are pictures: [height, width] with at most 4 channels. */
export function isPicture(shape: readonly number[]): boolean {
  const [height = 0, width = 0, channels = 1] = shape;
  const known = channels === 1 || channels === 3 || channels === 4;
  return (shape.length === 2 || shape.length === 3) && known && height >= 4 && width >= 4;
}

/** Measures pictures of a shape, each as stored and flat. */
export function styleOf(pictures: readonly (readonly number[])[], shape: readonly number[]): PictureStyle {
  const [height = 1, width = 1, channels = 1] = shape;
  const border: number[] = [];
  for (const picture of pictures) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        if (y > 0 && x > 0 && y < height - 1 && x < width - 1) continue;
        border.push(picture[(y * width + x) * channels] ?? 0);
      }
    }
  }
  const paper = middle(border);
  const farthest = pictures.map((picture) =>
    picture.reduce((far, value) => (Math.abs(value - paper) > Math.abs(far - paper) ? value : far), paper),
  );
  const ink = middle(farthest);
  const extents = pictures.map((picture) => {
    const inked = Float32Array.from({ length: height * width }, (_, i) =>
      ink === paper ? 0 : ((picture[i * channels] ?? 0) - paper) / (ink - paper),
    );
    const box = boundsOf({ height, width, ink: inked }, 0.25);
    return box ? Math.max((box.bottom - box.top) / height, (box.right - box.left) / width) : 1;
  });
  const reach = Math.abs(ink - paper);
  const empty = border.filter((value) => Math.abs(value - paper) <= PLAIN_REACH * reach).length;
  const plain = reach > 0 && empty >= PLAIN_PART * border.length;
  return { height, width, channels, paper, ink, extent: pictures.length > 0 ? middle(extents) : 1, plain };
}

/** The drawing, cut out, scaled and centred as the dataset's own subjects are; null where nothing is drawn. */
export function fitDrawing(drawing: Drawing, style: PictureStyle): number[] | null {
  const box = boundsOf(drawing, 0.1);
  if (!box) return null;
  const { height, width, channels, paper, ink } = style;
  const longest = Math.max(box.bottom - box.top, box.right - box.left);
  // Places of the drawing for one of the picture.
  const scale = longest / (style.extent * Math.min(height, width));
  const centre =
    style.extent < 0.9 ? massOf(drawing) : { y: (box.top + box.bottom) / 2, x: (box.left + box.right) / 2 };
  const top = centre.y - (height / 2) * scale;
  const left = centre.x - (width / 2) * scale;
  const out: number[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const covered = meanInk(drawing, top + y * scale, left + x * scale, scale);
      const value = paper + (ink - paper) * covered;
      for (let channel = 0; channel < channels; channel++) out.push(value);
    }
  }
  return out;
}

/** A photograph: RGBA bytes, row by row. */
export interface Photograph {
  height: number;
  width: number;
  data: Uint8ClampedArray;
}

/**
 * A photograph as a dataset stores its pictures. Where those stand on a plain ground, so must what is photographed:
 * dark on light as well as light on dark, in uneven light. Null where nothing stands out from the ground.
 */
export function fitPhotograph(photo: Photograph, style: PictureStyle, range: [number, number]): number[] | null {
  if (style.channels > 1 || !style.plain) return fitScene(photo, style, range);
  const { height, width } = photo;
  const grey = greyOf(photo);
  const ground = groundOf(grey, height, width);
  const apart = grey.map((value, i) => Math.abs(value - (ground[i] ?? 0)));
  const most = [...apart].sort((a, b) => a - b)[Math.floor(0.995 * apart.length)] ?? 0;
  if (most < FAINTEST) return null;
  const ink = Float32Array.from(apart, (value) => Math.min(1, Math.max(0, (value / most - SHADE) / (1 - SHADE))));
  return fitDrawing({ height, width, ink }, style);
}

/** The whole of a photograph in the dataset's size, between its lowest and its highest number. */
function fitScene({ height, width, data }: Photograph, style: PictureStyle, [low, high]: [number, number]): number[] {
  const out: number[] = [];
  const [stepY, stepX] = [height / style.height, width / style.width];
  for (let y = 0; y < style.height; y++) {
    for (let x = 0; x < style.width; x++) {
      const [red, green, blue] = meanColour(data, width, y * stepY, x * stepX, stepY, stepX);
      const shown =
        style.channels === 1
          ? [0.299 * red + 0.587 * green + 0.114 * blue]
          : [red, green, blue, 255].slice(0, style.channels);
      for (const value of shown) out.push(low + ((high - low) * value) / 255);
    }
  }
  return out;
}

function meanColour(
  data: Uint8ClampedArray,
  width: number,
  top: number,
  left: number,
  height: number,
  across: number,
): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  let places = 0;
  for (let y = Math.floor(top); y < Math.max(top + height, Math.floor(top) + 1); y++) {
    for (let x = Math.floor(left); x < Math.max(left + across, Math.floor(left) + 1); x++) {
      for (const colour of [0, 1, 2] as const) sums[colour] += data[4 * (y * width + x) + colour] ?? 0;
      places++;
    }
  }
  return [sums[0] / places, sums[1] / places, sums[2] / places];
}

function greyOf({ data, height, width }: Photograph): Float32Array {
  return Float32Array.from(
    { length: height * width },
    (_, i) => 0.299 * (data[4 * i] ?? 0) + 0.587 * (data[4 * i + 1] ?? 0) + 0.114 * (data[4 * i + 2] ?? 0),
  );
}

/** How bright the empty ground is at each place: between what it is in the four corners. */
function groundOf(grey: Float32Array, height: number, width: number): Float32Array {
  const side = Math.max(1, Math.round(Math.min(height, width) / 8));
  const corner = (top: number, left: number) => {
    const values: number[] = [];
    for (let y = top; y < top + side; y++) {
      for (let x = left; x < left + side; x++) values.push(grey[y * width + x] ?? 0);
    }
    return middle(values);
  };
  const [topLeft, topRight] = [corner(0, 0), corner(0, width - side)];
  const [bottomLeft, bottomRight] = [corner(height - side, 0), corner(height - side, width - side)];
  return Float32Array.from({ length: height * width }, (_, i) => {
    const [down, right] = [Math.floor(i / width) / height, (i % width) / width];
    return (
      (1 - down) * ((1 - right) * topLeft + right * topRight) + down * ((1 - right) * bottomLeft + right * bottomRight)
    );
  });
}

interface Box {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

function boundsOf({ height, width, ink }: Drawing, least: number): Box | null {
  const box: Box = { top: height, left: width, bottom: 0, right: 0 };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if ((ink[y * width + x] ?? 0) < least) continue;
      box.top = Math.min(box.top, y);
      box.left = Math.min(box.left, x);
      box.bottom = Math.max(box.bottom, y + 1);
      box.right = Math.max(box.right, x + 1);
    }
  }
  return box.bottom > box.top ? box : null;
}

function massOf({ height, width, ink }: Drawing): { y: number; x: number } {
  let [sum, sumY, sumX] = [0, 0, 0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const value = ink[y * width + x] ?? 0;
      sum += value;
      sumY += value * (y + 0.5);
      sumX += value * (x + 0.5);
    }
  }
  return { y: sumY / sum, x: sumX / sum };
}

/** The mean over a square; outside of the drawing there is no ink. */
function meanInk({ height, width, ink }: Drawing, top: number, left: number, side: number): number {
  const steps = Math.max(2, Math.ceil(side));
  let sum = 0;
  for (let j = 0; j < steps; j++) {
    const y = Math.floor(top + ((j + 0.5) * side) / steps);
    for (let i = 0; i < steps; i++) {
      const x = Math.floor(left + ((i + 0.5) * side) / steps);
      if (y >= 0 && x >= 0 && y < height && x < width) sum += ink[y * width + x] ?? 0;
    }
  }
  return sum / (steps * steps);
}

function middle(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
