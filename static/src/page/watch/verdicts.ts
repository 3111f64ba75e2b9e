/** What the model gets right: per class, by confusion, and its worst mistakes. */
import { byId, setText } from "../dom.ts";
import { count, percent } from "../format.ts";
import { type Sample, shapeOf, showSample } from "../samples.ts";
import { cell, type Panel, type PanelPlace, Polling, readJson, rowOf } from "./panel.ts";
import { saveBars, saveMatrix } from "./pictures.ts";
import { saveCsv } from "./saving.ts";

interface Verdict {
  version: number;
  labels: string[];
  num_examples: number;
  /** How many there are: a large split is sampled evenly. */
  held_out: number;
  accuracy: number;
  confusion: number[][];
  per_class: { right: number; of: number; recall: number | null; precision: number | null }[];
  worst: (Sample & { predicted: string; confidence: number; chance_of_truth: number })[];
}

/** Beyond this many classes the numbers do not fit their cells: colour alone tells. */
const MOST_NUMBERS = 20;

export function openVerdicts({ api }: PanelPlace): Panel {
  let newest: Verdict | null = null;
  let shapes: number[][] | null = null;
  byId("confusion-csv").addEventListener("click", () => {
    if (!newest) return;
    const rows = newest.confusion.map((row, i) => [newest?.labels[i] ?? "", ...row]);
    saveCsv("confusion.csv", [["true / predicted", ...newest.labels], ...rows]);
  });
  byId("confusion-png").addEventListener("click", () => {
    if (newest) saveMatrix("confusion.png", newest.labels, newest.confusion);
  });
  byId("classes-csv").addEventListener("click", () => {
    if (newest) saveCsv("classes.csv", [["class", "right", "of", "recall", "precision"], ...classRows(newest)]);
  });
  byId("classes-png").addEventListener("click", () => {
    if (!newest) return;
    const bars = newest.per_class.map(({ recall }, i) => ({
      label: newest?.labels[i] ?? "",
      value: recall ?? 0,
      words: percent(recall),
    }));
    saveBars("classes.png", bars, 1);
  });
  return new Polling<Verdict>({
    seconds: 6,
    noteId: "verdicts-note",
    leadId: "verdicts-lead",
    async load() {
      shapes ??= (await readJson<{ dataset: { inputs: { shape: number[] }[] } }>(`${api}/model`)).dataset.inputs.map(
        ({ shape }) => shape,
      );
      return readJson(`${api}/predictions`);
    },
    use(verdict) {
      if (newest?.version === verdict.version) return;
      newest = verdict;
      byId("verdicts").hidden = false;
      setText(
        byId("verdicts-lead"),
        `Version ${count(verdict.version)} gets ${percent(verdict.accuracy)} of ${tried(verdict)} held-out examples right.`,
      );
      showConfusion(verdict);
      showClasses(verdict);
      showWorst(verdict, shapes ?? []);
    },
  });
}

function tried({ num_examples, held_out }: Verdict): string {
  if (num_examples === held_out) return `all ${count(held_out)}`;
  return `${count(num_examples)}, drawn evenly from ${count(held_out)},`;
}

function showConfusion({ labels, confusion }: Verdict): void {
  const table = byId("confusion");
  const head = document.createElement("tr");
  head.append(cell("", "td"), ...labels.map((label) => heading(label, "col")));
  const rows = confusion.map((counts, truth) => {
    const row = document.createElement("tr");
    const total = counts.reduce((sum, value) => sum + value, 0);
    row.append(heading(labels[truth] ?? "", "row"));
    for (const [said, times] of counts.entries()) {
      const place = cell(labels.length > MOST_NUMBERS || times === 0 ? "" : String(times));
      place.className = said === truth ? "hit" : "miss";
      // Mistakes are rare: their colour rises faster.
      const share = total > 0 ? times / total : 0;
      place.style.setProperty("--strength", String(said === truth ? share : Math.sqrt(share)));
      place.title = `${labels[truth]} taken for ${labels[said]}: ${times}`;
      row.append(place);
    }
    return row;
  });
  table.replaceChildren(head, ...rows);
}

function heading(text: string, scope: "col" | "row"): HTMLElement {
  const element = cell(text, "th");
  element.setAttribute("scope", scope);
  return element;
}

function classRows({ labels, per_class }: Verdict): (string | number | null)[][] {
  return per_class.map(({ right, of, recall, precision }, i) => [labels[i] ?? "", right, of, recall, precision]);
}

function showClasses({ labels, per_class }: Verdict): void {
  byId("classes").replaceChildren(
    ...per_class.map(({ right, of, recall, precision }, i) => {
      const row = rowOf(labels[i] ?? "", "", percent(recall), percent(precision));
      const bar = document.createElement("progress");
      bar.max = 1;
      bar.value = recall ?? 0;
      const words = `${count(right)} of ${count(of)}`;
      bar.setAttribute("aria-label", `Right of ${labels[i]}: ${words}`);
      bar.title = words;
      row.children[1]?.append(bar);
      return row;
    }),
  );
}

function showWorst({ worst }: Verdict, shapes: number[][]): void {
  const shape = shapeOf(worst, shapes);
  byId("worst").replaceChildren(
    ...worst.map(({ inputs, label, predicted, confidence }) => {
      const tile = document.createElement("li");
      const words = document.createElement("p");
      words.className = "verdict";
      words.textContent = `✗ ${predicted}, is ${label}`;
      const sure = document.createElement("p");
      sure.className = "note";
      sure.textContent = `${percent(confidence)} sure`;
      tile.className = "wrong";
      tile.append(showSample(inputs[0] ?? [], shape, `An example of ${label}`), words, sure);
      return tile;
    }),
  );
  setText(byId("worst-note"), worst.length === 0 ? "It makes no mistake on these examples." : "");
}
