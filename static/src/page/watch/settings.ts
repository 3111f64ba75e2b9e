/** The settings of a run that goes on, and its notes: everyone sees how they changed, the owner changes them. */
import { Dial, fillSelect } from "../dial.ts";
import { byId, setText } from "../dom.ts";
import { wordsOf } from "../trouble.ts";
import { lineOf, type PanelPlace, readJson } from "./panel.ts";

type Stop = Record<string, number | null>;

interface Settings {
  learningRate: number;
  schedule: string;
  batchSize: number;
  leaseSeconds: number;
  stop: Stop;
  validation: { everySeconds: number };
  merge: Record<string, Record<string, unknown>>;
}

export interface Change {
  seconds: number;
  words: string;
}

interface Answer {
  settings: Settings;
  changes: Change[];
  rules: string[];
}

/** Asks as the owner; what it returns is shown, and so is what goes wrong. */
export type AskOwner = (path: string, method: "POST" | "PUT", body: unknown) => Promise<unknown>;

const NUMBERS = ["learningRate", "batchSize", "leaseSeconds"] as const;
const CONDITIONS = ["accuracy", "loss", "seconds", "epochs", "iterations"] as const;

export class RunSettings {
  private readonly api: string;
  private readonly ask: AskOwner;
  private readonly onChanges: (changes: Change[]) => void;
  private readonly numbers = NUMBERS.map((name) => ({ name, dial: new Dial(`set-${name}`) }));
  private readonly every = new Dial("set-everySeconds");
  private readonly stops = CONDITIONS.map((name) => ({ name, dial: new Dial(`set-stop-${name}`) }));
  private known = -1;
  private rule = "";

  /** `onChanges` gets how the settings changed, to be marked in the charts. */
  constructor({ api }: PanelPlace, ask: AskOwner, onChanges: (changes: Change[]) => void) {
    this.api = api;
    this.ask = ask;
    this.onChanges = onChanges;
    byId<HTMLFormElement>("settings-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.send();
    });
    byId<HTMLFormElement>("notes-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.keepNotes();
    });
    byId<HTMLTextAreaElement>("notes-text").value = byId("notes").textContent ?? "";
  }

  /** The run's settings have changed so often. */
  showCount(changes: number): void {
    if (changes === this.known) return;
    this.known = changes;
    this.read().catch(() => {
      this.known = -1; // with the next status
    });
  }

  private async read(): Promise<void> {
    const { settings, changes, rules } = await readJson<Answer>(`${this.api}/settings`);
    for (const { name, dial } of this.numbers) dial.begin(settings[name]);
    for (const { name, dial } of this.stops) dial.begin(settings.stop[name] ?? null);
    this.every.begin(settings.validation.everySeconds);
    this.rule = Object.keys(settings.merge)[0] ?? "";
    fillSelect("set-merge", rules, this.rule);
    setText(byId("set-schedule"), settings.schedule);
    byId("changes").replaceChildren(...changes.map(({ seconds, words }) => lineOf(seconds, words)).reverse());
    byId("changes-part").hidden = changes.length === 0;
    this.onChanges(changes);
  }

  private async send(): Promise<void> {
    const body: Record<string, unknown> = {};
    for (const { name, dial } of this.numbers) if (dial.changed) body[name] = dial.value;
    const stop: Stop = {};
    for (const { name, dial } of this.stops) if (dial.changed) stop[name] = dial.value;
    if (Object.keys(stop).length > 0) body.stop = stop;
    if (this.every.changed) body.validation = { everySeconds: this.every.value };
    const rule = byId<HTMLSelectElement>("set-merge").value;
    if (rule !== this.rule) body.merge = rule;
    if (Object.keys(body).length === 0) {
      this.say("Nothing is different yet.");
      return;
    }
    try {
      await this.ask("settings", "POST", body);
      await this.read();
      this.say("Changed, for the work handed out from now on.");
    } catch (error) {
      this.say(wordsOf(error));
    }
  }

  private async keepNotes(): Promise<void> {
    try {
      const text = byId<HTMLTextAreaElement>("notes-text").value;
      await this.ask("notes", "PUT", { text });
      this.showNotes(text);
      setText(byId("notes-note"), "Kept. Everyone who watches can read them.");
    } catch (error) {
      setText(byId("notes-note"), wordsOf(error));
    }
  }

  private showNotes(text: string): void {
    setText(byId("notes"), text.trim());
    byId("notes-part").hidden = text.trim() === "";
  }

  private say(message: string): void {
    setText(byId("settings-note"), message);
  }
}
