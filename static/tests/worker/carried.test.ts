import assert from "node:assert/strict";
import { test } from "node:test";
import { Carried } from "../../src/worker/carried.ts";

const BASE = new Float32Array([10, 20]);
const delta = (value: number) => new Float32Array([value, -value]);
const onto = (carried: Carried, version: number) => [...carried.onto(version, BASE)];

test("own work that has no outcome yet is added", () => {
  const carried = new Carried();
  carried.sent("a", delta(1));
  carried.sent("b", delta(2));
  assert.deepEqual(onto(carried, 5), [13, 17]);
  assert.deepEqual([...BASE], [10, 20]);
});

test("what a version holds is not added to it, what it lacks is", () => {
  const carried = new Carried();
  carried.sent("a", delta(1));
  carried.settled("a", 6);
  assert.deepEqual(onto(carried, 5), [11, 19]);
  assert.deepEqual(onto(carried, 6), [10, 20]);
  assert.deepEqual(onto(carried, 5), [10, 20], "versions do not go back");
});

test("what was not merged is not carried on", () => {
  const carried = new Carried();
  carried.sent("a", delta(1));
  carried.sent("b", delta(2));
  carried.settled("a", null);
  assert.deepEqual(onto(carried, 5), [12, 18]);
  carried.clear();
  assert.equal(carried.onto(5, BASE), BASE);
});
