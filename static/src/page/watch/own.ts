/** The owner's controls: shown to whoever has the token, which stays in this tab. */
import type { RunState } from "../../shared/protocol.ts";
import { byId, setText } from "../dom.ts";
import { count } from "../format.ts";
import { askAsOwner, forgetToken, keepToken, keptToken, type Method, ownerHeaders } from "../owner.ts";
import { wordsOf } from "../trouble.ts";
import { isOver } from "../words.ts";
import type { PanelPlace } from "./panel.ts";
import type { SendAway } from "./people.ts";
import { saveBlob } from "./saving.ts";

interface Rights {
  downloads: { name: string; title: string }[];
}

export class Ownership {
  private readonly api: string;
  private readonly onChange: (sendAway: SendAway | null) => void;
  private token: string | null = null;
  private state: RunState = "created";

  /** `onChange` gets what the owner can do about volunteers, or null when the token is forgotten. */
  constructor({ api }: PanelPlace, onChange: (sendAway: SendAway | null) => void) {
    this.api = api;
    this.onChange = onChange;
    byId<HTMLFormElement>("own-form").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.enter(byId<HTMLInputElement>("own-token").value.trim());
    });
    byId("own-forget").addEventListener("click", () => this.forget(""));
    for (const verb of ["pause", "resume"] as const) {
      byId(`own-${verb}`).addEventListener("click", () => void this.control(verb));
    }
    const confirm = byId<HTMLDialogElement>("own-stop-dialog");
    byId("own-stop").addEventListener("click", () => confirm.showModal());
    confirm.addEventListener("close", () => {
      if (confirm.returnValue === "stop") void this.control("stop");
      confirm.returnValue = "";
    });
    byId("own-save").addEventListener("click", () => void this.save());
    byId("own-best").addEventListener("click", () => void this.rollBack("best"));
    byId<HTMLFormElement>("own-back").addEventListener("submit", (event) => {
      event.preventDefault();
      void this.rollBack(Number(byId<HTMLInputElement>("own-version").value));
    });
    const kept = keptToken();
    if (kept) void this.enter(kept);
  }

  showState(state: RunState): void {
    this.state = state;
    byId<HTMLButtonElement>("own-pause").disabled = state !== "running";
    byId<HTMLButtonElement>("own-resume").disabled = state !== "paused";
    for (const id of ["own-stop", "own-save", "own-best", "own-go-back", "settings-send"]) {
      byId<HTMLButtonElement>(id).disabled = isOver(state);
    }
  }

  private async enter(token: string): Promise<void> {
    if (!token) return;
    try {
      this.token = token;
      const rights = await this.ask<Rights>("owner");
      keepToken(token);
      this.showRights(rights);
      this.say("");
      this.onChange((label, how) => this.sendAway(label, how));
    } catch (error) {
      this.forget(wordsOf(error));
    }
  }

  private forget(message: string): void {
    this.token = null;
    forgetToken();
    byId("own-form").hidden = false;
    byId("own-controls").hidden = true;
    byId<HTMLInputElement>("own-token").value = "";
    this.say(message);
    this.onChange(null);
  }

  private showRights({ downloads }: Rights): void {
    byId("own-form").hidden = true;
    byId("own-controls").hidden = false;
    this.showState(this.state);
    byId("own-downloads").replaceChildren(
      ...downloads.map(({ name, title }) => {
        const item = document.createElement("li");
        const words = document.createElement("span");
        words.textContent = title;
        const button = document.createElement("button");
        button.type = "button";
        button.className = "button small";
        button.textContent = name;
        button.setAttribute("aria-label", `Download ${name}: ${title}`);
        button.addEventListener("click", () => void this.download(name));
        item.append(words, button);
        return item;
      }),
    );
  }

  private async control(verb: "pause" | "resume" | "stop"): Promise<void> {
    await this.attempt(async () => {
      const status = await this.ask<{ state: RunState }>(verb, "POST");
      this.showState(status.state);
    });
  }

  private async save(): Promise<void> {
    await this.attempt(async () => {
      const { folder } = await this.ask<{ folder: string }>("save", "POST");
      return `Saved in ${folder}.`;
    });
  }

  /** To a version that the server still has, or to the best: what was merged since is undone. */
  private async rollBack(to: number | "best"): Promise<void> {
    await this.attempt(async () => {
      const { returned_to } = await this.ask<{ returned_to: number }>("rollback", "POST", { to });
      return `The run went back to version ${count(returned_to)}.`;
    });
  }

  private async download(name: string): Promise<void> {
    await this.attempt(async () => {
      const response = await fetch(`${this.api}/download/${name}`, {
        headers: ownerHeaders(this.token ?? ""),
      });
      if (!response.ok) throw new Error(`The server answered ${response.status}.`);
      const named = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
      saveBlob(named?.[1] ?? name, await response.blob());
    });
  }

  private async sendAway(label: string, how: "kick" | "block"): Promise<void> {
    await this.attempt(async () => {
      await this.ask(`volunteers/${label.replace("#", "")}/${how}`, "POST");
    });
  }

  /** Does `work` and says what it returns, where that is a sentence, or what went wrong. */
  private async attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      const done = await work();
      this.say(typeof done === "string" ? done : "");
    } catch (error) {
      this.say(wordsOf(error));
    }
  }

  /** Asks something of this run; for others of this page too. */
  ask<Answer>(path: string, method: Method = "GET", body?: unknown): Promise<Answer> {
    return askAsOwner(`${this.api}/${path}`, this.token ?? "", method, body);
  }

  private say(message: string): void {
    setText(byId("own-note"), message);
  }
}
