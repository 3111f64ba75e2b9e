/** The golden bytes that the server's tests read too. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeVector, encodeVector } from "../../src/shared/encoding.ts";
import { decodeFrame, encodeFrame } from "../../src/shared/frames.ts";
import { decodeGrid, gridVector, sinceVersion } from "../../src/shared/grid.ts";
import type { Encoding } from "../../src/shared/protocol.ts";
import { sha256 } from "../../src/shared/sha256.ts";

interface Vector {
  header: { type: string };
  bytes: number;
  sha256: string;
  payload_offset: number;
  encoding?: Encoding;
  numbers?: number[];
  /** What was encoded, where that loses something. */
  from?: number[];
  /** What the version that this tells the changes from becomes by them. */
  changed?: number[];
  since?: number;
}

const FOLDER = new URL("../../../tests/vectors/", import.meta.url);
const VECTORS = JSON.parse(readFileSync(new URL("frames.json", FOLDER), "utf8")) as Record<string, Vector>;

function bytesOf(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(new URL(`${name}.bin`, FOLDER)));
}

for (const [name, vector] of Object.entries(VECTORS)) {
  test(`the frame ${name} reads as the server wrote it`, async () => {
    const bytes = bytesOf(name);
    assert.equal(await sha256(bytes), vector.sha256);
    const { header, payload } = decodeFrame(bytes);
    assert.deepEqual(header, vector.header);
    assert.equal(payload.byteOffset, vector.payload_offset);
    if (vector.numbers && vector.encoding) {
      const numbers = decodeVector(payload, vector.encoding, vector.numbers.length);
      assert.deepEqual([...numbers], [...Float32Array.from(vector.numbers)]);
    }
  });
}

test("what changed leads from a version to the next", () => {
  const { numbers = [] } = VECTORS["outcome-grid"] as Vector;
  const { changed = [], since } = VECTORS["outcome-grid-change"] as Vector;
  const { payload } = decodeFrame(bytesOf("outcome-grid-change"));
  const held = decodeGrid(decodeFrame(bytesOf("outcome-grid")).payload, numbers.length);
  assert.equal(sinceVersion(payload), since);
  const after = decodeGrid(payload, numbers.length, (version) => (version === since ? held : null));
  assert.deepEqual([...gridVector(after)], changed);
});

for (const name of Object.keys(VECTORS).filter((each) => /^(hello|update)/.test(each))) {
  test(`the frame ${name} is written with the same bytes`, () => {
    const { header, encoding, numbers, from } = VECTORS[name] as Vector;
    const given = from ?? numbers;
    const payload = given && encoding ? encodeVector(Float32Array.from(given), encoding) : undefined;
    assert.deepEqual([...encodeFrame(header, payload)], [...bytesOf(name)]);
  });
}
