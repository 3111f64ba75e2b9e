import assert from "node:assert/strict";
import { test } from "node:test";
import { guesses } from "../../src/page/guess.ts";
import { marksOn } from "../../src/page/marks.ts";
import { Track } from "../../src/page/track.ts";
import { parseMetrics } from "../../src/page/watch/compare.ts";
import { type Layer, placeLayers, shapeWords } from "../../src/page/watch/layout.ts";
import { toCsv } from "../../src/page/watch/saving.ts";

function layer(name: string, ...inputs: string[]): Layer {
  return { name, class: "Dense", output_shape: [null, 3], parameters: 0, inputs };
}

test("layers stand below what feeds them, and beside each other where there are several", () => {
  const places = placeLayers([layer("in"), layer("left", "in"), layer("right", "in"), layer("sum", "left", "right")]);
  assert.deepEqual(
    places.map(({ layer: { name }, row, column }) => [name, row, column]),
    [
      ["in", 0, 0],
      ["left", 1, 0],
      ["right", 1, 1],
      ["sum", 2, 0],
    ],
  );
  assert.equal(shapeWords([null, 28, null, 1]), "28 × any × 1");
});

test("one's own work lies on the curve, where the curve has come so far", () => {
  const [curve, marks] = [new Track(), new Track()];
  curve.add(0, 0.2);
  curve.add(10, 0.8);
  marksOn(marks, [5, 20, 0], curve);
  assert.deepEqual(marks.x, [0, 5]);
  assert.deepEqual(marks.y, [0.2, 0.5]);
});

test("guesses come with their names, the likeliest first", () => {
  assert.deepEqual(guesses([0.1, 0.7, 0.2], 3, ["a", "b", "c"])[0], { label: "b", confidence: 0.7 });
  const [best] = guesses([2, 1000, -5], 3, null);
  assert.deepEqual(best, { label: "1", confidence: 1 });
  assert.deepEqual(
    guesses([0.25], 2, ["no", "yes"]).map(({ label }) => label),
    ["no", "yes"],
  );
  assert.deepEqual(guesses([1.23456, 2], null, null), [{ label: "1.235, 2", confidence: null }]);
});

test("a run's metrics.csv is read back", () => {
  const head = "kind,seconds,version,iterations,loss,accuracy";
  const text = `${head}\nvalidation,1.5,2,8,0.7,0.5\ntraining,2,,9,0.6,\nvalidation,3,4,12,,\n`;
  assert.deepEqual(parseMetrics(text), [
    [1.5, 8, 0.7, 0.5],
    [3, 12, null, null],
  ]);
});

test("what has commas and quotes is one field of a CSV", () => {
  assert.equal(toCsv([["a,b", 'say "x"', null, 1]]), '"a,b","say ""x""",,1\n');
});
