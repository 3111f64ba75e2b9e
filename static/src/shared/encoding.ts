/** How a vector of float32 numbers travels: docs/protocol.md, "Encodings". */
import { asFloat32, ProtocolError } from "./frames.ts";
import type { Encoding } from "./protocol.ts";

/** The bytes of `vector`; a view of it where it needs no conversion. */
export function encodeVector(vector: Float32Array, encoding: Encoding): ArrayBufferView {
  switch (encoding) {
    case "f32":
      return vector;
    case "f16":
      return Uint16Array.from(vector, toHalf);
    default:
      throw new ProtocolError(`unknown encoding ${String(encoding satisfies never)}`);
  }
}

/** `length` numbers out of `payload`, a view where no conversion is needed. Throws `ProtocolError` on another length. */
export function decodeVector(payload: Uint8Array, encoding: Encoding, length: number): Float32Array<ArrayBuffer> {
  const wanted = length * (encoding === "f16" ? 2 : 4);
  if (payload.byteLength !== wanted) {
    throw new ProtocolError(`a vector of ${length} ${encoding} numbers has ${wanted} bytes, not ${payload.byteLength}`);
  }
  if (encoding === "f32") return asFloat32(payload);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  return Float32Array.from({ length }, (_, i) => fromHalf(view.getUint16(i * 2, true)));
}

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
