/** The network drawn as a graph, and how its weights are spread over time. */
import { byId, setText } from "../dom.ts";
import { clock, count, decimal } from "../format.ts";
import { type Layer, type Place, placeLayers, shapeWords } from "./layout.ts";
import { type Panel, type PanelPlace, Polling, readJson } from "./panel.ts";
import { saveDrawing } from "./pictures.ts";
import { letSave, saveCanvas, saveCsv } from "./saving.ts";

const BOX = { width: 210, height: 58, gapX: 28, gapY: 26 };
const SVG = "http://www.w3.org/2000/svg";

interface Spread {
  low: number;
  high: number;
  mean: number;
  deviation: number;
  counts: number[];
}

interface Histograms {
  names: string[];
  bins: number;
  moments: { seconds: number; version: number; weights: Spread[]; updates: Spread[] | null }[];
}

export function openNetwork({ api }: PanelPlace): Panel {
  let layers: Layer[] = [];
  const graph = new Polling<{ layers: Layer[] }>({
    seconds: 0,
    noteId: "network-note",
    leadId: "network-lead",
    load: () => readJson(`${api}/network`),
    use(network) {
      layers = network.layers;
      draw(layers);
      letSave("graph-png", "graph-csv");
    },
  });
  byId("graph-png").addEventListener("click", () => {
    const drawing = byId("graph").querySelector("svg");
    if (drawing) void saveDrawing("network.png", drawing);
  });
  byId("graph-csv").addEventListener("click", () => {
    const rows = layers.map((layer) => [
      ...[layer.name, layer.class, shapeWords(layer.output_shape), layer.parameters],
      layer.inputs.join(" "),
    ]);
    saveCsv("network.csv", [["name", "class", "output", "weights", "inputs"], ...rows]);
  });
  const spreads = new Spreads(api);
  return {
    show() {
      graph.show();
      spreads.panel.show();
    },
    hide() {
      graph.hide();
      spreads.panel.hide();
    },
  };
}

function draw(layers: Layer[]): void {
  const places = placeLayers(layers);
  const columns = Math.max(1, ...places.map(({ column }) => column + 1));
  const rows = Math.max(1, ...places.map(({ row }) => row + 1));
  const width = columns * (BOX.width + BOX.gapX) - BOX.gapX;
  const height = rows * (BOX.height + BOX.gapY) - BOX.gapY;
  const svg = node("svg", { viewBox: `-2 -2 ${width + 4} ${height + 4}`, role: "img", class: "graph" });
  svg.style.maxWidth = `${width + 4}px`;
  const title = node("title", {});
  title.textContent = `The network: ${layers.map((layer) => layer.class).join(", then ")}`;
  svg.append(title);
  const byName = new Map(places.map((place) => [place.layer.name, place]));
  for (const place of places) {
    for (const name of place.layer.inputs) {
      const from = byName.get(name);
      if (from) svg.append(edge(from, place));
    }
  }
  svg.append(...places.map(box));
  byId("graph").replaceChildren(svg);
  const total = layers.reduce((sum, layer) => sum + layer.parameters, 0);
  setText(byId("network-lead"), `${count(layers.length)} layers with ${count(total)} weights.`);
}

function corner({ row, column }: Place): { x: number; y: number } {
  return { x: column * (BOX.width + BOX.gapX), y: row * (BOX.height + BOX.gapY) };
}

function edge(from: Place, to: Place): SVGElement {
  const [start, end] = [corner(from), corner(to)];
  const [x1, y1] = [start.x + BOX.width / 2, start.y + BOX.height];
  const [x2, y2] = [end.x + BOX.width / 2, end.y];
  const bend = Math.max(BOX.gapY, (y2 - y1) / 2);
  // A layer far below is reached beside the boxes between.
  const aside = to.row - from.row > 1 && x1 === x2 ? BOX.width / 2 + BOX.gapX / 2 : 0;
  const path = `M${x1} ${y1}C${x1 + aside} ${y1 + bend} ${x2 + aside} ${y2 - bend} ${x2} ${y2}`;
  return node("path", { d: path, class: "edge" });
}

function box(place: Place): SVGElement {
  const { x, y } = corner(place);
  const { layer } = place;
  const group = node("g", {
    transform: `translate(${x} ${y})`,
    class: layer.parameters > 0 ? "layer learns" : "layer",
  });
  const frame = node("rect", { width: String(BOX.width), height: String(BOX.height), rx: "8" });
  const name = node("text", { x: "12", y: "24", class: "layer-class" });
  name.textContent = layer.class;
  const facts = node("text", { x: "12", y: "44", class: "layer-facts" });
  const weights = layer.parameters > 0 ? `, ${count(layer.parameters)} weights` : "";
  facts.textContent = `${shapeWords(layer.output_shape)}${weights}`;
  const title = node("title", {});
  title.textContent = layer.name;
  group.append(title, frame, name, facts);
  return group;
}

function node(name: string, attributes: Record<string, string>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/** One picture for each array: time to the right, values upwards, darker where more numbers lie. */
class Spreads {
  readonly panel: Panel;
  private readonly kind = byId<HTMLSelectElement>("spread-kind");
  private newest: Histograms | null = null;

  constructor(api: string) {
    this.panel = new Polling<Histograms>({
      seconds: 5,
      noteId: "spreads-note",
      load: () => readJson(`${api}/histograms`),
      use: (histograms) => {
        this.newest = histograms;
        this.show();
        letSave("spreads-csv");
      },
    });
    this.kind.addEventListener("change", () => this.show());
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.show());
    byId("spreads-csv").addEventListener("click", () => this.save());
  }

  private show(): void {
    if (!this.newest) return;
    const { names, moments } = this.newest;
    byId("spreads").replaceChildren(
      ...names.map((name, i) => {
        const columns = moments.flatMap((moment) => {
          const spread = this.spreadsOf(moment)?.[i];
          return spread ? [{ seconds: moment.seconds, spread }] : [];
        });
        return figure(name, columns);
      }),
    );
  }

  private spreadsOf(moment: Histograms["moments"][number]): Spread[] | null {
    return this.kind.value === "updates" ? moment.updates : moment.weights;
  }

  private save(): void {
    if (!this.newest) return;
    const { names, moments, bins } = this.newest;
    const head = ["seconds", "version", "array", "low", "high", "mean", "deviation"];
    const rows = moments.flatMap((moment) =>
      (this.spreadsOf(moment) ?? []).map(({ low, high, mean, deviation, counts }, i) => [
        ...[moment.seconds, moment.version, names[i] ?? "", low, high, mean, deviation],
        ...counts,
      ]),
    );
    saveCsv(`${this.kind.value}.csv`, [[...head, ...Array.from({ length: bins }, (_, i) => `bin ${i + 1}`)], ...rows]);
  }
}

interface Column {
  seconds: number;
  spread: Spread;
}

const PICTURE = { width: 320, height: 120 };

function figure(name: string, columns: Column[]): HTMLElement {
  const element = document.createElement("figure");
  const caption = document.createElement("figcaption");
  const words = document.createElement("span");
  words.textContent = name;
  const save = document.createElement("button");
  save.type = "button";
  save.className = "button small";
  save.textContent = "PNG";
  save.setAttribute("aria-label", `Save ${name} as PNG`);
  caption.append(words, save);
  const canvas = document.createElement("canvas");
  canvas.width = PICTURE.width;
  canvas.height = PICTURE.height;
  canvas.setAttribute("role", "img");
  save.addEventListener("click", () => saveCanvas(`${name.replaceAll("/", "-")}.png`, canvas));
  const note = document.createElement("p");
  note.className = "note";
  const last = columns.at(-1);
  note.textContent = last
    ? `At ${clock(last.seconds)}: ${decimal(last.spread.low)} to ${decimal(last.spread.high)}, mean ${decimal(last.spread.mean)} ± ${decimal(last.spread.deviation)}`
    : "Not measured yet";
  canvas.setAttribute("aria-label", `${name} over time. ${note.textContent}`);
  paint(canvas, columns);
  element.append(caption, canvas, note);
  return element;
}

function paint(canvas: HTMLCanvasElement, columns: Column[]): void {
  const context = canvas.getContext("2d");
  if (!context || columns.length === 0) return;
  const low = Math.min(...columns.map(({ spread }) => spread.low));
  const high = Math.max(...columns.map(({ spread }) => spread.high));
  const span = high - low || 1;
  const width = canvas.width / columns.length;
  const style = getComputedStyle(document.documentElement);
  const top = (value: number) => canvas.height * (1 - (value - low) / span);
  context.fillStyle = style.getPropertyValue("--accent").trim();
  for (const [i, { spread }] of columns.entries()) {
    const most = Math.max(1, ...spread.counts);
    const step = (spread.high - spread.low) / spread.counts.length;
    for (const [bin, number] of spread.counts.entries()) {
      if (number === 0) continue;
      const upper = top(spread.low + (bin + 1) * step);
      const lower = top(spread.low + bin * step);
      context.globalAlpha = 0.08 + 0.92 * (number / most) ** 0.6;
      context.fillRect(i * width, upper, Math.max(1, width + 0.3), Math.max(1.5, lower - upper));
    }
  }
  context.globalAlpha = 1;
  if (low < 0 && high > 0) {
    context.fillStyle = style.getPropertyValue("--own").trim();
    context.fillRect(0, top(0), canvas.width, 1);
  }
}
