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
}

/** A drawing: how much ink lies on each place, 0 to 1, row by row. */
export interface Drawing {
  height: number;
  width: number;
  ink: Float32Array;
}

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
  return { height, width, channels, paper, ink, extent: pictures.length > 0 ? middle(extents) : 1 };
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

/** A photograph's RGBA bytes (of the picture's own size) as stored numbers between the dataset's extremes. */
export function fitPhotograph(rgba: Uint8ClampedArray, style: PictureStyle, [low, high]: [number, number]): number[] {
  const out: number[] = [];
  for (let i = 0; i < style.height * style.width; i++) {
    const colours = [rgba[4 * i] ?? 0, rgba[4 * i + 1] ?? 0, rgba[4 * i + 2] ?? 0, 255];
    const grey = 0.299 * (colours[0] ?? 0) + 0.587 * (colours[1] ?? 0) + 0.114 * (colours[2] ?? 0);
    const shown = style.channels === 1 ? [grey] : colours.slice(0, style.channels);
    for (const value of shown) out.push(low + ((high - low) * value) / 255);
  }
  return out;
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
