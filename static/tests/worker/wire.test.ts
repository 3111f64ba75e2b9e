import assert from "node:assert/strict";
import { test } from "node:test";
import { DOWN, decodeVector, UP } from "../../src/shared/encoding.ts";
import type { Encoding } from "../../src/shared/protocol.ts";
import { type EncodingChoice, type Spoken, Wire } from "../../src/worker/wire.ts";

const SPOKEN = { up: ["f32", "f16", "int8", "topk"], down: ["f32", "f16", "int8"] } as const;
const NUM_WEIGHTS = 500_000;

/** A wire that has measured a link of so many bytes a second, and leases of one second. */
function measured(
  bytesPerSecond: number,
  spoken: { up: readonly Encoding[]; down: readonly Encoding[] } = SPOKEN,
): Wire {
  const wire = new Wire(spoken, { up: "auto", down: null }, NUM_WEIGHTS);
  wire.trained(1);
  wire.downloaded(bytesPerSecond, 1);
  wire.uploaded(bytesPerSecond, 1);
  return wire;
}

test("the slower the link beside the training, the more compact the encoding", () => {
  const chosen = [1e9, 12e6, 6e6, 1e6].map((bytesPerSecond) => {
    const wire = measured(bytesPerSecond);
    return [wire.down, wire.up("f32")];
  });
  assert.deepEqual(chosen, [
    ["f32", "f32"],
    ["f16", "int8"],
    ["int8", "int8"],
    ["int8", "int8"],
  ]);
});

test("where the link is slower still, the coarse ones and what changed alone", () => {
  const spoken: Spoken = { up: UP, down: DOWN };
  const chosen = [6e6, 3e6, 1e6].map((bytesPerSecond) => {
    const wire = measured(bytesPerSecond, spoken);
    return [wire.down, wire.up("f32")];
  });
  assert.deepEqual(chosen, [
    ["int8", "int8"],
    ["grid", "int4"],
    ["grid", "int2"],
  ]);
});

test("small transfers, which take a round trip whatever the link, tell nothing; shards do, for both directions", () => {
  const wire = new Wire({ up: UP, down: DOWN }, { up: "auto", down: null }, 6000);
  wire.trained(0.1);
  for (let i = 0; i < 10; i++) {
    wire.downloaded(24_000, 0.2);
    wire.uploaded(24_000, 0.2);
  }
  assert.deepEqual([wire.down, wire.up("f32")], ["f32", "f32"]);
  wire.downloaded(200_000, 1);
  assert.deepEqual([wire.down, wire.up("f32")], ["grid", "int2"]);
});

test("a grid that comes whole again and again is left for int8", () => {
  const wire = measured(1e5, { up: UP, down: DOWN });
  assert.equal(wire.down, "grid");
  for (let i = 0; i < 20; i++) wire.tookGrid(1.4 * NUM_WEIGHTS);
  assert.equal(wire.down, "int8");
});

test("each direction has its own encoding, and what goes with it where none is named", () => {
  const spoken: Spoken = { up: UP, down: DOWN };
  const down = (up: EncodingChoice, down: EncodingChoice | null) => new Wire(spoken, { up, down }, 10).down;
  assert.deepEqual([down("int2", null), down("topk", null), down("int8", null)], ["grid", "grid", "int8"]);
  assert.equal(down("int2", "f32"), "f32");
  assert.equal(new Wire(spoken, { up: "f32", down: "grid" }, 10).up("f32"), "f32");
});

test("an encoding is left for a more exact one only when there is room to spare", () => {
  const wire = measured(15e6);
  assert.equal(wire.down, "f16");
  for (let i = 0; i < 20; i++) wire.downloaded(30e6, 1); // f32 would take 7 %
  assert.equal(wire.down, "f16");
  for (let i = 0; i < 20; i++) wire.downloaded(100e6, 1);
  assert.equal(wire.down, "f32");
});

test("before anything is measured a small model comes exact and a large one in half precision", () => {
  assert.equal(new Wire(SPOKEN, { up: "auto", down: null }, 1000).down, "f32");
  assert.equal(new Wire(SPOKEN, { up: "auto", down: null }, 25_000_000).down, "f16");
  assert.equal(new Wire(SPOKEN, { up: "auto", down: null }, 25_000_000).up("f32"), "f32");
});

test("only what the server speaks is used, and what it asks for", () => {
  assert.equal(measured(1e5, { up: ["f32"], down: ["f32", "f16"] }).up("f32"), "f32");
  assert.equal(measured(1e5, { up: ["f32"], down: ["f32", "f16"] }).down, "f16");
  assert.equal(measured(1e9).up("int8"), "int8");
  assert.equal(new Wire(undefined, { up: "int8", down: null }, 10).up("f32"), "f32");
  assert.equal(new Wire(SPOKEN, { up: "topk", down: null }, 10).down, "int8"); // it has no grid
});

test("weights are sent as differences, and what was lost is sent later", () => {
  const wire = new Wire(SPOKEN, { up: "topk", down: null }, 200);
  const base = new Float32Array(200).fill(10);
  const sum = new Float32Array(200);
  const wanted = Float32Array.from({ length: 200 }, (_, i) =>
    i === 7 ? 0.25 : i === 30 ? -0.5 : i === 31 ? 0.125 : 0,
  );
  for (let lease = 0; lease < 8; lease++) {
    const trained = base.map((value, i) => value + (lease === 0 ? (wanted[i] as number) : 0));
    const { encoding, payload } = wire.encode(trained, "weights", base, "f32");
    assert.equal(encoding, "topk");
    const arrived = decodeVector(payload as Uint8Array, "topk", 200);
    arrived.forEach((value, i) => {
      sum[i] = (sum[i] as number) + value;
    });
  }
  sum.forEach((value, i) => {
    assert.ok(Math.abs(value - (wanted[i] as number)) < 1e-6, `${i}: ${value}`);
  });
});

test("deltas need no base, and weights without one go as they are", () => {
  const vector = Float32Array.of(1, 2, 3);
  const wire = new Wire(SPOKEN, { up: "int8", down: null }, 3);
  assert.equal(wire.encode(vector, "delta", null, "f32").encoding, "int8");
  assert.deepEqual(wire.encode(vector, "weights", null, "f32"), { encoding: "f32", payload: vector });
});
