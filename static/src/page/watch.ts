/** The watch page: what the server measured, as it measures it. */
import type { RunStatus, ServerMessage, TrainingPoint, ValidationPoint } from "../shared/protocol.ts";
import { accuracyRange, LiveChart, lossRange } from "./chart.ts";
import { deviceName } from "./device.ts";
import { byId, pageSettings, setFields, setText } from "./dom.ts";
import { clock, count, decimal, percent, plain } from "./format.ts";
import { reloadOnce } from "./reload.ts";
import { statusFields } from "./status.ts";
import { Track } from "./track.ts";
import { watchRun } from "./watcher.ts";
import { isOver, stateSentence } from "./words.ts";

const root = byId("watch");
const accuracy = new Track();
const validationLoss = new Track();
const trainingLoss = new Track();
let isClassifier: boolean | null = null;

const accuracyChart = new LiveChart(byId("accuracy-chart"), {
  lines: [{ label: "Accuracy", colour: "--accent", width: 2, track: accuracy }],
  format: percent,
  axisFormat: (value) => `${Math.round(value * 100)} %`,
  range: accuracyRange,
  group: "run",
});

const lossChart = new LiveChart(byId("loss-chart"), {
  lines: [
    { label: "Training", colour: "--faint", width: 1, track: trainingLoss },
    { label: "Held-out", colour: "--accent", width: 2, track: validationLoss },
  ],
  format: decimal,
  axisFormat: plain,
  range: lossRange,
  group: "run",
});

function addPoints(validation: ValidationPoint[], training: TrainingPoint[]): void {
  for (const [seconds, , , loss, value] of validation) {
    validationLoss.add(seconds, loss);
    accuracy.add(seconds, value);
    isClassifier = value !== null;
  }
  for (const [seconds, , loss] of training) trainingLoss.add(seconds, loss);
  const last = validation.at(-1);
  if (last) describe(last);
  byId("accuracy-figure").hidden = isClassifier === false;
  if (isClassifier !== false) accuracyChart.draw();
  lossChart.draw();
}

/** The charts in words, for those who do not see them. */
function describe([seconds, version, , loss, value]: ValidationPoint): void {
  const where = `at ${clock(seconds)}, version ${count(version)}`;
  byId("loss-chart").setAttribute("aria-label", `Loss over time. Last on held-out data: ${decimal(loss)} ${where}.`);
  if (value === null) return;
  byId("accuracy-chart").setAttribute("aria-label", `Accuracy over time. Last: ${percent(value)} ${where}.`);
}

function show(status: RunStatus): void {
  setFields(document, statusFields(status));
  byId("left-phrase").hidden = status.seconds_left === null;
  root.dataset.state = status.state;
  root.dataset.version = String(status.version);
  byId<HTMLProgressElement>("progress").value = status.progress;
  showState(status.state, status.reason);
}

function showState(state: RunStatus["state"], reason: string | null): void {
  setText(byId("state"), stateSentence(state, reason));
  byId("join-link").hidden = isOver(state);
}

function receive(message: ServerMessage): void {
  switch (message.type) {
    case "snapshot":
      for (const track of [accuracy, validationLoss, trainingLoss]) track.clear();
      addPoints(message.history.validation, message.history.training);
      show(message.status);
      break;
    case "live":
      addPoints(message.validation, message.training);
      show(message.status);
      break;
    case "state":
      root.dataset.state = message.state;
      showState(message.state, message.reason);
      break;
    case "welcome":
    case "lease":
    case "wait":
    case "outcome":
    case "version":
    case "goodbye":
      break;
    default:
      message satisfies never;
  }
}

function showConnection(state: string, words: string): void {
  root.dataset.connection = state;
  setText(byId("connection"), words);
}

watchRun(pageSettings(), deviceName(navigator.userAgent), {
  onMessage: receive,
  onConnection(state, seconds) {
    const words = { connecting: "Connecting", open: "Live", lost: "Connection lost" };
    const wait = state === "lost" && seconds !== null ? `, next try in ${Math.max(1, Math.round(seconds))} s` : "";
    showConnection(state, words[state] + wait);
  },
  onClosed(code, message) {
    if (code === "build_changed" && reloadOnce(false)) return;
    showConnection("closed", code === "finished" ? "The run is over" : message || "Not connected");
  },
});
