/** The compact encodings, byte for byte those of the server: docs/protocol.md, "Encodings". */
import { ProtocolError } from "./frames.ts";

export const BLOCK = 256;
const STEPS = 127;
/** A block with nothing larger is sent as zeros. */
export const LEAST = 2 ** -100;
const ENTRY_BYTES = 5;
const MAGNITUDE = 0x7fffffff;
/** Added and taken away again, it rounds a double to an integer, ties to even. */
export const ROUNDER = 1.5 * 2 ** 52;

/** Scales (float32, one for each 256 numbers), then the numbers as int8 multiples of them. */
export function encodeInt8(vector: Float32Array): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(int8Bytes(vector.length));
  const { scales, numbers } = int8Parts(payload, vector.length);
  for (let block = 0; block < scales.length; block++) {
    const first = block * BLOCK;
    const end = Math.min(first + BLOCK, vector.length);
    const scale = scaleOf(vector, first, end);
    scales[block] = scale;
    if (scale > 0 && scale < Number.POSITIVE_INFINITY) {
      for (let i = first; i < end; i++) numbers[i] = round(vector[i] as number, scale);
    }
  }
  return payload;
}

export function decodeInt8(payload: Uint8Array, length: number): Float32Array<ArrayBuffer> {
  checkLength(payload, int8Bytes(length), length);
  const { scales, numbers } = int8Parts(aligned(payload), length);
  const vector = new Float32Array(length);
  for (let block = 0; block < scales.length; block++) {
    const scale = scales[block] as number;
    const end = Math.min((block + 1) * BLOCK, length);
    for (let i = block * BLOCK; i < end; i++) vector[i] = (numbers[i] as number) * scale;
  }
  return vector;
}

/** How many numbers a `topk` payload of a vector holds. */
export function topkCount(length: number): number {
  return Math.max(1, Math.round(length / 100));
}

/**
 * The `count` numbers of largest magnitude: how many they are (uint32), a scale (float32), their places (uint32, going
 * up), and they themselves as int8 multiples of the scale.
 */
export function encodeTopk(vector: Float32Array, count: number): Uint8Array<ArrayBuffer> {
  const places = largest(vector, Math.min(count, vector.length));
  const kept = Float32Array.from(places, (place) => vector[place] as number);
  const payload = new Uint8Array(8 + ENTRY_BYTES * places.length);
  const scale = scaleOf(kept, 0, kept.length);
  new Uint32Array(payload.buffer, 0, 1)[0] = places.length;
  new Float32Array(payload.buffer, 4, 1)[0] = scale;
  new Uint32Array(payload.buffer, 8, places.length).set(places);
  const numbers = new Int8Array(payload.buffer, 8 + 4 * places.length);
  if (scale > 0 && scale < Number.POSITIVE_INFINITY) {
    for (let i = 0; i < kept.length; i++) numbers[i] = round(kept[i] as number, scale);
  }
  return payload;
}

export function decodeTopk(payload: Uint8Array, length: number): Float32Array<ArrayBuffer> {
  if (payload.byteLength < 8) throw new ProtocolError("a topk vector has at least 8 bytes");
  const bytes = aligned(payload);
  const count = new Uint32Array(bytes.buffer, bytes.byteOffset, 1)[0] as number;
  const scale = new Float32Array(bytes.buffer, bytes.byteOffset + 4, 1)[0] as number;
  checkLength(payload, 8 + ENTRY_BYTES * count, length);
  const places = new Uint32Array(bytes.buffer, bytes.byteOffset + 8, count);
  const numbers = new Int8Array(bytes.buffer, bytes.byteOffset + 8 + 4 * count, count);
  const vector = new Float32Array(length);
  let last = -1;
  for (let i = 0; i < count; i++) {
    const place = places[i] as number;
    if (place <= last || place >= length)
      throw new ProtocolError("a topk vector's places do not go up, or are not there");
    vector[place] = (numbers[i] as number) * scale;
    last = place;
  }
  return vector;
}

/** The largest magnitude of a block / `steps`. */
export function scaleOf(vector: Float32Array, first: number, end: number, steps = STEPS): number {
  let most = 0;
  for (let i = first; i < end; i++) {
    const magnitude = Math.abs(vector[i] as number);
    if (!(magnitude <= most)) most = magnitude;
    if (Number.isNaN(magnitude)) return Number.NaN;
  }
  return most < LEAST ? 0 : Math.fround(most / steps);
}

/** The nearest multiple of `scale`, which is not 0, ties to even. */
export function round(value: number, scale: number): number {
  return Math.fround(value / scale) + ROUNDER - ROUNDER;
}

/** The places of the `count` largest magnitudes, going up. */
function largest(vector: Float32Array, count: number): Uint32Array {
  const places = new Uint32Array(count);
  if (count === 0) return places;
  const bits = new Uint32Array(vector.buffer, vector.byteOffset, vector.length);
  const { threshold, above } = thresholdOf(bits, count);
  let equal = count - above;
  let found = 0;
  for (let i = 0; found < count; i++) {
    const magnitude = (bits[i] as number) & MAGNITUDE;
    if (magnitude > threshold || (magnitude === threshold && equal-- > 0)) places[found++] = i;
  }
  return places;
}

/**
 * The bits of the `count`-th largest magnitude, and how many are larger. Magnitudes are in the order of their bits, and
 * counting these by their upper and then by their lower half takes a fraction of the time of sorting.
 */
function thresholdOf(bits: Uint32Array, count: number): { threshold: number; above: number } {
  const upper = new Uint32Array(1 << 16);
  for (const each of bits) increment(upper, (each & MAGNITUDE) >>> 15);
  const high = fromTheTop(upper, count);
  const lower = new Uint32Array(1 << 15);
  for (const each of bits) if ((each & MAGNITUDE) >>> 15 === high.bin) increment(lower, each & 0x7fff);
  const low = fromTheTop(lower, count - high.above);
  return { threshold: (high.bin << 15) | low.bin, above: high.above + low.above };
}

function increment(bins: Uint32Array, bin: number): void {
  bins[bin] = (bins[bin] as number) + 1;
}

/** The bin that holds the `count`-th from the top, and how many are in those above it. */
function fromTheTop(bins: Uint32Array, count: number): { bin: number; above: number } {
  let above = 0;
  let bin = bins.length - 1;
  while (above + (bins[bin] as number) < count) above += bins[bin--] as number;
  return { bin, above };
}

function int8Bytes(length: number): number {
  return 4 * Math.ceil(length / BLOCK) + length;
}

function int8Parts(payload: Uint8Array, length: number): { scales: Float32Array; numbers: Int8Array } {
  const { buffer, byteOffset } = payload;
  const blocks = Math.ceil(length / BLOCK);
  return {
    scales: new Float32Array(buffer, byteOffset, blocks),
    numbers: new Int8Array(buffer, byteOffset + 4 * blocks, length),
  };
}

/** The same bytes where float32 may be viewed. */
export function aligned(payload: Uint8Array): Uint8Array {
  return payload.byteOffset % 4 === 0 ? payload : payload.slice();
}

export function checkLength(payload: Uint8Array, wanted: number, length: number): void {
  if (payload.byteLength !== wanted) {
    throw new ProtocolError(`a vector of ${length} numbers has ${wanted} bytes here, not ${payload.byteLength}`);
  }
}
