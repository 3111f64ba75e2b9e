import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { FrameAssembler, readFrames, writeFrame } from "../../src/node/stdio.ts";
import { decodeFrame } from "../../src/shared/frames.ts";

function framed(...bodies: number[][]): Uint8Array {
  return Uint8Array.from(bodies.flatMap((body) => [body.length, 0, 0, 0, ...body]));
}

test("frames are found wherever the chunks are cut", () => {
  const bytes = framed([1, 2, 3], [4], [5, 6, 7, 8, 9]);
  for (let size = 1; size <= bytes.length; size++) {
    const assembler = new FrameAssembler();
    const found: number[][] = [];
    for (let at = 0; at < bytes.length; at += size) {
      for (const frame of assembler.push(bytes.subarray(at, at + size))) found.push([...frame]);
    }
    assert.deepEqual(found, [[1, 2, 3], [4], [5, 6, 7, 8, 9]], `chunks of ${size}`);
  }
});

test("what is written is read back, payload and all", async () => {
  const stream = new PassThrough();
  await writeFrame(stream, { type: "first" }, Float32Array.of(1, 2, 3));
  await writeFrame(stream, { type: "second", id: 7 });
  stream.end();
  const frames = [];
  for await (const bytes of readFrames(stream)) frames.push(decodeFrame(bytes));
  assert.deepEqual(
    frames.map((frame) => frame.header),
    [{ type: "first" }, { type: "second", id: 7 }],
  );
  const payload = frames[0]?.payload.slice() ?? new Uint8Array();
  assert.deepEqual([...new Float32Array(payload.buffer)], [1, 2, 3]);
});
