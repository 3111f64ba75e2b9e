import assert from "node:assert/strict";
import { test } from "node:test";
import { Brief } from "../../src/shared/brief.ts";
import { ProtocolError } from "../../src/shared/frames.ts";

test("what a message leaves out is what the last of its type said", () => {
  const brief = new Brief();
  const lease = { type: "lease", lease_id: "0-1", parts: [["a", 0, 64]], wants: "delta", keep: 0.5 };
  assert.deepEqual(brief.expand(lease), lease);
  const outcome = { type: "outcome", lease_id: "0-1", detail: "no" };
  assert.deepEqual(brief.expand(outcome), outcome);
  const parts = [
    [null, 64, 128],
    ["b", 0, 8],
    [null, 8, 9],
  ];
  assert.deepEqual(brief.expand({ type: "lease", lease_id: "0-2", parts, keep: null }), {
    type: "lease",
    lease_id: "0-2",
    parts: [
      ["a", 64, 128],
      ["b", 0, 8],
      ["b", 8, 9],
    ],
    wants: "delta",
    keep: null,
  });
  assert.deepEqual(brief.expand({ type: "lease", lease_id: "0-3", parts: [[null, 9, 10]] }).parts, [["b", 9, 10]]);
  assert.deepEqual(brief.expand({ type: "state", state: "running" }), { type: "state", state: "running" });
  assert.throws(() => brief.expand({ type: "lease", parts: [1] }), ProtocolError);
});
