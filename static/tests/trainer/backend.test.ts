import assert from "node:assert/strict";
import { before, test } from "node:test";
import {
  type BackendCandidate,
  type BackendName,
  backendInUse,
  candidates,
  chooseBackend,
  measureModel,
  onContextLost,
  orUntilLost,
  resetBackend,
  useBackend,
} from "../../src/trainer/backend.ts";
import { tf } from "../../src/trainer/tfjs.ts";
import { MLP, setUp, TRAINING, useInstalledWasm } from "./fixtures.ts";

before(() => useInstalledWasm());

/** Chooses among made-up backends that take `times` seconds, or fail where it is a sentence. */
async function choose(times: Partial<Record<BackendName, number | string>>, skipped: BackendCandidate[] = []) {
  const started: string[] = [];
  const freed: string[] = [];
  const choice = await chooseBackend(
    async (name) => {
      const time = times[name];
      if (typeof time === "string") throw new Error(time);
      return time ?? Number.NaN;
    },
    {
      candidates: [...skipped, ...(Object.keys(times) as BackendName[]).map((name) => ({ name, skipped: null }))],
      start: async (name) => {
        started.push(name);
      },
      free: (name) => {
        freed.push(name);
      },
    },
  );
  return { ...choice, started, freed };
}

test("the fastest is chosen, and the reason says against what", async () => {
  const choice = await choose({ webgl: 0.04, wasm: 0.01, cpu: 1 });
  assert.equal(choice.name, "wasm");
  assert.equal(choice.secondsPerIteration, 0.01);
  assert.equal(choice.reason, "wasm takes 10 ms an iteration here, against 40 ms on webgl.");
  assert.deepEqual(choice.started, ["webgl", "wasm", "wasm"]);
  assert.deepEqual(choice.freed, ["webgl"]);
});

test("a GPU that is about as fast is preferred", async () => {
  assert.equal((await choose({ webgl: 0.011, wasm: 0.01 })).name, "webgl");
  assert.equal((await choose({ webgpu: 0.0105, webgl: 0.01, wasm: 0.02 })).name, "webgpu");
});

test("what is skipped and what fails is named", async () => {
  const skipped: BackendCandidate[] = [{ name: "webgpu", skipped: "there is no WebGPU here" }];
  const { name, reason } = await choose({ webgl: "out of memory", wasm: 0.002 }, skipped);
  assert.equal(name, "wasm");
  assert.equal(
    reason,
    "wasm is what this device has to train with, at 2.0 ms an iteration. There is no WebGPU here; webgl failed (out of memory).",
  );
});

test("cpu is tried when nothing else works, and nothing at all is an error", async () => {
  assert.equal((await choose({ wasm: "no memory", cpu: 1 })).name, "cpu");
  await assert.rejects(choose({ wasm: "no memory", cpu: "none either" }), /Nothing on this device can train/);
});

test("Node has no GPU, and says so", async () => {
  const all = await candidates();
  assert.deepEqual(
    all.map(({ name, skipped }) => [name, skipped === null]),
    [
      ["webgpu", false],
      ["webgl", false],
      ["wasm", true],
      ["cpu", true],
    ],
  );
});

test("the choice is measured on the run's own model", async () => {
  await useBackend("cpu");
  const { trainer, model, dataset, examples } = await setUp(MLP);
  trainer.dispose();
  const choice = await chooseBackend(measureModel(model, dataset, TRAINING, examples));
  assert.equal(choice.name, "wasm");
  assert.equal(backendInUse(), "wasm");
  assert.ok((choice.secondsPerIteration ?? 0) > 0);
  assert.match(choice.reason, /^wasm is what this device has/);
});

test("a forced backend is taken unmeasured", async () => {
  const choice = await chooseBackend(async () => 1, { force: "cpu" });
  assert.deepEqual([choice.name, choice.secondsPerIteration], ["cpu", null]);
  assert.equal(backendInUse(), "cpu");
});

test("a backend that is not there is named in the error", async () => {
  await assert.rejects(useBackend("webgl"), /backend webgl cannot be used here/);
});

test("a backend started anew trains again", async () => {
  await useBackend("wasm");
  await resetBackend();
  assert.equal(backendInUse(), "wasm");
  const { trainer, examples } = await setUp(MLP);
  assert.ok((await trainer.evaluate(examples)).loss > 0);
  trainer.dispose();
});

/** A backend with a canvas, as TF.js's WebGL backend has it, that computes nothing. */
class FakeGpu extends tf.KernelBackend {
  readonly gpgpu = { gl: { canvas: new EventTarget() } };
}

test("a lost context ends every wait and tells the listeners, until the backend is started anew", async () => {
  const made: FakeGpu[] = [];
  tf.registerBackend("webgl", () => {
    const gpu = new FakeGpu();
    made.push(gpu);
    return gpu;
  });
  await useBackend("webgl");
  const heard: string[] = [];
  const stop = onContextLost((reason) => heard.push(reason));
  const waiting = orUntilLost(new Promise<number>(() => {}));
  made[0]?.gpgpu.gl.canvas.dispatchEvent(new Event("webglcontextlost"));
  await assert.rejects(waiting, { code: "backend_lost" });
  await assert.rejects(orUntilLost(Promise.resolve(1)), { code: "backend_lost" });
  assert.deepEqual(heard, ["the browser lost the WebGL context"]);
  await resetBackend();
  assert.equal(made.length, 2);
  assert.equal(await orUntilLost(Promise.resolve(1)), 1);
  stop();
  made[1]?.gpgpu.gl.canvas.dispatchEvent(new Event("webglcontextlost"));
  assert.equal(heard.length, 1);
  await useBackend("cpu");
});
