/** What the join page shows: one method for each thing that happens. */

import type { RunStatus, ValidationPoint } from "../shared/protocol.ts";
import type { Activity } from "../worker/events.ts";
import type { WorkerMessage } from "../worker/messages.ts";
import { accuracyRange, LiveChart, lossRange } from "./chart.ts";
import { deviceName } from "./device.ts";
import { byId, pageSettings, setFields, setText } from "./dom.ts";
import { count, decimal, pace, percent, plain } from "./format.ts";
import type { Ledger } from "./ledger.ts";
import { marksOn } from "./marks.ts";
import { queueSentence } from "./queued.ts";
import { Track } from "./track.ts";
import { Waits } from "./waits.ts";
import { BACKEND_WORDS, OUTCOME_WORDS, stateSentence } from "./words.ts";

/** What the headline says; training, sending and fetching are one thing to a person. */
const HEADLINES: Readonly<Record<Activity, string>> = {
  connecting: "Connecting",
  preparing: "Getting ready",
  training: "Training",
  exchanging: "Training",
  waiting: "Waiting for work",
  paused: "Paused",
  stopped: "Stopped",
};

const DETAILS: Readonly<Partial<Record<Activity, string>>> = {
  preparing: "Loading the network and its data, and finding the fastest way to compute here.",
  exchanging: "Sending what was learned.",
  paused: "Nothing is computed until you resume.",
};

/** What a piece of work takes where nobody says. */
const USUAL_SECONDS = 3;
const WAIT_MILLISECONDS = 1000;

/** What tests read stands on the page's own element, in `data-` attributes. */
export class JoinView {
  private readonly root = byId("join");
  private readonly progress = byId<HTMLProgressElement>("lease-progress");
  private readonly accuracy = new Track();
  private readonly loss = new Track();
  private readonly own = new Track();
  private readonly ledger: Ledger;
  private clock: { seconds: number; at: number } | null = null;
  private heldBy: string | null = null;
  private chart: LiveChart | null = null;
  private isPaused = false;
  private hasTrained = false;
  private closedBy: string | null = null;
  private readonly waits: Waits;
  private retrySeconds: number | null = null;
  private waitTimer: ReturnType<typeof setInterval> | undefined;

  constructor(ledger: Ledger) {
    this.ledger = ledger;
    this.waits = new Waits(Number(this.root.dataset.leaseSeconds) || USUAL_SECONDS);
    this.showLedger();
  }

  get paused(): boolean {
    return this.isPaused;
  }

  started(): void {
    this.ledger.begin();
    this.closedBy = null;
    delete this.root.dataset.closed;
    this.hasTrained = false;
    this.phase("active");
    // Who asks was read before; what comes of it has the room now.
    document.getElementById("ask")?.removeAttribute("open");
    this.headline("Connecting", "Looking for the server.");
    this.showPaused(false);
    byId("pause").focus({ preventScroll: true });
  }

  take(message: WorkerMessage): void {
    if (this.ledger.take(message)) this.showLedger();
    switch (message.type) {
      case "connection":
        this.connection(message.state, message.seconds);
        break;
      case "backend":
        this.root.dataset.backend = message.name;
        this.field("backend", backendWords(message.name, message.seconds_per_iteration));
        this.field("backend-why", message.reason);
        showIfThere("backend-why");
        break;
      case "activity":
        this.activity(message.activity);
        break;
      case "lease":
        this.progress.max = message.iterations;
        this.progress.value = 0;
        this.detail(
          `${several(message.iterations, "batch", "batches")}, ${several(message.num_examples, "example", "examples")}.`,
        );
        break;
      case "step":
        this.progress.value = message.done;
        this.step(message);
        break;
      case "trained":
        this.root.dataset.tensorsBefore = String(message.tensors_before);
        this.root.dataset.tensorsAfter = String(message.tensors_after);
        break;
      case "outcome":
        this.outcome(message);
        break;
      case "waiting":
        this.waits.begin(message.reason, seconds());
        this.showWait();
        break;
      case "live":
        this.live(message.status, message.validation, message.whole);
        break;
      case "state":
        this.field("run-state", stateSentence(message.state, message.reason));
        break;
      case "error":
        if (message.code === "queued") void this.queued();
        else this.note(`${sentence(message.message)} Trying again.`);
        break;
      case "moved":
        this.note("Another run needs this device more: on to it.");
        break;
      case "closed":
        this.closed(message.code, message.message);
        break;
      case "welcome":
      case "identity":
      case "traffic":
      case "reload":
        break;
      default:
        message satisfies never;
    }
  }

  showPaused(paused: boolean): void {
    this.isPaused = paused;
    setText(byId("pause"), paused ? "Resume" : "Pause");
    if (paused) this.headline("Pausing", "Finishing the step at hand.");
  }

  /** The work rests for a reason of the volunteer's own making; null: for none. */
  showHeld(reason: string | null): void {
    if (reason === this.heldBy) return;
    this.heldBy = reason;
    this.root.dataset.held = reason === null ? "" : "yes";
    if (this.root.dataset.phase === "active") this.activity((this.root.dataset.activity ?? "connecting") as Activity);
  }

  showOldBuild(): void {
    this.closed("build_changed", "The server was upgraded. Load this page again to go on.");
  }

  failed(message: string): void {
    this.closed("failed", message);
  }

  /** The curve so far, for those who have not joined yet; a page without it still works. */
  loadHistory(url: string): void {
    fetch(url)
      .then((response) => (response.ok ? response.json() : null))
      .then((history: { validation?: ValidationPoint[] } | null) => {
        if (history?.validation && this.accuracy.x.length === 0) this.addPoints(history.validation, true);
      })
      .catch(() => {});
  }

  private phase(phase: "idle" | "active" | "over"): void {
    this.root.dataset.phase = phase;
    byId("start").hidden = phase === "active";
    byId("controls").hidden = phase !== "active";
  }

  /** What the work at hand is; why it rests is more than that. */
  private detail(words: string): void {
    if (this.heldBy === null) this.field("detail", words);
  }

  private headline(words: string, detail: string | null): void {
    this.field("headline", words);
    if (detail !== null) this.field("detail", detail);
  }

  private activity(activity: Activity): void {
    this.root.dataset.activity = activity;
    if (activity !== "waiting") this.endWait();
    if (activity === "stopped") return;
    if (activity === "training") this.hasTrained = true;
    if (this.heldBy !== null && !this.isPaused) {
      this.headline("Resting", this.heldBy);
      if (activity === "paused") this.progress.value = 0;
      return;
    }
    if (activity === "connecting" && this.root.dataset.connection === "lost") {
      this.showLost();
      return;
    }
    const smooth = this.hasTrained && activity === "preparing";
    this.headline(
      smooth ? "Training" : HEADLINES[activity],
      smooth ? "Fetching the next piece." : (DETAILS[activity] ?? null),
    );
    if (activity === "waiting") this.showWait();
    if (activity === "paused" || activity === "waiting") this.progress.value = 0;
  }

  /** Why one waits, said anew each second while it lasts. */
  private showWait(): void {
    if (!this.waits.waiting) return;
    this.detail(this.waits.sentence(seconds()));
    this.waitTimer ??= setInterval(() => this.showWait(), WAIT_MILLISECONDS);
  }

  private endWait(): void {
    this.waits.end(seconds());
    clearInterval(this.waitTimer);
    this.waitTimer = undefined;
  }

  /** The run has not begun: the server says so, and hangs up until one asks again. */
  private async queued(): Promise<void> {
    this.root.dataset.connection = "queued";
    this.field("connection", "In the queue");
    const { base, run } = pageSettings();
    const words = await queueSentence(`${base}/api/v1/runs`, run);
    if (this.root.dataset.phase === "active" && this.root.dataset.connection === "queued") {
      this.headline("Waiting for its turn", words);
    }
  }

  private step({ done, iterations, loss, accuracy }: Extract<WorkerMessage, { type: "step" }>): void {
    const parts = [`Batch ${count(done)} of ${count(iterations)}`];
    if (loss !== null) parts.push(`loss ${decimal(loss)}`);
    if (accuracy !== null) parts.push(`${percent(accuracy)} right`);
    this.detail(`${parts.join(", ")}.`);
  }

  private outcome({ outcome, detail }: Extract<WorkerMessage, { type: "outcome" }>): void {
    const words = OUTCOME_WORDS[outcome];
    if (words === null) this.counted();
    // Only a refusal has something to say that the word for it does not.
    else this.note(sentence(`A piece of work did not count: ${(outcome === "invalid" && detail) || words}`));
  }

  private counted(): void {
    this.note("Your last piece of work has counted. Thank you.");
    if (!this.clock) return;
    this.ledger.mark(this.clock.seconds + (Date.now() - this.clock.at) / 1000);
    this.showMarks();
  }

  private connection(state: "connecting" | "open" | "lost", seconds: number | null): void {
    // Whoever waits in the queue asks again and again: that is no trouble of the connection.
    if (state !== "open" && this.root.dataset.connection === "queued") return;
    if (state !== "open") this.endWait();
    this.root.dataset.connection = state;
    const words = { connecting: "Connecting", open: "Connected", lost: "Connection lost" };
    this.field("connection", words[state]);
    if (state === "lost") this.retrySeconds = seconds;
    if (this.root.dataset.phase === "active") this.activity((this.root.dataset.activity ?? "connecting") as Activity);
  }

  private showLost(): void {
    const next = this.retrySeconds === null ? "" : ` Next try in ${Math.max(1, Math.round(this.retrySeconds))} s.`;
    this.field("connection", "Not connected");
    this.headline(
      "Connection lost",
      `The network or the server is away. What you did is kept until it is back.${next}`,
    );
  }

  private live(status: RunStatus, validation: ValidationPoint[], whole: boolean): void {
    this.clock = { seconds: status.seconds, at: Date.now() };
    this.addPoints(validation, whole);
    this.field("run-state", stateSentence(status.state, status.reason));
    setFields(document, {
      accuracy: status.accuracy === null && status.loss !== null ? decimal(status.loss) : percent(status.accuracy),
      volunteers: count(status.volunteers),
      version: count(status.version),
    });
  }

  private addPoints(points: ValidationPoint[], whole: boolean): void {
    if (whole) {
      this.accuracy.clear();
      this.loss.clear();
    }
    for (const [seconds, , , loss, accuracy] of points) {
      this.accuracy.add(seconds, accuracy);
      this.loss.add(seconds, loss);
    }
    if (points.length > 0) this.drawCurve(points.at(-1)?.[4] !== null);
    this.showMarks();
  }

  private showMarks(): void {
    if (!this.chart) return;
    marksOn(this.own, this.ledger.marks, this.root.dataset.measure === "loss" ? this.loss : this.accuracy);
    byId("own-note").hidden = this.own.x.length === 0;
    this.chart.draw();
  }

  private drawCurve(isClassifier: boolean): void {
    this.root.dataset.measure = isClassifier ? "accuracy" : "loss";
    this.chart ??= new LiveChart(byId("curve"), {
      lines: [
        { label: "", colour: "--accent", width: 2, track: isClassifier ? this.accuracy : this.loss, filled: true },
        { label: "", colour: "--own", width: 0, track: this.own, dots: true },
      ],
      format: isClassifier ? percent : decimal,
      axisFormat: isClassifier ? (value) => `${plain(value * 100)} %` : plain,
      range: isClassifier ? accuracyRange : lossRange,
      quiet: true,
    });
    this.chart.draw();
  }

  private showLedger(): void {
    const { ledger, root } = this;
    setFields(root, ledger.fields());
    root.dataset.leases = String(ledger.leases);
    root.dataset.merged = String(ledger.merged);
    root.dataset.leakedTensors = String(ledger.leaked);
  }

  private closed(code: string, message: string): void {
    if (this.closedBy !== null) return;
    this.closedBy = code;
    this.root.dataset.closed = code;
    this.root.dataset.connection = "closed";
    this.progress.value = 0;
    this.phase("over");
    const start = byId("start");
    setText(start, "Start again");
    switch (code) {
      case "finished":
        this.headline("The run is over", `${message || "It has finished."} Thank you for your help.`);
        start.hidden = true;
        this.root.dataset.over = "";
        showIfThere("result");
        break;
      case "stopped":
        this.headline("Stopped", "You have left the run. Thank you for your help.");
        break;
      case "code_needed":
        this.headline("Not joined", "This run is for those who have a code: enter it, and start again.");
        break;
      default:
        this.headline("Stopped", message || "The server ended the connection.");
    }
    this.field("connection", "Not connected");
    this.note("–");
    start.focus({ preventScroll: true });
  }

  private note(text: string): void {
    this.field("note", text);
  }

  private field(name: string, text: string): void {
    setFields(this.root, { [name]: text });
  }
}

/** Shows what only some of the pages have. */
function showIfThere(id: string): void {
  const element = document.getElementById(id);
  if (element) element.hidden = false;
}

/** With the full stop that it may lack. */
function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function backendWords(name: string, seconds: number | null): string {
  const words = `${deviceName(navigator.userAgent)}: ${BACKEND_WORDS[name] ?? name}`;
  return seconds === null ? words : `${words}, ${pace(seconds)} a batch`;
}

function several(number: number, one: string, more: string): string {
  return `${count(number)} ${number === 1 ? one : more}`;
}

function seconds(): number {
  return performance.now() / 1000;
}
