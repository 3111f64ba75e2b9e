import assert from "node:assert/strict";
import { test } from "node:test";
import { Track } from "../../src/page/track.ts";

test("a track that grows for ever stays small and covers all its time", () => {
  const track = new Track();
  for (let i = 0; i < 100_000; i++) track.add(i, i);
  assert.ok(track.x.length <= 4000 && track.x.length > 1000, `${track.x.length}`);
  assert.ok((track.x[0] as number) < 100);
  assert.ok((track.x.at(-1) as number) > 99_900);
  assert.deepEqual(track.x, track.y);
});

test("time never runs back: two points of one moment are the later one", () => {
  const track = new Track();
  track.add(1, 10);
  track.add(1, 20);
  track.add(2, null);
  assert.deepEqual(track.x, [1, 2]);
  assert.deepEqual(track.y, [20, null]);
});
