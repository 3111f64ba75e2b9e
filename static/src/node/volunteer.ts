/**
 * A headless volunteer: lends this computer to a run until the run is over.
 *
 *     node volunteer.cjs URL [--run RUN] [--share 0.5] [--name NAME] [--backend wasm|cpu]
 *                            [--encoding auto|f32|f16|int8|int4|int2|topk] [--down auto|f32|f16|int8|grid] [--retry-seconds 600] [--attached] [--wasm FOLDER]
 *
 * The code of a run that asks for one comes in the environment variable WNN_CODE, or in the URL's fragment (#code=CODE).
 * Its events go to standard output, one JSON object a line.
 * `--attached`: leave when standard input ends, that is, when the program that started this one stops or lets go.
 * Exit codes: 0 the run is over or we were asked to leave, 1 something broke (worth another try), 2 it cannot work as
 * asked (no such run, wrong address), 3 the server did not answer for `--retry-seconds`, 130 Ctrl-C.
 */
import os from "node:os";
import { parseArgs } from "node:util";
import { DOWN, UP } from "../shared/encoding.ts";
import { hostPlatform, type SessionEvent, VolunteerSession } from "../worker/session.ts";
import type { Choice, EncodingChoice } from "../worker/wire.ts";
import { parseAddress } from "./address.ts";
import { ExitCode, verdictOf } from "./exit.ts";
import { nodeTrainerFactory } from "./factory.ts";
import { findRun, UnreachableError } from "./lookup.ts";
import { jsonReporter, type Reporter } from "./reporter.ts";
import { keepStdoutClean } from "./stdio.ts";
import { type NodeBackend, wasmFolder } from "./wasm.ts";

const ENCODINGS: readonly EncodingChoice[] = ["auto", ...UP];
const DOWNS: readonly EncodingChoice[] = ["auto", ...DOWN];

interface Options {
  url: string;
  run: string | null;
  share: number;
  name: string;
  backend: NodeBackend;
  encoding: Choice;
  retrySeconds: number;
  attached: boolean;
  wasm: string;
}

function readOptions(args: string[]): Options {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      run: { type: "string" },
      share: { type: "string", default: "1" },
      name: { type: "string", default: os.hostname() },
      backend: { type: "string", default: "wasm" },
      encoding: { type: "string", default: "auto" },
      down: { type: "string" },
      "retry-seconds": { type: "string", default: "600" },
      attached: { type: "boolean", default: false },
      wasm: { type: "string", default: wasmFolder() },
    },
  });
  const [url] = positionals;
  if (url === undefined || positionals.length > 1) throw new Error("Give one URL: the join URL of a run.");
  const share = Number(values.share);
  if (!(share > 0 && share <= 1)) throw new Error(`--share is more than 0 and at most 1, not ${values.share}.`);
  const retrySeconds = Number(values["retry-seconds"]);
  if (!(retrySeconds >= 0)) throw new Error(`--retry-seconds is 0 or more, not ${values["retry-seconds"]}.`);
  const { backend } = values;
  if (backend !== "wasm" && backend !== "cpu") throw new Error(`--backend is wasm or cpu, not ${backend}.`);
  const encoding = ENCODINGS.find((each) => each === values.encoding);
  const down = values.down === undefined ? null : DOWNS.find((each) => each === values.down);
  if (down === undefined) throw new Error(`--down is ${DOWNS.join(" or ")}, not ${values.down}.`);
  if (encoding === undefined) throw new Error(`--encoding is ${ENCODINGS.join(" or ")}, not ${values.encoding}.`);
  return {
    url,
    run: values.run ?? null,
    share,
    name: values.name.slice(0, 120),
    backend,
    encoding: { up: encoding, down },
    retrySeconds,
    attached: values.attached,
    wasm: values.wasm,
  };
}

interface End {
  code: number;
  message: string;
}

/** Trains until the session closes, we are asked to leave, or the server is silent for too long. */
function volunteer(
  options: Options,
  { base, run, bound, code }: { base: string; run: string; bound: boolean; code: string | null },
  report: Reporter,
  leaving: Promise<End>,
): Promise<End> {
  const platform = hostPlatform();
  let resolve!: (end: End) => void;
  const ended = new Promise<End>((settle) => {
    resolve = settle;
  });
  let lostSince: number | null = platform.now();
  const onEvent = (event: SessionEvent): void => {
    report(event);
    if (event.type === "closed") resolve(verdictOf(event.code, event.message));
    if (event.type !== "connection") return;
    lostSince = event.state === "open" ? null : (lostSince ?? platform.now());
    if (event.state === "lost" && lostSince !== null && platform.now() - lostSince > options.retrySeconds) {
      leave({ code: ExitCode.Unreachable, message: `No server answers at ${base}.` });
    }
  };
  const session = new VolunteerSession({
    base,
    run,
    code,
    bound,
    identity: null,
    device: { kind: "worker", name: options.name },
    build: null,
    trainerFactory: nodeTrainerFactory(options.backend, options.wasm),
    platform,
    onEvent,
    share: options.share,
    encoding: options.encoding,
  });
  const leave = (end: End): void => {
    resolve(end); // before the session says "stopped"
    session.stop(end.message);
  };
  void leaving.then(leave);
  session.start();
  return ended;
}

/** Resolves on Ctrl-C, on SIGTERM and, where `attached`, when standard input ends. */
function whenAskedToLeave(attached: boolean): Promise<End> {
  return new Promise((resolve) => {
    const asked = () => resolve({ code: ExitCode.Done, message: "Asked to leave." });
    process.once("SIGINT", () => resolve({ code: ExitCode.Interrupted, message: "Interrupted." }));
    process.once("SIGTERM", asked);
    if (!attached) return;
    process.stdin.once("end", asked);
    process.stdin.once("error", asked);
    process.stdin.resume();
  });
}

/** Finds the run, then volunteers. Throws an error with a sentence where it cannot begin. */
async function work(options: Options, report: Reporter, leaving: Promise<End>): Promise<End> {
  const address = parseAddress(options.url);
  const platform = hostPlatform();
  const run = await findRun(options.run === null ? address : { ...address, run: options.run }, {
    retrySeconds: options.retrySeconds,
    fetch: (url) => platform.fetch(url),
    now: () => platform.now(),
    sleep: (seconds) => new Promise((resolve) => setTimeout(resolve, 1000 * seconds)),
    onRetry: (message, seconds) => report({ type: "worker", state: "retrying", message, seconds }),
  });
  report({ type: "worker", state: "started", base: address.base, run });
  const bound = address.run !== null || options.run !== null;
  const code = process.env.WNN_CODE ?? address.code;
  return volunteer(options, { base: address.base, run, bound, code }, report, leaving);
}

/** Whoever sits at this computer comes first. */
function stepBack(): void {
  try {
    os.setPriority(os.constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Not allowed here; then we compete like any other program.
  }
}

async function main(): Promise<End> {
  const report = jsonReporter((line) => process.stdout.write(line));
  let end: End;
  try {
    const options = readOptions(process.argv.slice(2));
    const leaving = whenAskedToLeave(options.attached);
    end = await Promise.race([leaving, work(options, report, leaving)]);
  } catch (error) {
    const code = error instanceof UnreachableError ? ExitCode.Unreachable : ExitCode.Refused;
    end = { code, message: error instanceof Error ? error.message : String(error) };
  }
  report({ type: "worker", state: "ended", message: end.message, exit_code: end.code });
  return end;
}

const GOODBYE_MILLISECONDS = 500;

keepStdoutClean();
stepBack();
void main().then(({ code }) => {
  process.exitCode = code;
  // The goodbye is on its way; whatever else keeps the loop alive need not.
  setTimeout(() => process.exit(code), GOODBYE_MILLISECONDS);
});
