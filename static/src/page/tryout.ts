/** The model working now: it predicts examples in front of the visitor, and whatever the visitor draws or shows it. */
import type { DatasetConfig } from "../shared/protocol.ts";
import { Camera, takePhotograph } from "./camera.ts";
import { byId, setText } from "./dom.ts";
import { fitDrawing, fitPhotograph, isPicture, type Photograph, type PictureStyle, styleOf } from "./drawing.ts";
import { bytes, count, percent } from "./format.ts";
import { type Guess, guesses } from "./guess.ts";
import { DrawingPad } from "./pad.ts";
import { Predictions } from "./predictions.ts";
import { paintPicture, type Sample, type SampleShape, type Samples, shapeOf, showSample } from "./samples.ts";

const SHOWN = 8;
const REFRESH_MILLISECONDS = 4000;
const BARS = 3;

export interface TryoutOptions {
  base: string;
  run: string;
  workerUrl: string;
  code(): string | null;
  /** Counted as the training's bytes are. */
  onBytes(bytes: number): void;
}

export class Tryout {
  private readonly options: TryoutOptions;
  private readonly card = byId("tryout");
  private readonly predictions: Predictions;
  private readonly camera: Camera;
  private samples: Sample[] = [];
  private dataset: DatasetConfig | null = null;
  private shape: SampleShape | null = null;
  private style: PictureStyle | null = null;
  private pad: DrawingPad | null = null;
  /** What is on the field, as the dataset would store it. */
  private shown: number[] | null = null;
  private newest = 0;
  private refreshedAt = 0;
  private visible = true;
  private busy = false;
  private starting: Promise<void> | null = null;

  constructor(options: TryoutOptions) {
    this.options = options;
    this.predictions = new Predictions({
      ...options,
      onReady: (version, loaded) => this.ready(version, loaded),
      onFailed: (message) => this.failed(message),
    });
    this.camera = new Camera(byId<HTMLVideoElement>("pad-video"), (photo) => this.photographed(photo));
    byId("tryout-start").addEventListener("click", () => void this.start());
    byId("pad-camera").addEventListener("click", () => void this.toggleCamera());
    byId("pad-clear").addEventListener("click", () => this.clear());
    byId<HTMLInputElement>("pad-file").addEventListener("change", (event) => void this.takeFile(event));
    new IntersectionObserver((entries) => {
      this.visible = entries.some((entry) => entry.isIntersecting);
      this.refresh();
    }).observe(this.card);
  }

  /** Loads the network and the examples; after that all goes by itself. */
  start(): Promise<void> {
    this.starting ??= this.load().catch((error: unknown) => {
      this.starting = null;
      this.failed(error instanceof Error ? error.message : String(error));
    });
    return this.starting;
  }

  /** There is a newer version: it is taken when somebody can see it. */
  announce(version: number): void {
    this.newest = Math.max(this.newest, version);
    this.refresh();
  }

  private async load(): Promise<void> {
    this.state("loading", "Loading the network and its newest weights.");
    const { base, run } = this.options;
    const at = `${base}/api/v1/runs/${encodeURIComponent(run)}`;
    const [samples, model] = await Promise.all([
      read<Samples>(`${at}/samples`),
      read<{ dataset: DatasetConfig }>(`${at}/model`),
    ]);
    this.samples = samples.examples.slice(0, SHOWN);
    this.dataset = model.dataset;
    const shapes = model.dataset.inputs.map(({ shape }) => shape);
    this.shape = shapeOf(samples.examples, shapes);
    const [size = []] = shapes;
    // Whitened numbers are not those of a drawing.
    const isWhitened = model.dataset.inputs.some(({ prepared }) => prepared?.includes("zcaWhitening"));
    if (shapes.length === 1 && isPicture(size) && !isWhitened) this.offerPad(samples.examples, size);
    this.showTiles();
    this.refreshedAt = Date.now();
    this.predictions.refresh();
  }

  private offerPad(samples: Sample[], size: number[]): void {
    this.style = styleOf(
      samples.map(({ inputs }) => inputs[0] ?? []),
      size,
    );
    byId("pad-area").hidden = false;
    // Colours cannot be drawn with one pen; a picture can be shown.
    byId("pad").hidden = this.style.channels > 1;
    byId("pad-clear").hidden = this.style.channels > 1;
    byId("pad-camera").hidden = !Camera.available;
    setText(byId("pad-words"), wordsFor(this.style, Camera.available));
    if (this.style.channels === 1) this.pad = new DrawingPad(byId<HTMLCanvasElement>("pad"), () => this.drawn());
  }

  private refresh(): void {
    if (!this.predictions.running || !this.visible || document.hidden) return;
    const shown = Number(this.card.dataset.version ?? 0);
    const wait = this.refreshedAt + REFRESH_MILLISECONDS - Date.now();
    if (this.newest <= shown || wait > 0) return;
    this.refreshedAt = Date.now();
    this.predictions.refresh();
  }

  private ready(version: number, loaded: number): void {
    this.options.onBytes(loaded);
    this.newest = Math.max(this.newest, version);
    this.card.dataset.version = String(version);
    this.state("ready", `Version ${count(version)}, computed on this device (${bytes(loaded)} loaded).`);
    void this.predictSamples();
    void this.predictShown();
  }

  private failed(message: string): void {
    this.state("failed", `The network cannot be tried here: ${message}`);
  }

  private state(state: "loading" | "ready" | "failed", words: string): void {
    this.card.dataset.state = state;
    setText(byId("tryout-note"), words);
    byId("tryout-start").hidden = state !== "failed";
  }

  private showTiles(): void {
    const list = byId("tiles");
    list.replaceChildren(
      ...this.samples.map(({ inputs, label }) => {
        const tile = document.createElement("li");
        const caption = document.createElement("p");
        caption.className = "verdict";
        caption.textContent = label;
        if (this.shape) tile.append(showSample(inputs[0] ?? [], this.shape, `An example of ${label}`));
        tile.append(caption);
        return tile;
      }),
    );
    list.hidden = false;
  }

  private async predictSamples(): Promise<void> {
    const prediction = await this.predictions.predict(this.samples.map(({ inputs }) => inputs)).catch(() => null);
    if (!prediction) return;
    let right = 0;
    for (const [place, tile] of [...byId("tiles").children].entries()) {
      const sample = this.samples[place];
      const [best] = this.guess(prediction.rows[place] ?? []);
      const caption = tile.querySelector(".verdict");
      if (!sample || !best || !caption) continue;
      const isRight = best.confidence !== null && best.label === sample.label;
      if (isRight) right++;
      tile.className = best.confidence === null ? "" : isRight ? "right" : "wrong";
      setText(caption, verdict(best, sample.label));
    }
    this.card.dataset.right = String(right);
  }

  private drawn(): void {
    if (!this.pad || !this.style) return;
    this.see(fitDrawing(this.pad.drawing, this.style));
  }

  /** Something stands before the network now. */
  private see(numbers: number[] | null): void {
    this.shown = numbers;
    const seen = byId("pad-seen");
    seen.hidden = numbers === null;
    const canvas = seen.querySelector("canvas");
    if (numbers === null || !canvas || !this.shape) return;
    paintPicture(canvas, numbers, this.shape.shapes[0] ?? [], this.shape.range);
    void this.predictShown();
  }

  private async toggleCamera(): Promise<void> {
    const button = byId("pad-camera");
    if (this.camera.running) {
      this.clear();
      return;
    }
    this.clear();
    try {
      await this.camera.start();
    } catch {
      setText(byId("pad-words"), "There is no camera that this page may use. A picture from a file works as well.");
      return;
    }
    byId("pad").hidden = true;
    button.setAttribute("aria-pressed", "true");
    setText(
      byId("pad-words"),
      "Hold something to the camera, alone on an even ground. The picture stays on this device.",
    );
  }

  private photographed(photo: Photograph): void {
    if (!this.style || !this.shape) return;
    const numbers = fitPhotograph(photo, this.style, this.shape.range);
    if (numbers === null) this.showGuesses([]);
    this.see(numbers);
  }

  private async predictShown(): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    // What is drawn meanwhile is predicted next.
    for (let done: number[] | null = null; this.shown && this.shown !== done; ) {
      done = this.shown;
      const prediction = await this.predictions.predict([[done]]).catch(() => null);
      const [row] = prediction?.rows ?? [];
      if (row && this.shown) this.showGuesses(this.guess(row));
    }
    this.busy = false;
  }

  private guess(outputs: ArrayLike<number>): Guess[] {
    const { targets, label_names } = this.dataset as DatasetConfig;
    return guesses(outputs, targets.num_classes, label_names);
  }

  private showGuesses(found: Guess[]): void {
    const [best] = found;
    if (best) this.card.dataset.guess = best.label;
    else delete this.card.dataset.guess;
    setText(byId("guess"), best ? best.label : "–");
    byId("guess-bars").replaceChildren(
      ...found.slice(0, BARS).map(({ label, confidence }) => {
        const row = document.createElement("li");
        const name = document.createElement("span");
        name.textContent = label;
        const bar = document.createElement("progress");
        bar.max = 1;
        bar.value = confidence ?? 1;
        bar.setAttribute("aria-label", `How sure of ${label}`);
        const share = document.createElement("span");
        share.textContent = percent(confidence);
        row.append(name, bar, share);
        return row;
      }),
    );
  }

  private clear(): void {
    this.camera.stop();
    this.pad?.clear();
    byId("pad").hidden = this.pad === null;
    byId("pad-camera").setAttribute("aria-pressed", "false");
    if (this.style) setText(byId("pad-words"), wordsFor(this.style, Camera.available));
    this.see(null);
    this.showGuesses([]);
  }

  /** A picture of the visitor's own: it is computed with here, and never leaves the device. */
  private async takeFile(event: Event): Promise<void> {
    const field = event.target as HTMLInputElement;
    const [file] = field.files ?? [];
    if (!file) return;
    this.clear();
    try {
      const picture = await createImageBitmap(file);
      const photo = takePhotograph(picture, picture.width, picture.height);
      picture.close();
      if (photo) this.photographed(photo);
      if (this.shown === null) setText(byId("pad-words"), "Nothing stands out in that picture.");
    } catch {
      setText(byId("pad-words"), "That file is not a picture that this browser can read.");
    }
    field.value = ""; // the same file may be chosen again
  }
}

function wordsFor({ channels }: PictureStyle, camera: boolean): string {
  const hold = camera ? "hold something to the camera" : "show it a picture";
  return `${channels === 1 ? `Draw on the field, or ${hold}.` : `${hold[0]?.toUpperCase()}${hold.slice(1)}.`} It stays on this device.`;
}

function verdict({ label, confidence }: Guess, truth: string): string {
  if (confidence === null) return `${label} (is ${truth})`;
  return label === truth ? `✓ ${label}` : `✗ ${label}, is ${truth}`;
}

async function read<Type>(url: string): Promise<Type> {
  const response = await fetch(url);
  if (!response.ok) throw new Error("The server did not give what is needed.");
  return (await response.json()) as Type;
}
