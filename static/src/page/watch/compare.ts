/** Other runs' curves to lay over this one's: from this server, or from a `metrics.csv`. */
import type { RunStatus, ValidationPoint } from "../../shared/protocol.ts";
import { byId, setText } from "../dom.ts";
import { wordsOf } from "../trouble.ts";
import { readJson } from "./panel.ts";

export interface OtherCurve {
  id: string;
  name: string;
  /** [seconds, iterations, loss, accuracy] */
  points: [number, number, number | null, number | null][];
}

/** So many curves beside one's own can still be told apart. */
export const MOST_CURVES = 4;

/** Offers the server's other runs, and files; `use` gets the curves chosen, in the order of choosing. */
export class Comparison {
  private readonly base: string;
  private readonly use: (curves: readonly OtherCurve[]) => void;
  private readonly list = byId("compare-list");
  private curves: OtherCurve[] = [];

  constructor(base: string, use: (curves: readonly OtherCurve[]) => void) {
    this.base = base;
    this.use = use;
    this.closeByItself();
    const file = byId<HTMLInputElement>("compare-file");
    file.addEventListener("change", () => {
      for (const chosen of file.files ?? []) void this.addFile(chosen);
      file.value = "";
    });
  }

  /** The list closes as menus do: by Escape, and by a press beside it. */
  private closeByItself(): void {
    const menu = byId<HTMLDetailsElement>("compare-menu");
    addEventListener("pointerdown", ({ target }) => {
      if (!menu.contains(target as Node)) menu.open = false;
    });
    menu.addEventListener("keydown", ({ key }) => {
      if (key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary")?.focus();
    });
  }

  async offer(run: string): Promise<void> {
    const others = (await readJson<RunStatus[]>(`${this.base}/api/v1/runs`)).filter(({ id }) => id !== run);
    this.list.replaceChildren(...others.reverse().map(({ id, name }) => this.row(id, name, begunAt(id))));
    byId("compare-none").hidden = others.length > 0;
  }

  private row(id: string, name: string, about: string, chosen = false): HTMLElement {
    const label = document.createElement("label");
    label.className = "check";
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = chosen;
    box.value = id;
    const words = document.createElement("span");
    words.textContent = name;
    const note = document.createElement("span");
    note.className = "note";
    note.textContent = about;
    words.append(" ", note);
    label.append(box, words);
    box.addEventListener("change", () => {
      if (box.checked) void this.addRun(id, name, box);
      else this.drop(id);
    });
    return label;
  }

  private async addRun(id: string, name: string, box: HTMLInputElement): Promise<void> {
    try {
      const url = `${this.base}/api/v1/runs/${encodeURIComponent(id)}/metrics`;
      const { validation } = await readJson<{ validation: ValidationPoint[] }>(url);
      if (!box.checked) return;
      const points = validation.map(([seconds, , iterations, loss, accuracy]): OtherCurve["points"][number] => [
        ...([seconds, iterations] as [number, number]),
        loss,
        accuracy,
      ]);
      if (!this.add({ id, name, points })) box.checked = false;
    } catch (error) {
      box.checked = false;
      this.say(wordsOf(error));
    }
  }

  private async addFile(file: File): Promise<void> {
    const points = parseMetrics(await file.text());
    if (points.length === 0) {
      this.say(`${file.name} has no validations: it is not a run’s metrics.csv.`);
      return;
    }
    const id = `file ${file.name}`;
    this.drop(id);
    if (this.add({ id, name: file.name, points })) this.list.append(this.row(id, file.name, "a file of yours", true));
  }

  /** False where there is no room for one more. */
  private add(curve: OtherCurve): boolean {
    if (this.curves.length >= MOST_CURVES) {
      this.say(`More than ${MOST_CURVES} other runs cannot be told apart. Take one away first.`);
      return false;
    }
    this.change([...this.curves, curve]);
    return true;
  }

  private drop(id: string): void {
    this.change(this.curves.filter((curve) => curve.id !== id));
  }

  private change(curves: OtherCurve[]): void {
    this.curves = curves;
    this.say("");
    setText(byId("compare-count"), curves.length > 0 ? `(${curves.length})` : "");
    this.use(curves);
  }

  private say(words: string): void {
    setText(byId("compare-note"), words);
  }
}

/** When a run began, as its id says: digits-cnn-20260131-184500-1a2b. */
function begunAt(id: string): string {
  const match = /-(\d{4})(\d\d)(\d\d)-(\d\d)(\d\d)\d\d-\w+$/.exec(id);
  return match ? `${match[1]}-${match[2]}-${match[3]} ${match[4]}:${match[5]}` : id;
}

/** The validations in a run's `metrics.csv`. */
export function parseMetrics(text: string): OtherCurve["points"] {
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const columns = head.split(",");
  const at = (name: string) => columns.indexOf(name);
  const number = (cells: string[], name: string) => {
    const value = cells[at(name)] ?? "";
    return value === "" || !Number.isFinite(Number(value)) ? null : Number(value);
  };
  return lines
    .map((line) => line.split(","))
    .filter((cells) => cells[at("kind")] === "validation")
    .map((cells) => [
      number(cells, "seconds") ?? 0,
      number(cells, "iterations") ?? 0,
      number(cells, "loss"),
      number(cells, "accuracy"),
    ]);
}
