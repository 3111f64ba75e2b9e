import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeFrame, ProtocolError } from "../../src/shared/frames.ts";
import { decodeGrid, gridVector } from "../../src/shared/grid.ts";
import { mulberry32 } from "../../src/trainer/random.ts";

const FOLDER = new URL("../../../tests/vectors/", import.meta.url);
const WHOLE = decodeFrame(new Uint8Array(readFileSync(new URL("outcome-grid.bin", FOLDER)))).payload;
const CHANGE = decodeFrame(new Uint8Array(readFileSync(new URL("outcome-grid-change.bin", FOLDER)))).payload;

test("changes from a version that is not held are refused, and those of another model", () => {
  const held = decodeGrid(WHOLE, 300);
  assert.throws(() => decodeGrid(CHANGE, 300), ProtocolError);
  assert.throws(() => decodeGrid(CHANGE, 299, () => held), ProtocolError);
  assert.throws(() => decodeGrid(WHOLE, 301), ProtocolError);
  assert.throws(() => decodeGrid(WHOLE, 10), ProtocolError);
  assert.throws(() => decodeGrid(new Uint8Array(3), 300), ProtocolError);
});

test("any bytes are a grid of the length asked for, or refused", () => {
  const random = mulberry32(1);
  let refused = 0;
  for (let attempt = 0; attempt < 500; attempt++) {
    const bytes = WHOLE.slice(0, attempt % 3 === 0 ? Math.floor(random() * WHOLE.length) : WHOLE.length);
    const place = Math.floor(random() * bytes.length);
    bytes[place] = Math.floor(random() * 256);
    try {
      assert.equal(gridVector(decodeGrid(bytes, 300)).length, 300);
    } catch (error) {
      assert.ok(error instanceof ProtocolError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 100);
});

test("a block that is not finite does not come back as numbers", () => {
  const vector = gridVector({ exponents: Int8Array.of(127, -1), codes: new Int16Array(257).fill(2) });
  assert.ok(Number.isNaN(vector[255]));
  assert.equal(vector[256], 1);
});
