import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceName } from "../../src/page/device.ts";
import { bytes, clock, count, decimal, duration, percent, plain, rate, roughly } from "../../src/page/format.ts";
import { stateSentence } from "../../src/page/words.ts";

test("numbers read as people write them", () => {
  assert.equal(count(12345), "12,345");
  assert.equal(count(1_234_567), "1.23M");
  assert.equal(percent(0.9876), "98.8 %");
  assert.equal(percent(null), "–");
  assert.equal(decimal(0.12345), "0.123");
  assert.equal(decimal(0.00001), "1.0e-5");
  assert.equal(decimal(123.456), "123.5");
  assert.equal(rate(0.25), "0.3");
  assert.equal(rate(4120.4), "4,120");
  assert.equal(plain(0.1 + 0.2), "0.3");
  assert.equal(bytes(999), "999 B");
  assert.equal(bytes(1_250_000), "1.3 MB");
  assert.equal(bytes(999_900), "1.0 MB");
});

test("what is not perfect is never shown as 100 %", () => {
  assert.equal(percent(0.99999), "99.9 %");
  assert.equal(percent(1), "100.0 %");
});

test("times read as people say them", () => {
  assert.equal(duration(42), "42 s");
  assert.equal(duration(185), "3 min 05 s");
  assert.equal(duration(7800), "2 h 10 min");
  assert.equal(roughly(430), "7 min");
  assert.equal(clock(185), "3:05");
  assert.equal(clock(3725), "1:02:05");
});

test("a state is a sentence, with its reason where there is one", () => {
  assert.equal(stateSentence("running", null), "Running");
  assert.equal(stateSentence("failed", "the disk is full"), "Failed: the disk is full");
});

test("a device is named without its full user agent", () => {
  const chrome =
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36";
  assert.equal(deviceName(chrome), "Chrome on Android");
  assert.equal(
    deviceName("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"),
    "Firefox on Linux",
  );
  assert.equal(deviceName("curl/8"), "A browser on an unknown system");
});
