import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { sha256, sha256Here } from "../../src/shared/sha256.ts";

test("the digest of the standard's own example", () => {
  const expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
  assert.equal(sha256Here(new TextEncoder().encode("abc")), expected);
});

test("plain code, the platform and Node agree over every length of a last block", async () => {
  for (let length = 0; length < 200; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 31 + length) & 255);
    const expected = createHash("sha256").update(bytes).digest("hex");
    assert.equal(sha256Here(bytes), expected, `length ${length}`);
    assert.equal(await sha256(bytes), expected);
  }
  const large = new Uint8Array(100_001).map((_, i) => i % 251);
  assert.equal(await sha256(large), sha256Here(large));
});

test("a view into a larger buffer is hashed, not the buffer", () => {
  const buffer = Uint8Array.from({ length: 100 }, (_, i) => i);
  assert.equal(sha256Here(buffer.subarray(3, 90)), sha256Here(buffer.slice(3, 90)));
});
