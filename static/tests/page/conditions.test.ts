import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultWishes, readWishes, untilTime, whyNot } from "../../src/page/conditions.ts";
import { DailyBytes } from "../../src/page/daily.ts";

const NOW = { plugged: null, wifi: null, visible: true, bytesToday: 0 };

function memory() {
  const kept = new Map<string, string>();
  return {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
}

test("a phone lends less than a desktop, and both have a cap", () => {
  const [phone, desktop] = [defaultWishes(true), defaultWishes(false)];
  assert.ok(phone.share < desktop.share && desktop.share < 100);
  assert.ok((phone.dailyBytes ?? Infinity) < (desktop.dailyBytes ?? 0));
});

test("each wish holds the work up, in words", () => {
  const wishes = { ...defaultWishes(false), onlyPlugged: true, onlyWifi: true, onlyVisible: true };
  assert.equal(whyNot(wishes, { ...NOW, plugged: true, wifi: true }), null);
  assert.match(whyNot(wishes, { ...NOW, plugged: false }) ?? "", /plugged in/);
  assert.match(whyNot(wishes, { ...NOW, wifi: false }) ?? "", /Wi-Fi/);
  assert.match(whyNot(wishes, { ...NOW, visible: false }) ?? "", /look at this page/);
  assert.match(whyNot(wishes, { ...NOW, bytesToday: 2e9 }) ?? "", /1\.0 GB are used up/);
  assert.equal(whyNot({ ...wishes, dailyBytes: null }, { ...NOW, bytesToday: 2e9 }), null);
});

test("what the browser does not tell holds nothing up", () => {
  assert.equal(whyNot({ ...defaultWishes(false), onlyPlugged: true, onlyWifi: true }, NOW), null);
});

test("a time is the next one that comes", () => {
  const now = new Date(2026, 0, 5, 18, 0);
  assert.equal(untilTime("18:30", now), 30 * 60_000);
  assert.equal(untilTime("18:00", now), 24 * 3600_000);
  assert.equal(untilTime("25:00", now), null);
  assert.equal(untilTime("", now), null);
});

test("wishes that were kept come back, and nonsense does not", () => {
  const fallback = defaultWishes(true);
  assert.deepEqual(readWishes(null, fallback), fallback);
  assert.deepEqual(readWishes("{", fallback), fallback);
  assert.deepEqual(readWishes('{"share": 900, "dailyBytes": -1, "onlyWifi": "yes"}', fallback), fallback);
  const kept = { ...fallback, share: 80, dailyBytes: null, onlyVisible: true };
  assert.deepEqual(readWishes(JSON.stringify(kept), fallback), kept);
});

test("bytes are counted by the day", () => {
  const storage = memory();
  let day = "Monday";
  const bytes = new DailyBytes(storage, () => day);
  bytes.add(5);
  new DailyBytes(storage, () => day).add(7);
  assert.equal(bytes.total, 12);
  day = "Tuesday";
  assert.equal(bytes.total, 0);
  bytes.add(1);
  assert.equal(bytes.total, 1);
});
