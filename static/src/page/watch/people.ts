/** The volunteers: what each lends, and what became of it. */
import { byId, setText } from "../dom.ts";
import { count, duration, rate } from "../format.ts";
import { OUTCOME_WORDS } from "../words.ts";
import { cell, type Panel, type PanelPlace, Polling, readJson, rowOf } from "./panel.ts";
import { saveCsv } from "./saving.ts";

interface Row {
  label: string;
  here: boolean;
  device: string;
  kind: string;
  backend: string;
  iterations_per_second: number | null;
  staleness: number | null;
  joined: number;
  iterations: number;
  examples: number;
  outcomes: Record<string, number>;
  standing: string;
}

/** What the owner can do about a volunteer; null for everybody else. */
export type SendAway = (label: string, how: "kick" | "block") => Promise<void>;

const MOST_ROWS = 200;
const OUTCOMES = Object.keys(OUTCOME_WORDS);

export class People {
  sendAway: SendAway | null = null;
  readonly panel: Panel;
  private rows: Row[] = [];

  constructor({ api }: PanelPlace) {
    byId("people-csv").addEventListener("click", () => this.save());
    this.panel = new Polling<{ volunteers: Row[] }>({
      seconds: 3,
      noteId: "people-note",
      leadId: "people-lead",
      load: () => readJson(`${api}/volunteers`),
      use: ({ volunteers }) => {
        this.rows = volunteers;
        this.draw();
      },
    });
  }

  draw(): void {
    const { rows } = this;
    const here = rows.filter((row) => row.here).length;
    setText(
      byId("people-lead"),
      rows.length === 0
        ? "Nobody has come yet. Share the link of the page “Join”."
        : `${count(here)} here now, ${count(rows.length)} in all.`,
    );
    for (const id of ["people-table", "people-csv"]) byId(id).hidden = rows.length === 0;
    byId("people-actions").hidden = this.sendAway === null;
    byId("people").replaceChildren(...rows.slice(0, MOST_ROWS).map((row) => this.line(row)));
  }

  private save(): void {
    const head = [
      "no",
      "device",
      "backend",
      "here",
      "batches_per_second",
      "examples",
      "staleness",
      "standing",
      "joined",
    ];
    const rows = this.rows.map((row) => [
      ...[row.label, row.device || row.kind, row.backend, row.here ? "yes" : "no", row.iterations_per_second],
      ...[row.examples, row.staleness, row.standing, row.joined],
      ...OUTCOMES.map((name) => row.outcomes[name] ?? 0),
    ]);
    saveCsv("volunteers.csv", [[...head, ...OUTCOMES], ...rows]);
  }

  private line(row: Row): HTMLElement {
    const line = rowOf(
      row.label,
      row.device || row.kind,
      row.here ? row.backend || "choosing" : "gone",
      row.iterations_per_second === null ? "–" : `${rate(row.iterations_per_second)}/s`,
      count(row.examples),
      row.staleness === null ? "–" : row.staleness.toFixed(1),
      outcomes(row.outcomes),
      row.standing,
      duration(row.joined),
    );
    line.className = row.here ? "" : "gone";
    if (this.sendAway) line.append(this.actions(row));
    return line;
  }

  private actions({ label, here }: Row): HTMLElement {
    const place = cell("");
    for (const how of ["kick", "block"] as const) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button small";
      button.textContent = how === "kick" ? "Kick" : "Block";
      button.setAttribute("aria-label", `${button.textContent} volunteer ${label}`);
      button.disabled = how === "kick" && !here;
      button.addEventListener("click", () => void this.sendAway?.(label, how));
      place.append(button);
    }
    return place;
  }
}

function outcomes(counts: Record<string, number>): string {
  const names = OUTCOMES.filter((name) => (counts[name] ?? 0) > 0);
  return names.map((name) => `${count(counts[name] ?? 0)} ${name.replace("_", " ")}`).join(", ") || "–";
}
