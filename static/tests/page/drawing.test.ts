import assert from "node:assert/strict";
import { test } from "node:test";
import { fitDrawing, fitPhotograph, isPicture, styleOf } from "../../src/page/drawing.ts";

/** A bar of ink from (top, left), `height` x `width`, on a field of 100 x 100. */
function bar(top: number, left: number, height: number, width: number) {
  const ink = new Float32Array(100 * 100);
  for (let y = top; y < top + height; y++) for (let x = left; x < left + width; x++) ink[y * 100 + x] = 1;
  return { height: 100, width: 100, ink };
}

/** Pictures of 8 x 8 with a bar of ink 6 high in the middle. */
const PICTURES = [0, 1, 2].map(() =>
  Array.from({ length: 64 }, (_, i) => ([3, 4].includes(i % 8) && i >= 8 && i < 56 ? 200 : 10)),
);

test("the style of a dataset is measured on its pictures", () => {
  const style = styleOf(PICTURES, [8, 8, 1]);
  assert.deepEqual(style, { height: 8, width: 8, channels: 1, paper: 10, ink: 200, extent: 0.75, plain: true });
});

test("a drawing anywhere on the field becomes a picture like the dataset's own", () => {
  const style = styleOf(PICTURES, [8, 8, 1]);
  for (const drawing of [bar(5, 3, 60, 20), bar(35, 70, 30, 10)]) {
    const numbers = fitDrawing(drawing, style) as number[];
    assert.equal(numbers.length, 64);
    for (const [i, value] of numbers.entries())
      assert.ok(Math.abs(value - (PICTURES[0]?.[i] ?? 0)) < 40, `${i}: ${value}`);
  }
});

test("ink may be dark on light paper, and colours are alike", () => {
  const dark = PICTURES.map((picture) => picture.flatMap((value) => [255 - value, 255 - value, 255 - value]));
  const style = styleOf(dark, [8, 8, 3]);
  assert.equal(style.paper, 245);
  assert.equal(style.ink, 55);
  const numbers = fitDrawing(bar(20, 20, 60, 20), style) as number[];
  assert.equal(numbers.length, 192);
  assert.equal(numbers[0], 245);
  assert.ok((numbers[3 * (8 * 4 + 3)] as number) < 80);
});

test("an empty field is no picture", () => {
  assert.equal(fitDrawing(bar(0, 0, 0, 0), styleOf(PICTURES, [8, 8, 1])), null);
});

/** A photograph of 100 x 100 whose brightness at a place is what `grey` says. */
function photo(grey: (y: number, x: number) => number) {
  const data = new Uint8ClampedArray(4 * 100 * 100).fill(255);
  for (let i = 0; i < 100 * 100; i++) data.fill(grey(Math.floor(i / 100), i % 100), 4 * i, 4 * i + 3);
  return { height: 100, width: 100, data };
}

test("a photograph of a scene takes the dataset's range and channels", () => {
  const style = { height: 1, width: 2, channels: 1, paper: 0, ink: 16, extent: 1, plain: false };
  const half = photo((_, x) => (x < 50 ? 255 : 0));
  assert.deepEqual(fitPhotograph(half, style, [0, 16])?.map(Math.round), [16, 0]);
  const data = new Uint8ClampedArray([255, 0, 0, 255]);
  const red = fitPhotograph({ height: 1, width: 1, data }, { ...style, width: 1, channels: 3 }, [0, 255]);
  assert.deepEqual(red, [255, 0, 0]);
});

test("what is held to the camera becomes a picture like the dataset's own, however it is lit", () => {
  const style = styleOf(PICTURES, [8, 8, 1]);
  const isBar = (y: number, x: number) => y >= 20 && y < 74 && x >= 55 && x < 73;
  const lights: ((y: number, x: number) => number)[] = [
    (y, x) => (isBar(y, x) ? 40 : 220), // a pen on paper
    (y, x) => (isBar(y, x) ? 230 : 30), // chalk on a board
    (y, x) => (isBar(y, x) ? 20 : 120 + x), // a shadow across the paper
  ];
  for (const [light, grey] of lights.entries()) {
    const numbers = fitPhotograph(photo(grey), style, [10, 200]) as number[];
    for (const [i, value] of numbers.entries())
      assert.ok(Math.abs(value - (PICTURES[0]?.[i] ?? 0)) < 50, `${light} ${i}: ${value}`);
  }
});

test("an empty table before the camera is no picture", () => {
  assert.equal(
    fitPhotograph(
      photo((y) => 150 + y / 5),
      styleOf(PICTURES, [8, 8, 1]),
      [10, 200],
    ),
    null,
  );
});

test("only pictures are pictures", () => {
  assert.ok(isPicture([28, 28, 1]) && isPicture([8, 8]) && isPicture([32, 32, 3]));
  assert.ok(!isPicture([64]) && !isPicture([100, 7, 2]) && !isPicture([2, 2, 1]));
});
