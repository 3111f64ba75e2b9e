import assert from "node:assert/strict";
import { test } from "node:test";
import { asFloat32, CLIENT_LIMITS, decodeFrame, encodeFrame, ProtocolError } from "../../src/shared/frames.ts";

function raw(headerBytes: number, rest: number[]): Uint8Array {
  const bytes = new Uint8Array(4 + rest.length);
  new DataView(bytes.buffer).setUint32(0, headerBytes, true);
  bytes.set(rest, 4);
  return bytes;
}

test("a frame comes back as it went in, its payload at a multiple of eight", () => {
  const numbers = new Float32Array([1.5, -2, 3e-8]);
  for (const length of [0, 1, 2, 3, 4, 5, 6, 7, 8]) {
    const header = { type: "t", text: "é".repeat(length), list: [1, -7, 2 ** 40, 0.25, null, true], map: { a: [] } };
    const bytes = encodeFrame(header, numbers);
    const frame = decodeFrame(bytes);
    assert.deepEqual(frame.header, header);
    assert.equal(frame.payload.byteOffset % 8, 0);
    assert.deepEqual(asFloat32(frame.payload), numbers);
  }
});

test("a payload is viewed, not copied, even where the frame is part of a larger buffer", () => {
  const bytes = encodeFrame({ type: "t" }, new Uint8Array([7, 8]));
  const larger = new Uint8Array(bytes.length + 3);
  larger.set(bytes, 3);
  const frame = decodeFrame(larger.subarray(3));
  assert.equal(frame.payload.buffer, larger.buffer);
  assert.deepEqual([...frame.payload], [7, 8]);
});

test("float32 numbers at an odd offset are copied", () => {
  const bytes = new Uint8Array(9);
  new DataView(bytes.buffer).setFloat32(1, 2.5, true);
  assert.deepEqual([...asFloat32(bytes.subarray(1, 5))], [2.5]);
  assert.throws(() => asFloat32(bytes.subarray(1, 4)), ProtocolError);
});

const MALFORMED: [string, Uint8Array][] = [
  ["nothing", new Uint8Array(0)],
  ["three bytes", new Uint8Array(3)],
  ["a header longer than the frame", raw(100, [0x80])],
  ["a huge header", raw(0xffffffff, [0x80])],
  [
    "padding that is not zero",
    (() => {
      const b = encodeFrame({ type: "ab" });
      b[b.length - 1] = 1;
      return b;
    })(),
  ],
  ["padding that is missing", encodeFrame({ type: "ab" }).subarray(0, 15)],
  ["a list for a header", raw(4, [0x93, 1, 2, 3])],
  ["no type", raw(4, [0x81, 0xa1, 0x61, 1])],
  ["a type that is a number", raw(12, [0x81, 0xa4, 0x74, 0x79, 0x70, 0x65, 1, 0, 0, 0, 0, 0])],
  ["a key that is a number", raw(4, [0x81, 1, 1, 0])],
  ["bytes after the map", raw(4, [0x80, 0x80, 0x80, 0x80])],
  ["a reserved byte", raw(4, [0xc1, 0, 0, 0])],
];

for (const [name, bytes] of MALFORMED) {
  test(`refuses ${name}`, () => assert.throws(() => decodeFrame(bytes), ProtocolError));
}

test("refuses values that are not plain, on the way out as on the way in", () => {
  const deep = (n: number): unknown => (n === 0 ? 1 : [deep(n - 1)]);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, undefined, new Date(), new Uint8Array(2), 1n]) {
    assert.throws(() => encodeFrame({ type: "t", value }), ProtocolError);
  }
  assert.throws(() => encodeFrame({ value: 1 }), ProtocolError);
  const eight = encodeFrame({ type: "t", value: deep(7) });
  const nine = encodeFrame({ type: "t", value: deep(8) });
  decodeFrame(eight, CLIENT_LIMITS);
  assert.throws(() => decodeFrame(nine, CLIENT_LIMITS), ProtocolError);
});

test("any bytes decode or raise ProtocolError", () => {
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state >>> 16;
  };
  for (let round = 0; round < 3000; round++) {
    const bytes = Uint8Array.from({ length: random() % 64 }, () => random() & 255);
    if (round % 2 && bytes.length > 8) new DataView(bytes.buffer).setUint32(0, random() % bytes.length, true);
    try {
      decodeFrame(bytes);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
    }
  }
});
