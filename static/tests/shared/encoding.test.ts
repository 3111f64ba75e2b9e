import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeVector, encodeVector } from "../../src/shared/encoding.ts";
import { ProtocolError } from "../../src/shared/frames.ts";

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

test("f32 travels without a copy", () => {
  const vector = new Float32Array([1, -2.5]);
  assert.equal(encodeVector(vector, "f32").buffer, vector.buffer);
  assert.equal(decodeVector(bytesOf(vector), "f32", 2).buffer, vector.buffer);
});

test("every half-precision number comes back as its own bits", () => {
  const all = new Uint16Array(65536).map((_, i) => i);
  const decoded = decodeVector(bytesOf(all), "f16", all.length);
  const again = encodeVector(decoded, "f16") as Uint16Array;
  for (let i = 0; i < all.length; i++) {
    if (Number.isNaN(decoded[i])) assert.ok(((again[i] as number) & 0x7fff) > 0x7c00);
    else assert.equal(again[i], i);
  }
});

test("f16 rounds to the nearest, ties to even", () => {
  const cases: [number, number][] = [
    [1, 0x3c00],
    [-2, 0xc000],
    [65504, 0x7bff],
    [65519, 0x7bff],
    [65520, 0x7c00],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 ** -24, 1],
    [2 ** -25, 0],
    [2 ** -14, 0x0400],
    [1e-9, 0],
  ];
  for (const [value, bits] of cases) {
    assert.equal((encodeVector(new Float32Array([value]), "f16") as Uint16Array)[0], bits, String(value));
  }
});

test("a vector of another length is refused", () => {
  assert.throws(() => decodeVector(new Uint8Array(9), "f32", 2), ProtocolError);
  assert.throws(() => decodeVector(new Uint8Array(8), "f16", 2), ProtocolError);
});
