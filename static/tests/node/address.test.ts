import assert from "node:assert/strict";
import { test } from "node:test";
import { neediestRun, parseAddress } from "../../src/node/address.ts";

test("a join URL names a server, a prefix and a run", () => {
  assert.deepEqual(parseAddress("http://host:8888/join/digits-1"), {
    base: "http://host:8888",
    run: "digits-1",
    code: null,
  });
  assert.deepEqual(parseAddress("https://host/a/b/join/r/"), { base: "https://host/a/b", run: "r", code: null });
  assert.deepEqual(parseAddress("https://host/a/watch/r?x=1"), { base: "https://host/a", run: "r", code: null });
});

test("a server's own URL names no run", () => {
  assert.deepEqual(parseAddress("http://127.0.0.1:8888/"), { base: "http://127.0.0.1:8888", run: null, code: null });
  assert.deepEqual(parseAddress("http://127.0.0.1:8888/pre/fix/"), {
    base: "http://127.0.0.1:8888/pre/fix",
    run: null,
    code: null,
  });
});

test("a link brings the code of its run in its fragment", () => {
  assert.equal(parseAddress("http://host/join/r#code=abcd-efgh").code, "abcd-efgh");
  assert.equal(
    parseAddress("http://host/join/r?code=abcd-efgh").code,
    null,
    "what is sent to servers is no place for it",
  );
});

test("what is no address is refused in a sentence", () => {
  for (const text of ["digits", "ftp://host/join/r", "localhost:8888"]) {
    assert.throws(() => parseAddress(text), /is not the address of a run/);
  }
});

test("of several runs the one with the fewest volunteers is the one to join", () => {
  const runs = [
    { id: "a", state: "finished" },
    { id: "b", state: "running", volunteers: 2 },
    { id: "c", state: "queued", order: 0 },
    { id: "d", state: "running", volunteers: 1 },
    { id: "e", state: "running", volunteers: 0, bound: true },
  ];
  assert.equal(neediestRun(runs), "d");
  assert.equal(neediestRun([{ id: "f", state: "queued", order: 1 }, ...runs.slice(2, 3)]), "c");
  assert.throws(() => neediestRun([runs[0]]), /no run to join/);
  assert.throws(() => neediestRun({ error: 1 }), /no run to join/);
});

test("the page for help wherever it is needed names a server", () => {
  assert.deepEqual(parseAddress("http://host:1/lab/join"), { base: "http://host:1/lab", run: null, code: null });
  assert.deepEqual(parseAddress("http://host:1/join/"), { base: "http://host:1", run: null, code: null });
});
