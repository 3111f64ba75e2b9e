import assert from "node:assert/strict";
import { test } from "node:test";
import { Ledger } from "../../src/page/ledger.ts";
import type { OutcomeName } from "../../src/shared/protocol.ts";

function outcome(name: OutcomeName) {
  return { type: "outcome", lease_id: "a", outcome: name, detail: null, iterations: 3, num_examples: 30 } as const;
}

test("only what was merged is counted, and what was not says why", () => {
  const ledger = new Ledger();
  assert.equal(ledger.fields()["not-counted"], "Nothing has been sent yet.");
  ledger.take(outcome("merged"));
  assert.equal(ledger.fields()["not-counted"], "Everything that you sent has counted.");
  for (const name of ["stale", "merged", "stale", "expired"] as const) ledger.take(outcome(name));
  const fields = ledger.fields();
  assert.equal(fields.merged, "2");
  assert.equal(fields.iterations, "6");
  assert.equal(fields.examples, "60");
  assert.equal(fields["not-counted"], "Not counted: 2 (others had moved on too far), 1 (it came after its deadline).");
});

test("why the server refused something is kept, in its own words", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const ledger = new Ledger(storage, "run");
  ledger.take({ ...outcome("invalid"), detail: "It has numbers that are not finite." });
  ledger.save();
  assert.equal(
    new Ledger(storage, "run").fields()["not-counted"],
    "Not counted: 1 (the server could not accept the result; of the last it said: It has numbers that are not finite).",
  );
});

test("tensors that a lease leaves behind are added up", () => {
  const ledger = new Ledger();
  const trained = {
    type: "trained",
    lease_id: "a",
    iterations: 1,
    num_examples: 1,
    seconds: 1,
    loss: 1,
    accuracy: 1,
  } as const;
  ledger.take({ ...trained, tensors_before: 5, tensors_after: 5 });
  assert.equal(ledger.leaked, 0);
  ledger.take({ ...trained, tensors_before: 5, tensors_after: 7 });
  assert.equal(ledger.leaked, 2);
  assert.equal(ledger.leases, 2);
});

test("what was given is kept over visits, and two tabs add up", () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const [one, two] = [new Ledger(storage, "run"), new Ledger(storage, "run")];
  for (const ledger of [one, two]) {
    ledger.begin();
    ledger.take(outcome("merged"));
    ledger.take(outcome("stale"));
    ledger.take({ type: "traffic", bytes_in: 1000, bytes_out: 10 });
    ledger.take({ type: "traffic", bytes_in: 3000, bytes_out: 30 });
    ledger.mark(5);
    ledger.save();
  }
  const later = new Ledger(storage, "run");
  assert.equal(later.merged, 2);
  assert.deepEqual(later.marks, [5, 5]);
  assert.equal(later.fields()["bytes-down"], "6.0 kB");
  assert.match(later.fields()["not-counted"] ?? "", /^Not counted: 2 /);
  kept.set("run", "garbage");
  assert.equal(new Ledger(storage, "run").merged, 0);
});
