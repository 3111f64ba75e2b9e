import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { AugmentationStep } from "../../src/shared/protocol.ts";
import { augment } from "../../src/trainer/augment.ts";

const SHAPE = [4, 5, 2];
const SIZE = 40;

function pictures(count: number): Float32Array {
  return Float32Array.from({ length: count * SIZE }, (_, i) => i + 1);
}

function changed(steps: AugmentationStep[], seed = 1, step = 0, count = 50): Float32Array {
  const values = pictures(count);
  augment(values, SHAPE, steps, 0, seed, step);
  return values;
}

const FLIP: AugmentationStep = { flip: { horizontal: true, vertical: false, input: 0 } };
const CROP: AugmentationStep = { crop: { padding: 2, fill: -1, input: 0 } };
const ROTATE: AugmentationStep = { rotate: { degrees: 20, fill: 0, input: 0 } };

test("the seed and the step decide, and nothing else", () => {
  const steps = [FLIP, CROP, ROTATE];
  assert.deepEqual(changed(steps, 7, 3), changed(steps, 7, 3));
  assert.notDeepEqual(changed(steps, 7, 3), changed(steps, 7, 4));
  assert.notDeepEqual(changed(steps, 7, 3), changed(steps, 8, 3));
});

test("the first examples of a batch do not depend on those after them", () => {
  const few = changed([FLIP, CROP, ROTATE], 5, 1, 3);
  assert.deepEqual(few, changed([FLIP, CROP, ROTATE], 5, 1, 9).slice(0, few.length));
});

test("a flip mirrors about half of the pictures, each pixel with its channels", () => {
  const [before, after] = [pictures(200), changed([FLIP], 3, 0, 200)];
  let flipped = 0;
  for (let i = 0; i < 200; i++) {
    const [was, is] = [before, after].map((values) => Array.from(values.subarray(i * SIZE, (i + 1) * SIZE)));
    const mirrored = Array.from({ length: SIZE }, (_, at) => {
      const [y, x, c] = [Math.floor(at / 10), Math.floor(at / 2) % 5, at % 2];
      return was?.[(y * 5 + 4 - x) * 2 + c] as number;
    });
    const isFlipped = is?.[0] !== was?.[0];
    assert.deepEqual(is, isFlipped ? mirrored : was);
    if (isFlipped) flipped++;
  }
  assert.ok(flipped > 70 && flipped < 130, `${flipped} of 200`);
});

test("a vertical flip turns rows upside down", () => {
  const after = changed([{ flip: { horizontal: false, vertical: true, input: 0 } }], 1, 0, 40);
  const firsts = new Set(Array.from({ length: 40 }, (_, i) => (after[i * SIZE] as number) - i * SIZE));
  assert.deepEqual(
    [...firsts].sort((a, b) => a - b),
    [1, 31],
  );
});

test("a crop shifts by at most its padding, and fills what comes in", () => {
  const [before, after] = [pictures(200), changed([CROP], 9, 2, 200)];
  const shifts = new Set<string>();
  for (let i = 0; i < 200; i++) {
    const was = before.subarray(i * SIZE, (i + 1) * SIZE);
    const is = after.subarray(i * SIZE, (i + 1) * SIZE);
    const middle = (is[(1 * 5 + 2) * 2] as number) - (was[0] as number);
    // (1, 2) may come from rows -1..3: only what is inside tells the shift.
    if (middle >= 0) shifts.add(String(middle));
    for (let at = 0; at < SIZE; at++) {
      const value = is[at] as number;
      assert.ok(value === -1 || was.includes(value));
      assert.equal(value === -1 ? at % 2 : (value - 1) % 2, at % 2);
    }
  }
  assert.equal(shifts.size, 4 * 5);
});

test("a rotation by next to nothing changes nothing", () => {
  const steps: AugmentationStep[] = [{ rotate: { degrees: 1e-9, fill: 0, input: 0 } }];
  const after = changed(steps, 1, 0, 3);
  const before = pictures(3);
  for (let i = 0; i < after.length; i++) assert.ok(Math.abs((after[i] as number) - (before[i] as number)) < 1e-3);
});

test("a rotation keeps what is alike all over but for its corners", () => {
  const values = new Float32Array(9 * 9).fill(5);
  augment(values, [9, 9, 1], [{ rotate: { degrees: 45, fill: 0, input: 0 } }], 0, 2, 2);
  for (let y = 3; y < 6; y++) for (let x = 3; x < 6; x++) assert.ok(Math.abs((values[y * 9 + x] as number) - 5) < 1e-5);
  assert.ok((values[0] as number) < 5);
});

test("steps of another input draw nothing and change nothing", () => {
  const steps: AugmentationStep[] = [{ flip: { horizontal: true, vertical: true, input: 1 } }];
  assert.deepEqual(changed(steps), pictures(50));
});

interface Golden {
  shape: number[];
  count: number;
  seed: number;
  step: number;
  steps: AugmentationStep[];
  numbers: number[];
}

test("it is what the protocol says, as another language computes it", () => {
  const file = new URL("../../../tests/vectors/augmentation.json", import.meta.url);
  for (const golden of JSON.parse(readFileSync(file, "utf8")) as Golden[]) {
    const values = Float32Array.from({ length: golden.numbers.length }, (_, i) => i + 1);
    augment(values, golden.shape, golden.steps, 0, golden.seed, golden.step);
    golden.numbers.forEach((number, i) => {
      assert.ok(Math.abs((values[i] as number) - number) < 1e-4, `number ${i}: ${values[i]} for ${number}`);
    });
  }
});
