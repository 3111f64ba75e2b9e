/** A part of the watch page behind a tab: it asks the server only while somebody looks at it. */
import { byId, setText } from "../dom.ts";
import { clock } from "../format.ts";
import { wordsOf } from "../trouble.ts";

export interface Panel {
  /** Somebody looks at it now. */
  show(): void;
  hide(): void;
}

/** What every panel needs to know. */
export interface PanelPlace {
  /** The run's address in the API, without a trailing slash. */
  api: string;
}

/** Reads `path` under `place` while the panel is shown, every `seconds`, and hands on what came. */
export class Polling<Data> implements Panel {
  private readonly load: () => Promise<Data>;
  private readonly use: (data: Data) => void;
  private readonly note: HTMLElement | null;
  private readonly lead: HTMLElement | null;
  private loaded = false;
  private readonly seconds: number;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private shown = false;

  /** `seconds` 0: once. `noteId`: the element that says what went wrong; `leadId`: one that says it is being loaded. */
  constructor(options: {
    load(): Promise<Data>;
    use(data: Data): void;
    seconds: number;
    noteId?: string;
    leadId?: string;
  }) {
    this.load = options.load;
    this.use = options.use;
    this.seconds = options.seconds;
    this.note = options.noteId ? byId(options.noteId) : null;
    this.lead = options.leadId ? byId(options.leadId) : null;
    document.addEventListener("visibilitychange", () => this.turn());
  }

  show(): void {
    this.shown = true;
    this.turn();
  }

  hide(): void {
    this.shown = false;
    clearTimeout(this.timer);
  }

  /** Reads again now. */
  turn(): void {
    clearTimeout(this.timer);
    if (!this.shown || document.hidden) return;
    this.load()
      .then((data) => {
        this.use(data);
        this.loaded = true;
        if (this.note) setText(this.note, "");
      })
      .catch((error: unknown) => {
        if (this.note) setText(this.note, wordsOf(error));
        if (this.lead && !this.loaded) setText(this.lead, "");
      })
      .finally(() => {
        clearTimeout(this.timer);
        if (this.shown && this.seconds > 0) this.timer = setTimeout(() => this.turn(), this.seconds * 1000);
      });
  }
}

/** JSON from the server; an error in its own words. */
export async function readJson<Data>(url: string, init?: RequestInit): Promise<Data> {
  const response = await fetch(url, init);
  const body = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
  if (!response.ok) throw new Error(body?.error?.message ?? `The server answered ${response.status}.`);
  return body as Data;
}

/** A line of a log: a moment of the run, and what happened then. */
export function lineOf(seconds: number, sentence: string): HTMLElement {
  const line = document.createElement("li");
  const time = document.createElement("time");
  time.textContent = clock(seconds);
  const words = document.createElement("span");
  words.textContent = sentence;
  line.append(time, words);
  return line;
}

/** A cell of a table. */
export function cell(text: string, kind: "td" | "th" = "td"): HTMLElement {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}

export function rowOf(first: string, ...others: string[]): HTMLElement {
  const row = document.createElement("tr");
  const head = cell(first, "th");
  head.setAttribute("scope", "row");
  row.append(head, ...others.map((text) => cell(text)));
  return row;
}
