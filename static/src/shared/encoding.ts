/** How a vector of float32 numbers travels: docs/protocol.md, "Encodings". */
import { decodeCoarse, encodeCoarse } from "./coarse.ts";
import { asFloat32, ProtocolError } from "./frames.ts";
import { decodeGrid, gridVector } from "./grid.ts";
import type { Encoding } from "./protocol.ts";
import { decodeInt8, decodeTopk, encodeInt8, encodeTopk, topkCount } from "./quantised.ts";

/** Encodings of updates, and of versions. */
export const UP: readonly Encoding[] = ["f32", "f16", "int8", "int4", "int2", "topk"];
export const DOWN: readonly Encoding[] = ["f32", "f16", "int8", "grid"];

/** The bytes of `vector`; a view of it where it needs no conversion. */
export function encodeVector(vector: Float32Array, encoding: Encoding): ArrayBufferView {
  switch (encoding) {
    case "f32":
      return vector;
    case "f16":
      return Uint16Array.from(vector, toHalf);
    case "int8":
      return encodeInt8(vector);
    case "int4":
      return encodeCoarse(vector, 4);
    case "int2":
      return encodeCoarse(vector, 2);
    case "grid":
      throw new ProtocolError("versions alone come on a grid");
    case "topk":
      return encodeTopk(vector, topkCount(vector.length));
    default:
      throw new ProtocolError(`unknown encoding ${String(encoding satisfies never)}`);
  }
}

/** `length` numbers out of `payload`, a view where no conversion is needed. Throws `ProtocolError` on another length. */
export function decodeVector(payload: Uint8Array, encoding: Encoding, length: number): Float32Array<ArrayBuffer> {
  if (encoding === "int8") return decodeInt8(payload, length);
  if (encoding === "int4") return decodeCoarse(payload, 4, length);
  if (encoding === "int2") return decodeCoarse(payload, 2, length);
  if (encoding === "topk") return decodeTopk(payload, length);
  if (encoding === "grid") return gridVector(decodeGrid(payload, length));
  const wanted = length * (encoding === "f16" ? 2 : 4);
  if (payload.byteLength !== wanted) {
    throw new ProtocolError(`a vector of ${length} ${encoding} numbers has ${wanted} bytes, not ${payload.byteLength}`);
  }
  if (encoding === "f32") return asFloat32(payload);
  return widen(payload.byteOffset % 2 === 0 ? payload : payload.slice(), length);
}

/** Whether trained weights travel as their difference from what they were trained from. */
export function differs(encoding: Encoding): boolean {
  return encoding === "int8" || encoding === "int4" || encoding === "int2" || encoding === "topk";
}

function widen({ buffer, byteOffset }: Uint8Array, length: number): Float32Array<ArrayBuffer> {
  const halves = new Uint16Array(buffer, byteOffset, length);
  halfValues ??= Float32Array.from({ length: 65_536 }, (_, bits) => fromHalf(bits));
  const vector = new Float32Array(length);
  for (let i = 0; i < length; i++) vector[i] = halfValues[halves[i] as number] as number;
  return vector;
}

/** Of all halves: looking a number up takes a tenth of the time that reckoning takes. */
let halfValues: Float32Array | null = null;

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

/** The bits of the nearest IEEE 754 half-precision number, ties to even; too large becomes infinite. */
function toHalf(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return sign | 0x7e00;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    const rebased = magnitude - 0x38000000;
    return sign | ((rebased + 0xfff + ((rebased >>> 13) & 1)) >>> 13);
  }
  // Subnormal: a multiple of 2^-24, which this addition rounds to.
  scratch[0] = Math.abs(value) + 0.5;
  return sign | ((scratchBits[0] as number) - 0x3f000000);
}

function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}
