import assert from "node:assert/strict";
import { test } from "node:test";
import { gaussians, hashName, keepMask, mixSeed, mulberry32, shuffledOrder } from "../../src/trainer/random.ts";

test("mulberry32, mixing and hashing give the numbers that another language must give", () => {
  const random = mulberry32(1);
  assert.deepEqual([random(), random(), random()], [0.6270739405881613, 0.002735721180215478, 0.5274470399599522]);
  assert.equal(hashName(""), 0x811c9dc5);
  assert.equal(hashName("a"), 0xe40c292c);
  assert.notEqual(mixSeed(1, 2), mixSeed(2, 1));
  assert.ok(mixSeed(7, 8, 9) >= 0 && mixSeed(7, 8, 9) < 2 ** 32);
});

test("a shuffle is the protocol's walk and loses nothing", () => {
  const count = 50;
  const random = mulberry32(9);
  const expected = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [expected[i], expected[j]] = [expected[j] as number, expected[i] as number];
  }
  assert.deepEqual([...shuffledOrder(count, 9)], expected);
  assert.deepEqual(
    [...shuffledOrder(count, 9)].sort((a, b) => a - b),
    [...Array(count).keys()],
  );
  assert.equal(shuffledOrder(0, 9).length, 0);
});

test("a mask drops at its rate", () => {
  const kept = keepMask(10_000, 0.3, 5, 1).reduce((sum, value) => sum + value, 0);
  assert.ok(Math.abs(kept - 7000) < 150, `${kept}`);
});

test("gaussians have mean 0 and deviation 1", () => {
  const values = gaussians(10_001, 5);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  assert.ok(Math.abs(mean) < 0.04, `${mean}`);
  assert.ok(Math.abs(variance - 1) < 0.05, `${variance}`);
});
