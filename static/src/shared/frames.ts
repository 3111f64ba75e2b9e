/**
 * Frames: uint32 little-endian header length, a msgpack map with a string `type`, zero padding to a multiple of 8, then
 * the raw payload. See docs/protocol.md, "Frames".
 */
import { Decoder, Encoder } from "@msgpack/msgpack";

/** What may stand in a header. */
export type HeaderValue =
  | null
  | boolean
  | number
  | string
  | readonly HeaderValue[]
  | { readonly [key: string]: HeaderValue };

export interface Frame {
  readonly header: Record<string, unknown>;
  /** A view of the frame's own bytes, at an offset that is a multiple of 8 from their start. */
  readonly payload: Uint8Array;
}

export interface FrameLimits {
  /** Longest header that is decoded, in bytes. */
  readonly maxHeaderBytes: number;
  /** Deepest nesting of maps and lists; the header itself is at depth 1. */
  readonly maxDepth: number;
}

/** For frames from a server or an evaluator's parent, whose headers carry model topologies and histories. */
export const TRUSTED_LIMITS: FrameLimits = { maxHeaderBytes: 4 << 20, maxDepth: 64 };
/** What a server takes from a volunteer. */
export const CLIENT_LIMITS: FrameLimits = { maxHeaderBytes: 65_536, maxDepth: 8 };

const LENGTH_BYTES = 4;
const ALIGNMENT = 8;

/** The other side broke the protocol, or we were about to. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
  readonly code = "protocol_error";
}

/** One frame's bytes. Throws `ProtocolError` where `header` is not a map of plain values with a string `type`. */
export function encodeFrame(header: object, payload?: ArrayBufferView): Uint8Array<ArrayBuffer> {
  checkHeader(header, TRUSTED_LIMITS.maxDepth);
  const packed = new Encoder().encodeSharedRef(header);
  const start = align(LENGTH_BYTES + packed.byteLength);
  // Without a payload the frame still ends on a multiple of 8: one rule for both.
  const frame = new Uint8Array(start + (payload?.byteLength ?? 0));
  new DataView(frame.buffer).setUint32(0, packed.byteLength, true);
  frame.set(packed, LENGTH_BYTES);
  if (payload) frame.set(new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength), start);
  return frame;
}

/** Reads one frame without copying its payload. Throws `ProtocolError` for anything but a well-formed frame. */
export function decodeFrame(bytes: ArrayBuffer | Uint8Array, limits: FrameLimits = TRUSTED_LIMITS): Frame {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  if (view.byteLength < LENGTH_BYTES) throw new ProtocolError("the frame is shorter than its length field");
  const headerBytes = new DataView(view.buffer, view.byteOffset).getUint32(0, true);
  if (headerBytes > limits.maxHeaderBytes) {
    throw new ProtocolError(`the header has ${headerBytes} bytes; at most ${limits.maxHeaderBytes} are allowed`);
  }
  const end = LENGTH_BYTES + headerBytes;
  const start = align(end);
  if (start > view.byteLength) throw new ProtocolError("the frame is shorter than its header");
  if (view.subarray(end, start).some((byte) => byte !== 0)) throw new ProtocolError("the padding is not zero");
  const header = unpack(view.subarray(LENGTH_BYTES, end));
  checkHeader(header, limits.maxDepth);
  return { header, payload: view.subarray(start) };
}

/** `payload` as float32 numbers: a view where its offset allows one, else a copy. Throws where bytes are left over. */
export function asFloat32(payload: Uint8Array): Float32Array<ArrayBuffer> {
  if (payload.byteLength % 4 !== 0) throw new ProtocolError("the payload is not a whole number of float32 values");
  const aligned = payload.byteOffset % 4 === 0 ? payload : payload.slice();
  return new Float32Array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / 4);
}

function align(offset: number): number {
  return Math.ceil(offset / ALIGNMENT) * ALIGNMENT;
}

function unpack(packed: Uint8Array): unknown {
  try {
    return new Decoder({ maxArrayLength: packed.length, maxMapLength: packed.length }).decode(packed);
  } catch (error) {
    throw new ProtocolError(`the header is not msgpack: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function checkHeader(header: unknown, maxDepth: number): asserts header is Record<string, unknown> {
  if (!isMap(header)) throw new ProtocolError("the header is not a map");
  if (typeof header.type !== "string") throw new ProtocolError("the header has no string `type`");
  checkValue(header, 1, maxDepth);
}

function checkValue(value: unknown, depth: number, maxDepth: number): void {
  if (value === null || typeof value === "boolean" || typeof value === "string") return;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw new ProtocolError("the header holds a number that is not finite");
    return;
  }
  if (!Array.isArray(value) && !isMap(value)) throw new ProtocolError("the header holds a value of a foreign type");
  if (depth > maxDepth) throw new ProtocolError(`the header nests more than ${maxDepth} deep`);
  for (const item of Array.isArray(value) ? value : Object.values(value)) checkValue(item, depth + 1, maxDepth);
}

function isMap(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
