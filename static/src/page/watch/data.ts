/** The dataset: some examples, how many there are, and how its labels are spread. */
import { byId, setText } from "../dom.ts";
import { count } from "../format.ts";
import { type Samples, shapeOf, showSample } from "../samples.ts";
import { type Panel, type PanelPlace, Polling, readJson } from "./panel.ts";
import { type Bar, saveBars } from "./pictures.ts";
import { saveCsv } from "./saving.ts";

interface Described {
  samples: Samples;
  dataset: { name: string; inputs: { shape: number[] }[]; licence: string; source: string };
}

let bars: Bar[] = [];

export function openData({ api }: PanelPlace): Panel {
  byId("labels-png").addEventListener("click", () =>
    saveBars("labels.png", bars, Math.max(1, ...bars.map(({ value }) => value))),
  );
  byId("labels-csv").addEventListener("click", () =>
    saveCsv("labels.csv", [["class", "examples"], ...bars.map(({ label, value }) => [label, value])]),
  );
  return new Polling<Described>({
    seconds: 0,
    noteId: "data-note",
    leadId: "data-lead",
    async load() {
      const [samples, { dataset }] = await Promise.all([
        readJson<Samples>(`${api}/samples`),
        readJson<{ dataset: Described["dataset"] }>(`${api}/model`),
      ]);
      return { samples, dataset };
    },
    use({ samples, dataset }) {
      const sizes = Object.entries(samples.num_examples).map(
        ([name, size]) => `${count(size)} for ${PURPOSES[name] ?? name}`,
      );
      const shapes = dataset.inputs.map(({ shape }) => shape);
      const size = shapes.map((shape) => shape.join(" × ")).join(" and ");
      setText(byId("data-lead"), `${dataset.name}: ${sizes.join(", ")}. Each example is ${size} numbers.`);
      setText(byId("data-source"), `${dataset.source}. Licence: ${dataset.licence}.`);
      const shape = shapeOf(samples.examples, shapes);
      byId("data-samples").replaceChildren(
        ...samples.examples.map(({ inputs, label }) => {
          const tile = document.createElement("li");
          const words = document.createElement("p");
          words.className = "verdict";
          words.textContent = label;
          tile.append(showSample(inputs[0] ?? [], shape, `An example of ${label}`), words);
          return tile;
        }),
      );
      showCounts(samples);
    },
  });
}

const PURPOSES: Readonly<Record<string, string>> = {
  train: "training",
  validation: "validation",
  test: "the closing test",
};

function showCounts({ label_counts: counts }: Samples): void {
  byId("labels-card").hidden = counts === null;
  if (!counts) return;
  const train = (counts.train ?? []) as number[];
  const most = Math.max(1, ...train);
  bars = counts.labels.map((label, i) => ({ label, value: train[i] ?? 0, words: count(train[i] ?? 0) }));
  byId("labels").replaceChildren(
    ...bars.map(({ label, value, words }) => {
      const row = document.createElement("li");
      const name = document.createElement("span");
      name.textContent = label;
      const bar = document.createElement("progress");
      bar.max = most;
      bar.value = value;
      bar.setAttribute("aria-label", `Examples of ${label}`);
      const number = document.createElement("span");
      number.textContent = words;
      row.append(name, bar, number);
      return row;
    }),
  );
}
