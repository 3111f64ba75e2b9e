import assert from "node:assert/strict";
import { test } from "node:test";
import { sentenceOf } from "../../src/page/queued.ts";
import { Waits } from "../../src/page/waits.ts";

test("a wait for others has an estimate, first from the length of a piece of work", () => {
  const waits = new Waits(4);
  waits.begin("round", 10);
  assert.match(waits.sentence(10), /This round has all.*In about 4 s\.$/);
  assert.match(waits.sentence(12), /In about 2 s\.$/);
  assert.match(waits.sentence(15), /In a moment\.$/);
  assert.match(waits.sentence(40), /Usually it takes 4 s; it has been 30 s\.$/);
});

test("after some waits the estimate is what they took here", () => {
  const waits = new Waits(4);
  for (const [begin, end] of [
    [0, 20],
    [30, 52],
    [60, 81],
  ] as const) {
    waits.begin("no_examples", begin);
    waits.end(end);
  }
  waits.begin("no_examples", 100);
  assert.match(waits.sentence(100), /In about 21 s\.$/);
});

test("a wait that is told again goes on, and another reason is another wait", () => {
  const waits = new Waits(10);
  waits.begin("round", 0);
  waits.begin("round", 6);
  assert.match(waits.sentence(6), /In about 4 s\.$/);
  waits.begin("no_examples", 6);
  assert.match(waits.sentence(6), /Every example.*In about 10 s\.$/);
});

test("nobody guesses when an owner lets a run go on", () => {
  const waits = new Waits(4);
  waits.begin("paused", 0);
  assert.doesNotMatch(waits.sentence(90), /about/);
  assert.match(waits.sentence(90), /paused the run.*So far it has been 2 min/);
  waits.end(95);
  assert.equal(waits.waiting, false);
  assert.equal(waits.sentence(96), "");
});

test("a run in the queue says what is before it, and when it may begin", () => {
  const running = { id: "a", state: "running", seconds_left: 400, order: null } as const;
  const next = { id: "b", state: "queued", seconds_left: null, order: 0 } as const;
  const last = { id: "c", state: "queued", seconds_left: null, order: 2 } as const;
  const rows = [running, next, last];
  assert.match(sentenceOf(rows, "b"), /the next to start, in about 7 min\./);
  assert.match(sentenceOf([{ ...running, seconds_left: null }, next], "b"), /when one of the others ends/);
  assert.match(sentenceOf(rows, "c"), /2 others wait before it/);
  assert.match(sentenceOf(rows, "a"), /being prepared/);
});
