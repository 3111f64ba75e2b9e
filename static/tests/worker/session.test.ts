import assert from "node:assert/strict";
import { test } from "node:test";
import { asFloat32 } from "../../src/shared/frames.ts";
import { IDENTITY, lease, outcome, SHARD_NAME, settle, World, welcome } from "./fakes.ts";

async function joined(): Promise<World> {
  const world = new World();
  world.begin();
  await world.join();
  return world;
}

test("a session says hello, keeps its identity and asks for a lease once the backend is chosen", async () => {
  const world = await joined();
  assert.equal(world.socket.url, "ws://host/prefix/api/v1/runs/run-1/volunteer");
  const [hello, ready] = world.socket.sent.map(({ header }) => header);
  assert.deepEqual(hello, {
    type: "hello",
    protocol: 1,
    build: "b1",
    role: "volunteer",
    volunteer_id: null,
    secret: null,
    device: { kind: "browser", name: "A device" },
    encodings: { up: ["f32", "f16", "int8", "int4", "int2", "topk"], down: ["f32", "f16", "int8", "grid"] },
    bound: true,
    brief: true,
  });
  assert.deepEqual(ready, { type: "ready", backend: "backend-1", seconds_per_iteration: 0.1, version: null });
  assert.deepEqual(world.eventsOf("identity"), [{ type: "identity", identity: IDENTITY }]);
  assert.equal(world.eventsOf("backend")[0]?.name, "backend-1");
});

test("a lease is trained from the newest weights and sent back", async () => {
  const world = await joined();
  await world.grant("a");
  await settle();
  const update = world.socket.sent.find(({ header }) => header.type === "update");
  assert.ok(update);
  const { seconds, ...header } = update.header as { seconds: number };
  assert.ok(seconds > 0);
  assert.deepEqual(header, {
    type: "update",
    lease_id: "a",
    base_version: 1,
    iterations: 2,
    num_examples: 20,
    encoding: "f32",
    loss: 0.5,
    accuracy: null,
  });
  assert.deepEqual([...asFloat32(update.payload)], [2, 2, 2]);
  assert.deepEqual(world.fetched, [
    "http://host/prefix/api/v1/runs/run-1/weights/1-h1?encoding=f32",
    `http://host/prefix/api/v1/runs/run-1/shards/${SHARD_NAME}`,
  ]);
  await world.end("a");
  assert.deepEqual(world.eventsOf("outcome"), [
    { type: "outcome", lease_id: "a", outcome: "merged", detail: null, iterations: 2, num_examples: 20 },
  ]);
});

test("after an outcome that is whole the next lease starts without a download", async () => {
  const world = await joined();
  await world.grant("a");
  await world.grant("b");
  await world.end("a", { whole: true });
  const updates = world.socket.of("update");
  assert.deepEqual(
    updates.map(({ lease_id, base_version }) => [lease_id, base_version]),
    [
      ["a", 1],
      ["b", 2],
    ],
  );
  assert.deepEqual(world.weightsSet, [1]);
  assert.deepEqual([...asFloat32(world.socket.sent.at(-1)?.payload as Uint8Array)], [3, 3, 3]);
});

test("after any other outcome the next lease starts from the newest weights", async () => {
  const world = await joined();
  await world.grant("a");
  await world.grant("b");
  await world.end("a", { whole: false });
  assert.deepEqual(world.weightsSet, [1, 2]);
  assert.equal(world.socket.of("update").at(-1)?.base_version, 2);
});

test("own weights are not taken for a version that others have passed", async () => {
  const world = await joined();
  await world.grant("a");
  world.socket.deliver({ type: "version", version: 5, hash: "h5", iterations: 9 });
  await world.end("a", { whole: true, version: 4, hash: "h4" });
  await world.grant("b");
  assert.deepEqual(world.weightsSet, [1, 5]);
});

test("weights that were rounded on the way are not the trained ones", async () => {
  const world = await joined();
  await world.grant("a", { encoding: "f16" });
  await world.end("a", { whole: true });
  await world.grant("b");
  assert.deepEqual(world.weightsSet, [1, 2]);
});

test("the next lease is asked for, and its shards fetched, while one trains; never more than once", async () => {
  const world = await joined();
  world.holdSteps();
  await world.grant("a");
  assert.equal(world.socket.of("ready").length, 2);
  const other = "0".repeat(64);
  await world.grant("b", { parts: [[other, 0, 20]] });
  await world.clock.advance(3);
  assert.ok(world.fetched.some((url) => url.endsWith(other)));
  assert.deepEqual(world.trained, ["a"]);
  assert.equal(world.socket.of("ready").length, 2);
});

test("an unacknowledged update is sent again after a reconnect, until its outcome is known", async () => {
  const world = await joined();
  await world.grant("a");
  const first = world.socket;
  assert.equal(first.of("update").length, 1);
  first.drop();
  await world.clock.advance(1);
  await world.join({ secret: null });
  assert.deepEqual(world.socket.of("hello")[0]?.volunteer_id, "v1");
  assert.deepEqual(world.socket.of("update"), first.of("update"));
  await world.end("a");
  world.socket.drop();
  await world.clock.advance(3);
  await world.join({ secret: null });
  assert.equal(world.socket.of("update").length, 0);
  assert.equal(world.jobs.length, 1, "the trainer is kept");
});

test("training goes on while the connection is away, and its update is delivered after", async () => {
  const world = await joined();
  world.holdSteps();
  await world.grant("a");
  world.socket.drop();
  await world.releaseSteps();
  assert.equal(world.eventsOf("trained").length, 1);
  await world.clock.advance(1);
  await world.join({ secret: null });
  assert.equal(world.socket.of("update").length, 1);
});

test("a volunteer that became another one sends nothing of the old one's", async () => {
  const world = await joined();
  await world.grant("a");
  world.socket.drop();
  await world.clock.advance(1);
  await world.join({ volunteer_id: "v2", secret: "s2" });
  assert.equal(world.socket.of("update").length, 0);
  assert.equal(world.socket.of("ready").length, 1);
  assert.deepEqual(world.eventsOf("identity").at(-1)?.identity, { volunteer_id: "v2", secret: "s2" });
});

test("a bad secret is forgotten and the session joins as a new volunteer", async () => {
  const world = new World();
  world.begin({ identity: { volunteer_id: "v0", secret: "old" } });
  world.socket.accept();
  assert.equal(world.socket.of("hello")[0]?.secret, "old");
  world.socket.drop(4401, "bad secret");
  assert.deepEqual(world.eventsOf("identity"), [{ type: "identity", identity: null }]);
  await world.clock.advance(1);
  world.socket.accept();
  assert.equal(world.socket.of("hello")[0]?.volunteer_id, null);
});

test("reconnecting backs off with jitter and never opens two sockets", async () => {
  const world = await joined();
  const waits: number[] = [];
  for (let i = 0; i < 80; i++) {
    world.socket.drop();
    const seconds = world.eventsOf("connection").at(-1)?.seconds as number;
    waits.push(seconds);
    await world.clock.advance(seconds - 0.01);
    assert.equal(world.openSockets.length, 0);
    await world.clock.advance(0.02);
    assert.equal(world.openSockets.length, 1);
  }
  assert.deepEqual(waits.slice(0, 4), [0.5, 1, 1, 1], "a server that restarts is asked often");
  assert.deepEqual(waits.slice(-3), [30, 30, 30], "one that stays away is not");
});

test("waking up opens no second socket and does not wait for the timer", async () => {
  const world = await joined();
  for (let i = 0; i < 6; i++) {
    world.socket.drop();
    world.session.wake();
    world.session.wake();
    world.session.start();
    assert.equal(world.openSockets.length, 1);
  }
  for (let i = 0; i < 40; i++) {
    await world.clock.advance(1);
    assert.ok(world.openSockets.length <= 1);
  }
});

test("a late close of a dropped socket does not touch its successor", async () => {
  const world = await joined();
  const first = world.socket;
  world.clock.sleep(3600);
  await world.clock.advance(10);
  await world.clock.advance(10);
  assert.ok(first.closedByClient);
  await world.join({ secret: null });
  const second = world.socket;
  assert.notEqual(first, second);
  first.onclose?.({ code: 1006, reason: "" } as never);
  await settle();
  assert.equal(world.socket, second);
  assert.equal(second.readyState, 1);
});

test("a connection that is silent after the laptop slept is replaced; one that speaks is kept", async () => {
  for (const speaks of [true, false]) {
    const world = await joined();
    world.clock.sleep(600);
    await world.clock.advance(2);
    if (speaks) world.socket.deliver({ type: "version", version: 3, hash: "h3", iterations: 1 });
    await world.clock.advance(8);
    assert.equal(world.sockets.length, speaks ? 1 : 2);
  }
});

test("a server that says nothing for its own silence limit is given up", async () => {
  const world = await joined();
  await world.clock.advance(29);
  assert.equal(world.sockets.length, 1);
  await world.clock.advance(12);
  assert.ok(world.sockets.length > 1);
  assert.equal(world.openSockets.length, 1);
});

test("a quiet volunteer keeps its connection alive", async () => {
  const world = await joined();
  world.socket.deliver({ type: "wait", reason: "no_examples", message: "None left.", seconds: 100 });
  for (let i = 0; i < 5; i++) {
    await world.clock.advance(6);
    world.socket.deliver({ type: "version", version: i + 2, hash: "h", iterations: 1 });
  }
  const statuses = world.socket.of("status");
  assert.ok(statuses.length >= 2 && statuses.length <= 4, `${statuses.length}`);
  assert.equal(world.socket.of("ready").length, 1);
});

test("after a wait the session asks again when its time has come", async () => {
  const world = await joined();
  world.socket.deliver({ type: "wait", reason: "no_examples", message: "None left.", seconds: 5 });
  await world.clock.advance(4);
  assert.equal(world.socket.of("ready").length, 1);
  await world.clock.advance(3);
  assert.equal(world.socket.of("ready").length, 2);
  assert.equal(world.eventsOf("waiting")[0]?.reason, "no_examples");
});

test("pausing gives back what would take long and stays connected", async () => {
  const world = await joined();
  world.holdSteps();
  world.stepSeconds = 10;
  await world.grant("a");
  await world.grant("b");
  await world.oneStep();
  world.session.pause();
  await world.releaseSteps();
  const abandoned = world.socket.of("abandon").map(({ lease_id }) => lease_id);
  assert.deepEqual(abandoned.sort(), ["a", "b"]);
  assert.equal(world.socket.of("update").length, 0);
  assert.equal(world.socket.of("status").at(-1)?.state, "paused");
  assert.equal(world.eventsOf("activity").at(-1)?.activity, "paused");
  assert.equal(world.openSockets.length, 1);
  const asked = world.socket.of("ready").length;
  await world.clock.advance(3);
  assert.equal(world.socket.of("ready").length, asked);
  world.session.resume();
  await settle();
  assert.equal(world.socket.of("ready").length, asked + 1);
});

test("pausing finishes a lease that is nearly done", async () => {
  const world = await joined();
  world.holdSteps();
  await world.grant("a");
  await world.oneStep();
  world.session.pause();
  await world.releaseSteps();
  assert.equal(world.socket.of("update").length, 1);
  assert.equal(world.socket.of("abandon").length, 0);
});

test("a lease that comes while paused is given back", async () => {
  const world = await joined();
  world.session.pause();
  await world.grant("a");
  assert.deepEqual(
    world.socket.of("abandon").map(({ lease_id }) => lease_id),
    ["a"],
  );
  assert.deepEqual(world.trained, []);
});

test("progress renews the lease, at most once a second", async () => {
  const world = await joined();
  world.holdSteps();
  await world.grant("a");
  await world.oneStep();
  await world.clock.advance(5);
  const progress = world.socket.of("progress");
  assert.ok(progress.length >= 4 && progress.length <= 5, `${progress.length}`);
  assert.deepEqual(progress[0], { type: "progress", lease_id: "a", iterations: 1, loss: 0.5, accuracy: 0.75 });
});

test("a lease whose outcome comes while it trains is dropped without a word", async () => {
  const world = await joined();
  world.holdSteps();
  await world.grant("a");
  await world.end("a", { outcome: "not_needed" });
  await world.releaseSteps();
  assert.equal(world.socket.of("update").length, 0);
  assert.equal(world.socket.of("abandon").length, 0);
});

test("a lease whose deadline passed while the device slept is not begun", async () => {
  const world = await joined();
  world.holdSteps();
  await world.grant("a");
  await world.grant("b", { seconds: 5 });
  world.clock.sleep(6);
  await world.releaseSteps();
  await world.end("a");
  assert.deepEqual(world.trained, ["a"]);
  assert.deepEqual(world.socket.of("abandon")[0]?.lease_id, "b");
});

test("a version that is gone is replaced by a newer one, or the lease is given back for one", async () => {
  const world = await joined();
  const gone = () => Response.json({ error: { code: "version_gone", message: "Gone." } }, { status: 410 });
  world.answer = (url) => {
    if (!url.includes("/weights/2-")) return null;
    world.socket.deliver({ type: "version", version: 4, hash: "h4", iterations: 3 });
    return gone();
  };
  await world.grant("a", { version: 2, hash: "h2" });
  assert.equal(world.socket.of("update")[0]?.base_version, 4);
  await world.end("a", { version: 5, hash: "h5" });
  world.answer = (url) => (url.includes("/weights/5-") ? gone() : null);
  await world.grant("b", { version: 5, hash: "h5" });
  assert.equal(world.socket.of("abandon")[0]?.lease_id, "b");
  await world.clock.advance(2);
  await world.grant("c", { version: 6, hash: "h6" });
  assert.equal(world.socket.of("update").at(-1)?.base_version, 6);
});

test("the answer that a version is gone names the one to take", async () => {
  const world = await joined();
  const newest = { version: 9, hash: "h9", iterations: 40 };
  world.answer = (url) => {
    if (url.includes("/weights/9-h9")) return null;
    const body = { error: { code: "version_gone", message: "Gone." }, newest };
    return url.includes("/weights/") ? Response.json(body, { status: 410 }) : null;
  };
  await world.grant("a", { version: 2, hash: "h2" });
  assert.equal(world.socket.of("update")[0]?.base_version, 9);
});

test("a download that fails is tried again", async () => {
  const world = await joined();
  let failures = 2;
  world.answer = () => {
    if (failures-- > 0) throw new TypeError("no network");
    return null;
  };
  await world.grant("a");
  await world.clock.advance(5);
  assert.equal(world.socket.of("update").length, 1);
});

test("a download in which nothing moves is ended and tried again", async () => {
  const world = await joined();
  let hung = false;
  world.answer = (url) => {
    if (hung || !url.includes("/weights/")) return null;
    hung = true;
    return new Promise<Response>(() => {});
  };
  await world.grant("a", { version: 2, hash: "h2" });
  await world.clock.advance(18);
  assert.equal(world.socket.of("update").length, 0);
  await world.clock.advance(5);
  assert.equal(world.socket.of("update").length, 1);
});

test("a shard with other bytes than its name says is fetched once more, then costs the lease", async () => {
  const world = await joined();
  world.answer = (url) => (url.includes("/shards/") ? new Response("other") : null);
  await world.grant("a");
  assert.equal(world.fetched.filter((url) => url.includes("/shards/")).length, 2);
  assert.equal(world.socket.of("abandon")[0]?.lease_id, "a");
  assert.equal(world.eventsOf("error")[0]?.code, "corrupt_shard");
  world.answer = () => null;
  await world.clock.advance(3);
  await world.grant("b");
  assert.equal(world.socket.of("update").length, 1);
});

test("a backend that fails costs its lease and is replaced", async () => {
  const world = await joined();
  world.failWith = new Error("context lost");
  await world.grant("a");
  assert.equal(world.socket.of("abandon")[0]?.lease_id, "a");
  assert.equal(world.trainers[0]?.disposed, true);
  world.failWith = null;
  await settle();
  assert.deepEqual(world.jobs[1]?.failures, { "backend-1": 1 });
  await world.grant("b");
  assert.equal(world.socket.of("update").length, 1);
  assert.equal(world.socket.of("ready").at(-1)?.backend, "backend-2");
});

test("a model that no backend can train ends the session with the reason", async () => {
  const world = new World();
  world.factoryError = Object.assign(new Error("No backend trains this."), { code: "no_backend" });
  world.begin();
  await world.join();
  assert.deepEqual(world.eventsOf("closed"), [
    { type: "closed", code: "no_backend", message: "No backend trains this." },
  ]);
  assert.equal(world.openSockets.length, 0);
});

test("weights that are not finite are never sent", async () => {
  const world = await joined();
  world.payload = new Float32Array([1, Number.NaN, 2]);
  await world.grant("a");
  assert.equal(world.socket.of("update").length, 0);
  assert.equal(world.socket.of("abandon").length, 1);
});

test("goodbye codes: finished stops, another build reloads, a restart comes back when told", async () => {
  const finished = await joined();
  finished.socket.deliver({ type: "goodbye", code: "finished", message: "Done.", reconnect_seconds: null });
  await finished.clock.advance(60);
  assert.deepEqual(finished.eventsOf("closed"), [{ type: "closed", code: "finished", message: "Done." }]);
  assert.equal(finished.sockets.length, 1);
  assert.equal(finished.trainers[0]?.disposed, true);

  const rebuilt = await joined();
  rebuilt.socket.drop(4409, "another build");
  assert.equal(rebuilt.eventsOf("reload").length, 1);
  await rebuilt.clock.advance(60);
  assert.equal(rebuilt.sockets.length, 1);

  const restarted = await joined();
  restarted.socket.deliver({ type: "goodbye", code: "going_away", message: "Restart.", reconnect_seconds: 5 });
  await restarted.clock.advance(4.9);
  assert.equal(restarted.sockets.length, 1);
  await restarted.clock.advance(1);
  assert.equal(restarted.sockets.length, 2);
});

test("who goes wherever help is needed moves on to the run that is named, and trains that", async () => {
  const world = new World();
  world.begin({ bound: false });
  await world.join();
  assert.equal(world.socket.of("hello")[0]?.bound, false);
  await world.grant("a");
  world.socket.deliver({ type: "goodbye", code: "moved", message: "Elsewhere.", reconnect_seconds: 0, run: "run 2" });
  await world.clock.advance(3);
  assert.deepEqual(world.eventsOf("moved"), [{ type: "moved", run: "run 2" }]);
  assert.equal(world.socket.url, "ws://host/prefix/api/v1/runs/run%202/volunteer");
  assert.equal(world.openSockets.length, 1);
  await world.join();
  assert.equal(world.socket.of("hello")[0]?.volunteer_id, IDENTITY.volunteer_id);
  assert.equal(world.jobs.length, 2, "even of the same model another run is other work");
  assert.equal(world.trainers[0]?.disposed, true);
  assert.deepEqual(world.eventsOf("error"), []);
});

test("a run that waits for its turn is asked again when it said", async () => {
  const world = await joined();
  world.socket.deliver({ type: "goodbye", code: "queued", message: "Wait.", reconnect_seconds: 3, run: null });
  await world.clock.advance(2.9);
  assert.equal(world.sockets.length, 1);
  await world.clock.advance(2);
  assert.equal(world.sockets.length, 2);
  assert.equal(world.socket.url, "ws://host/prefix/api/v1/runs/run-1/volunteer");
});

test("a run that we worked for may be gone while its server restarts", async () => {
  const world = await joined();
  world.socket.drop();
  await world.clock.advance(1);
  world.socket.accept();
  world.socket.drop(4404, "There is no such run here.");
  await world.clock.advance(3);
  assert.equal(world.eventsOf("closed").length, 0);
  assert.equal(world.openSockets.length, 1);
  await world.clock.advance(700);
  world.session.wake();
  world.socket.drop(4404, "There is no such run here.");
  assert.equal(world.eventsOf("closed")[0]?.code, "no_such_run");
});

test("a run that never was is not waited for", async () => {
  const world = new World();
  world.begin();
  world.socket.accept();
  world.socket.drop(4404, "There is no such run here.");
  assert.equal(world.eventsOf("closed")[0]?.code, "no_such_run");
});

test("a volunteer that was replaced stays away", async () => {
  const world = await joined();
  world.socket.drop(4001, "replaced");
  await world.clock.advance(60);
  assert.equal(world.sockets.length, 1);
  assert.equal(world.eventsOf("closed")[0]?.code, "replaced");
});

test("bytes that are no message cost the connection, which comes back", async () => {
  const world = await joined();
  world.socket.deliverBytes(new Uint8Array([1, 2, 3]).buffer);
  assert.equal(world.eventsOf("error")[0]?.code, "protocol_error");
  await world.clock.advance(1);
  assert.equal(world.sockets.length, 2);
  world.socket.deliverBytes("text");
  await world.clock.advance(3);
  assert.equal(world.sockets.length, 3);
});

test("stop says goodbye, ends training and is quiet afterwards", async () => {
  const world = await joined();
  world.holdSteps();
  await world.grant("a");
  const socket = world.socket;
  world.session.stop("the volunteer left");
  world.session.stop("again");
  assert.equal(socket.sent.at(-1)?.header.type, "goodbye");
  const count = world.events.length;
  await world.releaseSteps();
  await world.clock.advance(60);
  assert.equal(world.events.length, count);
  assert.equal(world.sockets.length, 1);
  assert.equal(world.trainers[0]?.disposed, true);
  assert.equal(world.eventsOf("closed").length, 1);
});

test("a long exchange is overlapped with the next lease, from weights that came during training", async () => {
  const world = await joined();
  let version = 1;
  for (const id of ["a", "b", "c"]) {
    await world.grant(id, { version, hash: `h${version}` });
    await world.clock.advance(2); // the outcome takes ten times the training
    version += 1;
    await world.end(id, { version, hash: `h${version}` });
  }
  world.holdSteps();
  await world.grant("d", { version: 4, hash: "h4" });
  await world.grant("e", { version: 4, hash: "h4" });
  world.socket.deliver({ type: "version", version: 9, hash: "h9", iterations: 9 });
  await world.releaseSteps();
  assert.deepEqual(world.trained, ["a", "b", "c", "d", "e"], "e does not wait for d's outcome");
  assert.equal(world.socket.of("update").at(-1)?.base_version, 9);
  await world.grant("f", { version: 9, hash: "h9" });
  assert.equal(world.trained.length, 5, "two updates on their way are enough");
  await world.end("d", { version: 10, hash: "h10" });
  assert.equal(world.trained.at(-1), "f");
});

test("a lease that carries goes on from own work that its base lacks, without waiting", async () => {
  const world = await joined();
  world.payload = new Float32Array([100, 0, 0]);
  const carry = { carry: true, wants: "delta" } as const;
  for (const id of ["a", "b"]) {
    await world.grant(id, { ...carry });
    await world.clock.advance(2);
    await world.end(id, { version: 1, hash: "h1" });
  }
  await world.grant("c", { ...carry });
  await world.grant("d", { ...carry });
  assert.deepEqual(world.trained, ["a", "b", "c", "d"]);
  assert.equal(world.weightsSet.at(-1), 101, "version 1 and the work of c, which has no outcome yet");
  await world.end("c", { version: 2, hash: "h2" });
  await world.end("d", { version: 3, hash: "h3" });
  world.holdSteps();
  await world.grant("e", { ...carry, version: 1, hash: "h1" });
  assert.equal(world.weightsSet.at(-1), 201, "it holds version 1 still, and need not fetch another");
  await world.releaseSteps();
  assert.equal(world.socket.of("update").at(-1)?.base_version, 1);
});

test("weights that come with an outcome are not asked for", async () => {
  const world = await joined();
  await world.grant("a");
  const { header, fetched } = { header: outcome("a", { version: 7, hash: "h7" }), fetched: world.fetched.length };
  world.socket.deliver(header, new Float32Array([7, 7, 7]));
  await settle();
  await world.grant("b", { version: 7, hash: "h7" });
  assert.equal(world.weightsSet.at(-1), 7);
  assert.equal(world.fetched.length, fetched);
  assert.equal(world.socket.of("update").at(-1)?.base_version, 7);
});

test("weights that come with an outcome are read in their own encoding", async () => {
  const world = await joined();
  await world.grant("a");
  const { length } = world.fetched;
  world.socket.deliver(outcome("a", { version: 7, hash: "h7", encoding: "f16" }), new Uint16Array([0x4700, 0, 0]));
  await settle();
  await world.grant("b", { version: 7, hash: "h7" });
  assert.equal(world.weightsSet.at(-1), 7);
  assert.equal(world.fetched.length, length);
  world.socket.deliver(outcome("b", { version: 8, hash: "h8", encoding: "f32" }), new Uint8Array(5));
  await settle();
  await world.grant("c", { version: 8, hash: "h8" });
  assert.equal(world.fetched.length, length + 1, "what is not a model like ours is asked for");
});

test("a lease that keeps starts between its version and what the last one ended with", async () => {
  const world = await joined();
  await world.grant("a");
  await world.end("a", { version: 5, hash: "h5" });
  assert.equal(world.weightsSet.at(-1), 1, "it trains to 2");
  await world.grant("b", { version: 4, hash: "h4", keep: 0.75 });
  assert.equal(world.weightsSet.at(-1), 2.5, "4 + 0.75 (2 - 4), though there is a version 5");
  assert.equal(world.socket.of("update").at(-1)?.base_version, 4);
});

test("a lease that keeps all fetches nothing", async () => {
  const world = await joined();
  await world.grant("a");
  await world.end("a", { version: 5, hash: "h5" });
  const fetched = world.fetched.length;
  await world.grant("b", { version: 5, hash: "h5", keep: 1 });
  assert.deepEqual([world.fetched.length, world.weightsSet.length], [fetched, 1]);
  assert.equal(world.socket.of("update").at(-1)?.base_version, 5);
});

test("a short exchange is waited for", async () => {
  const world = await joined();
  await world.grant("a");
  await world.end("a");
  await world.grant("b", { version: 2, hash: "h2" });
  await world.grant("c", { version: 2, hash: "h2" });
  assert.deepEqual(world.trained, ["a", "b"]);
});

test("another description of the run means a new trainer", async () => {
  const world = await joined();
  world.socket.drop();
  await world.clock.advance(1);
  await world.join({ training: { ...welcome().training, batch_size: 20 } });
  assert.equal(world.jobs.length, 2);
  assert.equal(world.trainers[0]?.disposed, true);
  await world.grant("a");
  assert.equal(world.socket.of("update").length, 1);
});

test("a lease that is sent twice is trained once", async () => {
  const world = await joined();
  world.holdSteps();
  world.socket.deliver(lease("a"));
  world.socket.deliver(lease("a"));
  await world.releaseSteps();
  await world.end("a");
  assert.deepEqual(world.trained, ["a"]);
});

test("one who waits for outcomes asks for weights to come with them", async () => {
  const world = new World();
  world.begin();
  await world.join({ encodings: { up: ["f32"], down: ["f32", "grid"] } });
  assert.equal(world.socket.of("ready")[0]?.push, true);
});

test("the share scales what an iteration is said to take", async () => {
  const world = new World();
  world.begin({ share: 0.5 });
  await world.join();
  assert.equal(world.socket.of("ready")[0]?.seconds_per_iteration, 0.2);
});

/** One who lends a quarter of its time, and has just done two seconds' work. */
async function resting(carry: boolean): Promise<World> {
  const world = new World();
  world.chance = 0.5; // the rest is as long as it is on average
  world.worked = 2;
  world.begin({ share: 0.25 });
  await world.join();
  await world.grant("a", { carry });
  return world;
}

test("an update leaves before the rest that the share asks for, and the next lease begins after it", async () => {
  const world = await resting(false);
  const [update] = world.socket.of("update");
  assert.equal(update?.rests, true);
  await world.end("a", { version: 3 });
  await world.grant("b");
  await world.clock.advance(3);
  world.socket.deliver({ type: "version", version: 5, hash: "h5", iterations: 50 });
  await world.clock.advance(2.9);
  assert.deepEqual(world.trained, ["a"]);
  await world.clock.advance(0.2);
  assert.deepEqual(world.trained, ["a", "b"]);
  assert.equal(world.weightsSet.at(-1), 5, "what came during the rest is in the next base");
});

test("where leases carry, one who rests asks for the next when the rest is nearly over", async () => {
  const world = await resting(true);
  await world.end("a", { version: 3 });
  const asked = world.socket.of("ready").length;
  await world.clock.advance(5.9);
  assert.equal(world.socket.of("ready").length, asked);
  await world.clock.advance(0.2);
  assert.equal(world.socket.of("ready").length, asked + 1);
});

test("volunteers rest for different times, so that they take turns", async () => {
  const world = await resting(false);
  world.chance = 0.75;
  await world.end("a");
  await world.grant("b");
  await world.clock.advance(6.1);
  assert.deepEqual(world.trained, ["a", "b"]);
  await world.end("b");
  await world.grant("c");
  await world.clock.advance(8.9);
  assert.deepEqual(world.trained, ["a", "b"], "this rest is half as long again");
  await world.clock.advance(0.2);
  assert.deepEqual(world.trained, ["a", "b", "c"]);
});

test("a rest is over sooner where the share rises", async () => {
  const world = await resting(false);
  await world.end("a");
  await world.grant("b");
  await world.clock.advance(3);
  assert.deepEqual(world.trained, ["a"]);
  world.session.setShare(0.5);
  await world.clock.advance(0.2);
  assert.deepEqual(world.trained, ["a", "b"]);
});

test("a rest is over when the volunteer pauses, and it begins at once when it goes on", async () => {
  const world = await resting(false);
  await world.end("a");
  world.session.pause();
  await world.clock.advance(0.2);
  world.session.resume();
  await world.grant("b");
  assert.deepEqual(world.trained, ["a", "b"]);
});

test("a shard that a later lease will need is fetched ahead", async () => {
  const world = await joined();
  const soon = "1".repeat(64);
  await world.grant("a", { soon });
  assert.ok(world.fetched.some((url) => url.endsWith(`/shards/${soon}`)));
  assert.equal(world.socket.of("update").length, 1);
});

test("a code is told in hello and with every download", async () => {
  const world = new World();
  world.begin({ code: "abcd-efgh" });
  await world.join();
  assert.equal(world.socket.of("hello")[0]?.code, "abcd-efgh");
  await world.grant("a");
  await settle();
  assert.ok(world.fetched.length >= 2);
  for (const headers of world.headersOf) assert.deepEqual(headers, { "WebNN-Code": "abcd-efgh" });
});

test("a code that is not taken ends the session, and so does one that has ended", async () => {
  const refused = new World();
  refused.begin({ code: "wrong-wrong" });
  refused.socket.drop(4006, "That code is not good for this run.");
  await settle();
  assert.equal(refused.eventsOf("closed")[0]?.code, "code_needed");
  const ended = await joined();
  const body = JSON.stringify({ error: { code: "code_needed", message: "It has ended." } });
  ended.answer = () => new Response(body, { status: 403 });
  await ended.grant("a");
  await settle();
  assert.deepEqual(ended.eventsOf("closed"), [{ type: "closed", code: "code_needed", message: "It has ended." }]);
});
