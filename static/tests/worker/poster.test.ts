import assert from "node:assert/strict";
import { test } from "node:test";
import { decodeFrame } from "../../src/shared/frames.ts";
import { settle, World } from "./fakes.ts";

const LIMITS = { max_frame_bytes: 1 << 20, progress_seconds: 1, silence_seconds: 30, post_bytes: 8 };
const updates = (url: string) => url.endsWith("/updates");

async function joined(answer: () => Response | null): Promise<World> {
  const world = new World();
  world.answer = (url) => (updates(url) ? answer() : null);
  world.begin();
  await world.join({ limits: LIMITS });
  return world;
}

const taken = () => new Response(null, { status: 204 });
const refused = (status: number) => Response.json({ error: { code: "c", message: "No." } }, { status });

test("an update of the size that the server names is posted, and its outcome comes over the socket", async () => {
  const world = await joined(taken);
  await world.grant("a");
  await settle();
  assert.deepEqual(world.socket.of("update"), []);
  assert.equal(world.posted.length, 1);
  assert.equal(world.posted[0]?.authorization, "Volunteer v1:s1");
  const { header } = decodeFrame(world.posted[0]?.frame as Uint8Array<ArrayBuffer>);
  assert.deepEqual([header.type, header.lease_id], ["update", "a"]);
  await world.end("a");
  assert.equal(world.eventsOf("outcome")[0]?.outcome, "merged");
});

test("a post that fails is tried again until it arrives", async () => {
  let failures = 2;
  const world = await joined(() => {
    if (failures-- === 2) throw new TypeError("no network");
    return failures >= 0 ? refused(503) : taken();
  });
  await world.grant("a");
  await world.clock.advance(10);
  assert.equal(world.posted.length, 3);
  await world.clock.advance(20);
  assert.equal(world.posted.length, 3);
  assert.deepEqual(
    world.eventsOf("error").map(({ message }) => message),
    ["no network", "No."],
  );
});

test("a post that is refused, or that nobody waits for any more, is not tried again", async () => {
  const world = await joined(() => refused(400));
  await world.grant("a");
  await world.clock.advance(10);
  assert.equal(world.posted.length, 1);
  await world.end("a", { outcome: "expired" });
  world.answer = (url) => (updates(url) ? refused(503) : null);
  await world.grant("b");
  assert.equal(world.posted.length, 2);
  await world.end("b", { outcome: "expired" });
  await world.clock.advance(10);
  assert.equal(world.posted.length, 2);
});

test("a new connection does not post again what is on its way", async () => {
  let arrive = (_: Response) => {};
  const world = new World();
  world.answer = (url) =>
    updates(url)
      ? new Promise<Response>((resolve) => {
          arrive = resolve;
        })
      : null;
  world.begin();
  await world.join({ limits: LIMITS });
  await world.grant("a");
  await settle();
  world.socket.drop();
  await world.clock.advance(5);
  await world.join({ limits: LIMITS });
  assert.equal(world.posted.length, 1);
  arrive(taken());
  await settle();
  await world.end("a");
  assert.equal(world.eventsOf("outcome").length, 1);
});

test("where a proxy lets no such post through, the socket is used from then on", async () => {
  const world = await joined(() => new Response("<h1>Request Entity Too Large</h1>", { status: 413 }));
  await world.grant("a");
  await settle();
  assert.deepEqual([world.posted.length, world.socket.of("update").length], [1, 1]);
  await world.end("a");
  await world.grant("b");
  await settle();
  assert.deepEqual([world.posted.length, world.socket.of("update").length], [1, 2]);
});
