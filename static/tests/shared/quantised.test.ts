import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeCoarse, encodeCoarse } from "../../src/shared/coarse.ts";
import { DOWN, decodeVector, differs, encodeVector, UP } from "../../src/shared/encoding.ts";
import { ProtocolError } from "../../src/shared/frames.ts";
import { decodeInt8, decodeTopk, encodeInt8, encodeTopk, topkCount } from "../../src/shared/quantised.ts";
import { mulberry32 } from "../../src/trainer/random.ts";

function numbers(length: number, seed: number): Float32Array<ArrayBuffer> {
  const random = mulberry32(seed);
  return Float32Array.from({ length }, () => (random() - 0.5) * 10 ** (6 * random() - 3));
}

test("int8 is off by half a step of its block at most", () => {
  for (const length of [0, 1, 255, 256, 257, 1000]) {
    const vector = numbers(length, length + 1);
    const decoded = decodeInt8(encodeInt8(vector), length);
    for (let first = 0; first < length; first += 256) {
      const block = vector.slice(first, first + 256);
      const bound = (Math.max(...block.map(Math.abs)) / 254) * (1 + 1e-5);
      block.forEach((value, i) => {
        assert.ok(Math.abs((decoded[first + i] as number) - value) <= bound);
      });
    }
  }
});

test("int4 is off by half a step of its block at most, int2 by half a root mean square within two of them", () => {
  for (const length of [0, 1, 255, 257, 1001]) {
    const vector = numbers(length, length + 1);
    const four = decodeCoarse(encodeCoarse(vector, 4), 4, length);
    const two = decodeCoarse(encodeCoarse(vector, 2), 2, length);
    for (let first = 0; first < length; first += 256) {
      const block = vector.slice(first, first + 256);
      const bound = (Math.max(...block.map(Math.abs)) / 14) * (1 + 1e-5);
      const usual = Math.sqrt(block.reduce((sum, value) => sum + value * value, 0) / block.length);
      block.forEach((value, i) => {
        assert.ok(Math.abs((four[first + i] as number) - value) <= bound);
        const allowed = Math.max(usual / 2, Math.abs(value) - 1.5 * usual) * (1 + 1e-5) + 1e-5 * usual;
        assert.ok(Math.abs((two[first + i] as number) - value) <= allowed);
      });
    }
  }
});

test("topk keeps the largest numbers, ties too, and no more than it should", () => {
  const vector = Float32Array.of(1, -3, 2, 3, 0, -3, 0.5);
  assert.deepEqual([...decodeTopk(encodeTopk(vector, 2), 7)], [0, -3, 0, 3, 0, 0, 0]);
  assert.equal(
    decodeTopk(encodeTopk(new Float32Array(9), 3), 9).every((value) => value === 0),
    true,
  );
  assert.equal(encodeVector(numbers(1000, 1), "topk").byteLength, 8 + 5 * 10);
  assert.deepEqual([1, 30, 1000].map(topkCount), [1, 1, 10]);
});

test("what topk keeps is what sorting would keep", () => {
  for (const count of [1, 10, 499, 500]) {
    const vector = numbers(500, count);
    const sorted = [...vector].sort((a, b) => Math.abs(b) - Math.abs(a));
    const payload = encodeTopk(vector, count);
    const places = [...new Uint32Array(payload.buffer, 8, count)];
    const kept = places.map((place) => Math.abs(vector[place] as number)).sort((a, b) => b - a);
    assert.deepEqual(kept, sorted.slice(0, count).map(Math.abs));
    assert.deepEqual(
      [...new Set(places)].sort((a, b) => a - b),
      places,
    );
  }
});

test("payloads are read wherever they lie, and refused when they are of another length", () => {
  const vector = numbers(300, 3);
  for (const encoding of ["f16", "int8", "int4", "int2", "topk"] as const) {
    const payload = encodeVector(vector, encoding);
    const bytes = new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const expected = decodeVector(bytes, encoding, 300);
    assert.deepEqual(decodeVector(shifted.subarray(1), encoding, 300), expected);
    assert.throws(() => decodeVector(bytes.subarray(1), encoding, 300), ProtocolError);
    assert.throws(() => decodeVector(bytes, encoding, 10), ProtocolError);
  }
  const twice = encodeTopk(Float32Array.of(1, 2, 3), 2);
  new Uint32Array(twice.buffer, 8, 2).set([2, 2]);
  assert.throws(() => decodeTopk(twice, 3), ProtocolError);
});

test("differences are what the compact encodings carry", () => {
  assert.deepEqual(UP.filter(differs), ["int8", "int4", "int2", "topk"]);
  assert.deepEqual(DOWN.filter(differs), ["int8"]);
});
