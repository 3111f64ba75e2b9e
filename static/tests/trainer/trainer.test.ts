import assert from "node:assert/strict";
import { before, test } from "node:test";
import { useBackend } from "../../src/trainer/backend.ts";
import { LEASE, MLP, setUp, useInstalledWasm } from "./fixtures.ts";

before(async () => {
  useInstalledWasm();
  await useBackend("wasm");
});

test("a small model learns an easy problem", async () => {
  const { trainer, examples } = await setUp(MLP);
  const first = await trainer.evaluate(examples);
  for (let seed = 0; seed < 15; seed++) await trainer.train({ ...LEASE, seed, learning_rate: 0.5 }, examples);
  const last = await trainer.evaluate(examples);
  assert.ok(last.loss < first.loss / 4, `${last.loss} of ${first.loss}`);
  assert.ok((last.accuracy ?? 0) > 0.97, `${last.accuracy}`);
  assert.equal(last.num_examples, 128);
  trainer.dispose();
});
