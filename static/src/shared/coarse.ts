/** `int4` and `int2`: four bits or two a number, byte for byte those of the server: docs/protocol.md, "Encodings". */
import { aligned, BLOCK, checkLength, LEAST, round, scaleOf } from "./quantised.ts";

export type Bits = 4 | 2;

const STEPS = 7;
const MIDDLE = 1.5;

/** Scales (float32, one for each 256 numbers), then the numbers of `bits` each, the first of a byte lowest. */
export function encodeCoarse(vector: Float32Array, bits: Bits): Uint8Array<ArrayBuffer> {
  const { length } = vector;
  const payload = new Uint8Array(coarseBytes(length, bits));
  const blocks = Math.ceil(length / BLOCK);
  const scales = new Float32Array(payload.buffer, 0, blocks);
  const packed = new Uint8Array(payload.buffer, 4 * blocks);
  const perByte = 8 / bits;
  for (let block = 0; block < blocks; block++) {
    const first = block * BLOCK;
    const end = Math.min(first + BLOCK, length);
    const scale = bits === 4 ? scaleOf(vector, first, end, STEPS) : usualOf(vector, first, end);
    scales[block] = scale;
    const usable = scale > 0 && scale < Number.POSITIVE_INFINITY;
    for (let i = first; i < end; i++) {
      const value = usable ? (vector[i] as number) : 0;
      const code = bits === 4 ? round(value, usable ? scale : 1) & 15 : middle(value, usable ? scale : 1);
      const place = (i / perByte) | 0;
      packed[place] = (packed[place] as number) | (code << (bits * (i % perByte)));
    }
  }
  return payload;
}

export function decodeCoarse(payload: Uint8Array, bits: Bits, length: number): Float32Array<ArrayBuffer> {
  checkLength(payload, coarseBytes(length, bits), length);
  const { buffer, byteOffset } = aligned(payload);
  const blocks = Math.ceil(length / BLOCK);
  const scales = new Float32Array(buffer, byteOffset, blocks);
  const packed = new Uint8Array(buffer, byteOffset + 4 * blocks);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  const vector = new Float32Array(length);
  for (let i = 0; i < length; i++) {
    const code = ((packed[(i / perByte) | 0] as number) >> (bits * (i % perByte))) & mask;
    const value = bits === 4 ? (code << 28) >> 28 : code - MIDDLE;
    vector[i] = value * (scales[(i / BLOCK) | 0] as number);
  }
  return vector;
}

/** Which of the four middles -1.5, -0.5, 0.5, 1.5 of the scale a number is nearest to. */
function middle(value: number, scale: number): number {
  return Math.max(-2, Math.min(1, Math.floor(Math.fround(value / scale)))) + 2;
}

/** The root mean square of a block. */
function usualOf(vector: Float32Array, first: number, end: number): number {
  let squares = 0;
  for (let i = first; i < end; i++) squares += (vector[i] as number) * (vector[i] as number);
  const usual = Math.fround(Math.sqrt(squares / (end - first)));
  return usual < LEAST ? 0 : usual;
}

function coarseBytes(length: number, bits: Bits): number {
  return 4 * Math.ceil(length / BLOCK) + Math.ceil((length * bits) / 8);
}
