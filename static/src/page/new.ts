/** A new run: what to train, with which settings; then its output, in front of one's eyes. */

import type { RunStatus } from "../shared/protocol.ts";
import { byId, pageSettings, setText } from "./dom.ts";
import { Choices, type Known } from "./new/choices.ts";
import { Output } from "./new/output.ts";
import { askAsOwner, forgetToken, keepToken, keptToken } from "./owner.ts";
import { wordsOf } from "./trouble.ts";
import { readJson } from "./watch/panel.ts";

type State = "token" | "loading" | "empty" | "offline" | "ready" | "hosting" | "over";

const LEADS: Record<State, string> = {
  token: "Only the owner of this server begins runs on it.",
  loading: "Loading what this server has.",
  empty: "This server has no model to train. Put one in its models folder.",
  offline: "What this server has could not be loaded.",
  ready: "Choose what to train, and host it.",
  hosting: "It is being hosted. Others can join it.",
  over: "It is over. Another one can be hosted.",
};

const settings = pageSettings();
const api = `${settings.base}/api/v1`;
const choices = new Choices();
const output = new Output(settings, (status) => showRun(status));
let token = "";

function show(state: State, note = ""): void {
  for (const id of ["new", "hosting"]) byId(id).dataset.state = state;
  setText(byId("new-lead"), LEADS[state]);
  setText(byId("new-note"), note);
  byId("token-form").hidden = state !== "token";
  byId("hosting").hidden = !["ready", "hosting", "over"].includes(state);
  byId("again-part").hidden = state !== "offline" && state !== "empty";
  byId<HTMLButtonElement>("new-host").disabled = state !== "ready" && state !== "over";
  byId<HTMLButtonElement>("new-stop").disabled = state !== "hosting";
}

function showRun(status: RunStatus): void {
  const over = ["finished", "stopped", "failed"].includes(status.state);
  show(over ? "over" : "hosting");
}

async function enter(given: string): Promise<void> {
  show("loading");
  try {
    await askAsOwner(`${api}/owner`, given);
  } catch (error) {
    forgetToken();
    show("token", wordsOf(error));
    return;
  }
  token = given;
  keepToken(given);
  await load();
}

async function load(): Promise<void> {
  try {
    const [models, datasets, schema] = await Promise.all(
      ["models", "datasets", "schema/model.json"].map((path) => readJson<never>(`${api}/${path}`)),
    );
    const known = { models, datasets, schema } as unknown as Known;
    if (known.models.length === 0) {
      show("empty");
      return;
    }
    choices.offer(known);
    show("ready");
  } catch (error) {
    show("offline", wordsOf(error));
  }
}

async function host(): Promise<void> {
  byId<HTMLButtonElement>("new-host").disabled = true;
  try {
    output.say("Preparing the run.");
    output.follow(await askAsOwner<RunStatus>(`${api}/runs`, token, "POST", choices.request()));
  } catch (error) {
    output.say("Nothing runs from here yet.");
    show("ready", wordsOf(error));
  }
}

async function stop(): Promise<void> {
  try {
    await askAsOwner(`${api}/runs/${encodeURIComponent(output.run)}/stop`, token, "POST");
  } catch (error) {
    setText(byId("new-note"), wordsOf(error));
  }
}

byId("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void enter(byId<HTMLInputElement>("token").value.trim());
});
byId("again").addEventListener("click", () => {
  show("loading");
  void load();
});
byId("new-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void host();
});
byId("new-stop").addEventListener("click", () => void stop());

const kept = keptToken();
if (kept) void enter(kept);
else show("token");
