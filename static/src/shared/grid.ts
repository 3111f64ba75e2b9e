/**
 * The `grid` encoding of versions, told whole or as what changed since another: docs/protocol.md, "Encodings". Everyone
 * who has a version on its grid has the same numbers.
 */
import { ProtocolError } from "./frames.ts";
import { BLOCK, ROUNDER } from "./quantised.ts";

/** A version on its grid: `codes` times 2 to the power of their block's `exponents`. */
export interface Grid {
  readonly exponents: Int8Array;
  readonly codes: Int16Array;
}

const MOST = 127 << 7;
const NOT_FINITE = 127;
const CHUNK = 65_536;
const HEAD_BYTES = 4;
const MAX_PLANES = 14;
const LARGEST_REST = 4 * MOST;

/** The version from which a payload tells the changes; 0 where it is whole. */
export function sinceVersion(payload: Uint8Array): number {
  if (payload.byteLength < HEAD_BYTES) throw new ProtocolError("a grid has at least 4 bytes");
  return uint32(payload, 0);
}

/** Reads a grid of `length` numbers; `held` finds the version that it tells the changes from. Throws `ProtocolError`. */
export function decodeGrid(
  payload: Uint8Array,
  length: number,
  held: (version: number) => Grid | null = () => null,
): Grid {
  const since = sinceVersion(payload);
  const old = since > 0 ? held(since) : null;
  if (since > 0 && old?.codes.length !== length) throw new ProtocolError(`version ${since} is not held`);
  const grid = { exponents: new Int8Array(Math.ceil(length / BLOCK)), codes: new Int16Array(length) };
  let offset = HEAD_BYTES;
  for (let first = 0; first < length; first += CHUNK) {
    offset = readChunk(payload, offset, grid, old, first, Math.min(first + CHUNK, length));
  }
  if (offset !== payload.byteLength) throw new ProtocolError("a grid is longer than the model");
  return grid;
}

/** The numbers of a grid. */
export function gridVector({ exponents, codes }: Grid): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(codes.length);
  for (let i = 0; i < vector.length; i++) vector[i] = codes[i] as number;
  exponents.forEach((exponent, block) => {
    const step = exponent === NOT_FINITE ? Number.NaN : 2 ** exponent;
    const end = Math.min((block + 1) * BLOCK, vector.length);
    for (let i = block * BLOCK; i < end; i++) vector[i] = (vector[i] as number) * step;
  });
  return vector;
}

function readChunk(
  payload: Uint8Array,
  offset: number,
  grid: Grid,
  old: Grid | null,
  first: number,
  end: number,
): number {
  const firstBlock = first / BLOCK;
  const blocks = Math.ceil((end - first) / BLOCK);
  const bitsAt = offset + 4 + 2 * blocks;
  const after = bitsAt + (bitsAt <= payload.byteLength ? uint32(payload, offset) : 0);
  if (bitsAt > payload.byteLength || after > payload.byteLength) throw new ProtocolError("a grid ends early");
  for (let block = 0; block < blocks; block++) {
    grid.exponents[firstBlock + block] = payload[offset + 4 + block] as number;
  }
  const planes = payload.subarray(bitsAt - blocks, bitsAt);
  const folded = readRice(payload.subarray(bitsAt, after), planes, end - first);
  for (let i = first; i < end; i++) {
    const number = folded[i - first] as number;
    const code = guess(grid, old, i) + ((number >>> 1) ^ -(number & 1));
    if (code > MOST || code < -MOST) throw new ProtocolError("a grid has numbers that no version has");
    grid.codes[i] = code;
  }
  return after;
}

/** The old number on the new grid, as near as that has it. */
function guess(grid: Grid, old: Grid | null, i: number): number {
  if (!old) return 0;
  const code = old.codes[i] as number;
  const block = (i / BLOCK) | 0;
  const shift = (old.exponents[block] as number) - (grid.exponents[block] as number);
  if (shift === 0) return code;
  return Math.max(-MOST, Math.min(MOST, code * 2 ** shift)) + ROUNDER - ROUNDER;
}

/** Rice's code: plane by plane the plain bits of all numbers that have them, lowest first, then the rests in unary. */
function readRice(bits: Uint8Array, planes: Uint8Array, count: number): Uint32Array {
  const folded = new Uint32Array(count);
  const numBits = 8 * bits.length;
  const most = Math.max(...planes);
  if (most > MAX_PLANES) throw new ProtocolError(`a grid's numbers have at most ${MAX_PLANES} plain bits`);
  let at = 0;
  for (let plane = 0; plane < most; plane++) {
    for (let block = 0; block < planes.length; block++) {
      if ((planes[block] as number) <= plane) continue;
      const end = Math.min((block + 1) * BLOCK, count);
      for (let i = block * BLOCK; i < end; i++, at++) {
        folded[i] = (folded[i] as number) | (bitAt(bits, at) << plane);
      }
    }
  }
  for (let i = 0; i < count; i++) {
    let rest = 0;
    while (at < numBits && bitAt(bits, at) === 0 && rest <= LARGEST_REST) {
      rest++;
      at++;
    }
    if (at++ >= numBits || rest > LARGEST_REST) throw new ProtocolError("a grid has fewer numbers than the model");
    folded[i] = (folded[i] as number) | (rest << (planes[(i / BLOCK) | 0] as number));
  }
  for (let left = at; left < numBits; left++) {
    if (numBits - at >= 8 || bitAt(bits, left)) throw new ProtocolError("a grid has more numbers than the model");
  }
  return folded;
}

function bitAt(bits: Uint8Array, at: number): number {
  return ((bits[at >>> 3] as number) >>> (at & 7)) & 1;
}

function uint32(bytes: Uint8Array, offset: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset, true);
}
