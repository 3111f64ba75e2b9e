import assert from "node:assert/strict";
import { test } from "node:test";
import { onlyRun, parseAddress } from "../../src/node/address.ts";

test("a join URL names a server, a prefix and a run", () => {
  assert.deepEqual(parseAddress("http://host:8888/join/digits-1"), { base: "http://host:8888", run: "digits-1" });
  assert.deepEqual(parseAddress("https://host/a/b/join/r/"), { base: "https://host/a/b", run: "r" });
  assert.deepEqual(parseAddress("https://host/a/watch/r?x=1"), { base: "https://host/a", run: "r" });
});

test("a server's own URL names no run", () => {
  assert.deepEqual(parseAddress("http://127.0.0.1:8888/"), { base: "http://127.0.0.1:8888", run: null });
  assert.deepEqual(parseAddress("http://127.0.0.1:8888/pre/fix/"), {
    base: "http://127.0.0.1:8888/pre/fix",
    run: null,
  });
});

test("what is no address is refused in a sentence", () => {
  for (const text of ["digits", "ftp://host/join/r", "localhost:8888"]) {
    assert.throws(() => parseAddress(text), /is not the address of a run/);
  }
});

test("the only run that is not over is the one to join", () => {
  const runs = [
    { id: "a", name: "old", state: "finished" },
    { id: "b", name: "digits", state: "running" },
  ];
  assert.equal(onlyRun(runs), "b");
  assert.throws(() => onlyRun([runs[0]]), /no run to join/);
  assert.throws(() => onlyRun([...runs, { id: "c", name: "mnist", state: "created" }]), /b \(digits\), c \(mnist\)/);
  assert.throws(() => onlyRun({ error: 1 }), /no run to join/);
});
