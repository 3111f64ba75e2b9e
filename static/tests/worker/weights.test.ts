import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { decodeFrame } from "../../src/shared/frames.ts";
import { decodeGrid, gridVector } from "../../src/shared/grid.ts";
import { WeightStore } from "../../src/worker/weights.ts";

const FOLDER = new URL("../../../tests/vectors/", import.meta.url);
const payload = (name: string) => decodeFrame(new Uint8Array(readFileSync(new URL(`${name}.bin`, FOLDER)))).payload;
const WHOLE = payload("outcome-grid"); // of version 12
const CHANGE = payload("outcome-grid-change"); // from 12 to 13
const AT_12 = decodeGrid(WHOLE, 300);
const AT_13 = gridVector(decodeGrid(CHANGE, 300, () => AT_12));

/** A store whose downloads are `bodies` in turn, and what it asked for. */
function store(...bodies: Uint8Array[]) {
  const asked: (number | string)[][] = [];
  const weights = new WeightStore(
    { version: 12, hash: "a", iterations: 0 },
    {
      downloader: { get: async () => bodies.shift() as Uint8Array<ArrayBuffer> },
      numWeights: 300,
      urlOf: ({ version }, encoding, since) => {
        asked.push([version, encoding, since]);
        return "";
      },
      encoding: () => "grid",
      onGrid: () => {},
      onDownload: () => {},
      now: () => 0,
    },
  );
  return { weights, asked };
}

test("who has a version on its grid asks for what changed since", async () => {
  const { weights, asked } = store(WHOLE, CHANGE);
  assert.deepEqual((await weights.load()).vector, gridVector(AT_12));
  weights.announce({ version: 13, hash: "b", iterations: 0 });
  assert.deepEqual((await weights.load()).vector, AT_13);
  assert.deepEqual(asked, [
    [12, "grid", 0],
    [13, "grid", 12],
  ]);
});

test("changes that come unasked lead on from the last that came so, whatever was fetched between", async () => {
  const { weights } = store(WHOLE);
  assert.ok(weights.hold(12, WHOLE, "grid"));
  weights.announce({ version: 14, hash: "c", iterations: 0 });
  await weights.load();
  assert.equal(weights.heldVersion, 14);
  assert.equal(weights.hold(13, CHANGE, "grid"), false); // an older one, but the next may lead on from it
  assert.ok(weights.hold(15, new Uint8Array(CHANGE).fill(13, 0, 1), "grid"));
  assert.equal(weights.heldVersion, 15);
});

test("changes from a version that is not here are dropped, and so are weights of another model", () => {
  const { weights } = store();
  assert.equal(weights.hold(13, CHANGE, "grid"), false);
  assert.equal(weights.hold(13, new Uint8Array(8), "f32"), false);
  assert.equal(weights.hold(13, new Uint8Array(0), "f32"), false);
  assert.equal(weights.heldVersion, null);
});
