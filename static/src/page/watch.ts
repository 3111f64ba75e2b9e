/** The watch page: what the server measured, as it measures it, and a look into the network. */
import type { RunStatus, ServerMessage } from "../shared/protocol.ts";
import { deviceName } from "./device.ts";
import { byId, pageSettings, setFields, setText } from "./dom.ts";
import { reloadOnce } from "./reload.ts";
import { statusFields } from "./status.ts";
import { Comparison } from "./watch/compare.ts";
import { Figures } from "./watch/figures.ts";
import { Ownership } from "./watch/own.ts";
import type { Panel } from "./watch/panel.ts";
import { People } from "./watch/people.ts";
import { RunSettings } from "./watch/settings.ts";
import { Tabs } from "./watch/tabs.ts";
import { watchRun } from "./watcher.ts";
import { isOver, stateSentence } from "./words.ts";

const root = byId("watch");
const settings = pageSettings();
const place = { api: `${settings.base}/api/v1/runs/${encodeURIComponent(settings.run)}` };
const figures = new Figures(settings.run);
const people = new People(place);
const ownership = new Ownership(place, (sendAway) => {
  people.sendAway = sendAway;
  people.draw();
});

const runSettings = new RunSettings(
  place,
  (path, method, body) => ownership.ask(path, method, body),
  (changes) => figures.mark(changes),
);

async function openPanel(name: string): Promise<Panel | null> {
  switch (name) {
    case "predictions":
      return (await import("./watch/verdicts.ts")).openVerdicts(place);
    case "network":
      return (await import("./watch/network.ts")).openNetwork(place);
    case "data":
      return (await import("./watch/data.ts")).openData(place);
    case "volunteers":
      return people.panel;
    case "server":
      return (await import("./watch/machine.ts")).openServer(place);
    case "log":
      return (await import("./watch/machine.ts")).openLog(place);
    default:
      return null;
  }
}

function show(status: RunStatus): void {
  setFields(document, statusFields(status));
  byId("left-phrase").hidden = status.seconds_left === null || isOver(status.state);
  root.dataset.version = String(status.version);
  byId<HTMLProgressElement>("progress").value = status.progress;
  showState(status.state, status.reason);
  runSettings.showCount(status.changes);
}

function showState(state: RunStatus["state"], reason: string | null): void {
  root.dataset.state = state;
  setText(byId("state"), stateSentence(state, reason));
  byId("join-link").hidden = isOver(state);
  setText(byId("elapsed-words"), isOver(state) ? "it ran for" : "running for");
  if (root.dataset.connection === "open") showConnection("open", liveWords());
  ownership.showState(state);
}

function receive(message: ServerMessage): void {
  switch (message.type) {
    case "snapshot":
      figures.clear();
      figures.add(message.history.validation, message.history.training);
      show(message.status);
      break;
    case "live":
      figures.add(message.validation, message.training);
      show(message.status);
      break;
    case "state":
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

/** What a good connection means: news while the run goes on, and nothing more once it is over. */
function liveWords(): string {
  const { state = "" } = root.dataset;
  if (isOver(state as RunStatus["state"])) return "Over";
  return state === "running" ? "Live" : "Connected";
}

function showConnection(state: string, words: string): void {
  root.dataset.connection = state;
  setText(byId("connection"), words);
}

new Tabs(openPanel);
new Comparison(settings.base, (curves) => figures.compare(curves)).offer(settings.run).catch(() => {});
watchRun(settings, deviceName(navigator.userAgent), {
  onMessage: receive,
  onConnection(state, seconds) {
    const words = { connecting: "Connecting", open: liveWords(), lost: "Connection lost" };
    const wait = state === "lost" && seconds !== null ? `, next try in ${Math.max(1, Math.round(seconds))} s` : "";
    showConnection(state, words[state] + wait);
  },
  onClosed(code, message) {
    if (code === "build_changed" && reloadOnce(false)) return;
    showConnection("closed", code === "finished" ? "Over" : message || "Not connected");
  },
});
