import assert from "node:assert/strict";
import { test } from "node:test";
import { codeHeaders, codeIn } from "../../src/shared/code.ts";

test("a code is read from a fragment, beside what else stands there", () => {
  assert.equal(codeIn("#code=abcd-efgh"), "abcd-efgh");
  assert.equal(codeIn("#accent=red&code=a%20b%20c%20d%23"), "a b c d#");
  for (const hash of ["", "#", "#code=", "#code=%20", "#other=1"]) assert.equal(codeIn(hash), null);
});

test("a header carries a code where it can", () => {
  assert.deepEqual(codeHeaders("abcd-efgh"), { "WebNN-Code": "abcd-efgh" });
  for (const code of [null, "", "grün", "a\nb"]) assert.deepEqual(codeHeaders(code), {});
});
