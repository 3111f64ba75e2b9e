import assert from "node:assert/strict";
import { test } from "node:test";
import { IdentityKeeper, keptNumber, type Locks, openStorage } from "../../src/page/keeping.ts";

/** As one browser has them: a lock is taken until its tab goes. */
function fakeLocks(): Locks {
  const taken = new Set<string>();
  return {
    async request(name, _options, hold) {
      if (taken.has(name)) return hold(null);
      taken.add(name);
      return hold({});
    },
  };
}

const IDENTITY = { volunteer_id: "v1", secret: "s1" };

test("an identity survives the page, by server", async () => {
  const storage = openStorage();
  new IdentityKeeper("/a", storage, null).write(IDENTITY);
  assert.deepEqual(new IdentityKeeper("/a", storage, null).read(), IDENTITY);
  assert.equal(new IdentityKeeper("/b", storage, null).read(), null);
});

test("two tabs are two volunteers where the browser has locks", async () => {
  const storage = openStorage();
  const locks = fakeLocks();
  const first = new IdentityKeeper("", storage, locks);
  const second = new IdentityKeeper("", storage, locks);
  await first.claim();
  first.write(IDENTITY);
  await second.claim();
  assert.equal(second.read(), null);
  await first.claim();
  assert.deepEqual(first.read(), IDENTITY, "claiming twice keeps the identity");
});

test("a tab that was replaced takes the next identity", () => {
  const storage = openStorage();
  const keeper = new IdentityKeeper("", storage, null);
  keeper.write(IDENTITY);
  keeper.next();
  assert.equal(keeper.read(), null);
});

test("what others wrote under our name is no identity", () => {
  const storage = openStorage();
  const keeper = new IdentityKeeper("", storage, null);
  for (const text of ["", "{", "3", '{"volunteer_id": 1, "secret": "s"}']) {
    storage.setItem("webnn:identity::0", text);
    assert.equal(keeper.read(), null);
  }
});

test("a kept number out of its range is forgotten", () => {
  const storage = openStorage();
  assert.equal(keptNumber(storage, "n", 100, [10, 100]), 100);
  storage.setItem("n", "50");
  assert.equal(keptNumber(storage, "n", 100, [10, 100]), 50);
  storage.setItem("n", "5000");
  assert.equal(keptNumber(storage, "n", 100, [10, 100]), 100);
});
