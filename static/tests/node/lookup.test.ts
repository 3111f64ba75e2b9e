import assert from "node:assert/strict";
import { test } from "node:test";
import { findRun, type LookupOptions, UnreachableError } from "../../src/node/lookup.ts";

const RUN = { base: "http://host:1/lab", run: "digits 1" };
const SERVER = { base: "http://host:1/lab", run: null };

interface World extends LookupOptions {
  asked: string[];
  waits: number[];
}

/** Answers each request by the next of `answers`: a response, or an error to throw; the last one for ever. */
function world(...answers: (Response | Error)[]): World {
  let seconds = 0;
  const asked: string[] = [];
  const waits: number[] = [];
  return {
    asked,
    waits,
    retrySeconds: 20,
    fetch: async (url) => {
      asked.push(url);
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      if (answer instanceof Response) return answer.clone();
      throw answer;
    },
    now: () => seconds,
    sleep: async (wait) => {
      seconds += wait;
    },
    onRetry: (_message, wait) => waits.push(wait),
  };
}

const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
const refusedConnection = new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });

test("a run that is named is looked up by its name", async () => {
  const options = world(json({ id: "digits 1" }));
  assert.equal(await findRun(RUN, options), "digits 1");
  assert.deepEqual(options.asked, ["http://host:1/lab/api/v1/runs/digits%201"]);
});

test("a server alone means its one run", async () => {
  assert.equal(await findRun(SERVER, world(json([{ id: "a", name: "a", state: "running" }]))), "a");
});

test("a run that is not there is refused in the server's own words", async () => {
  const answer = json({ error: { code: "no_such_run", message: "There is no run 'digits 1' here." } }, 404);
  await assert.rejects(findRun(RUN, world(answer)), /^Error: There is no run 'digits 1' here\.$/);
});

test("what is no WebNN server is refused at once", async () => {
  for (const answer of [new Response("Not found", { status: 404 }), new Response("<html>")]) {
    const options = world(answer);
    await assert.rejects(findRun(RUN, options), /this is not a WebNN server, or not its address/);
    assert.equal(options.asked.length, 1);
  }
});

test("a certificate that is not trusted is refused at once, with what to do", async () => {
  const untrusted = new TypeError("fetch failed", { cause: { code: "DEPTH_ZERO_SELF_SIGNED_CERT" } });
  await assert.rejects(
    findRun(RUN, world(untrusted)),
    /does not trust the certificate of host:1 .*NODE_EXTRA_CA_CERTS/,
  );
});

test("a server that is not up yet is asked again, ever more rarely", async () => {
  const options = world(refusedConnection, json({}, 503), json({ id: "digits 1" }));
  assert.equal(await findRun(RUN, options), "digits 1");
  assert.deepEqual(options.waits, [1, 2]);
});

test("a server that stays away is given up", async () => {
  await assert.rejects(findRun(RUN, world(refusedConnection)), UnreachableError);
});
