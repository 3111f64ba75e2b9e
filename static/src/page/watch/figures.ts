/** The two live charts of a run, with their tools. */
import type { TrainingPoint, ValidationPoint } from "../../shared/protocol.ts";
import { accuracyRange, LiveChart, lossRange } from "../chart.ts";
import { byId, setText } from "../dom.ts";
import { clock, count, decimal, percent, plain } from "../format.ts";
import { Track } from "../track.ts";
import type { OtherCurve } from "./compare.ts";
import { saveCsv } from "./saving.ts";

type Row = (number | null)[];

export class Figures {
  private readonly accuracy = new Track();
  private readonly validationLoss = new Track();
  private readonly trainingLoss = new Track();
  private readonly otherAccuracy = new Track();
  private readonly otherLoss = new Track();
  private readonly validations: Row[] = [];
  private readonly run: string;
  private isClassifier: boolean | null = null;

  private readonly accuracyChart = new LiveChart(byId("accuracy-chart"), {
    lines: [
      { label: "Other run", colour: "--faint", width: 2, track: this.otherAccuracy, dashed: true },
      { label: "Accuracy", colour: "--accent", width: 2, track: this.accuracy },
    ],
    format: percent,
    axisFormat: (value) => `${plain(value * 100)} %`,
    range: accuracyRange,
    group: "run",
    zoom: true,
  });

  private readonly lossChart = new LiveChart(byId("loss-chart"), {
    lines: [
      { label: "Other run", colour: "--faint", width: 2, track: this.otherLoss, dashed: true },
      { label: "Training", colour: "--faint", width: 1, track: this.trainingLoss },
      { label: "Held-out", colour: "--accent", width: 2, track: this.validationLoss },
    ],
    format: decimal,
    axisFormat: plain,
    range: lossRange,
    group: "run",
    zoom: true,
  });

  constructor(run: string) {
    this.run = run;
    for (const chart of [this.accuracyChart, this.lossChart]) chart.showLine(0, false);
    const span = byId<HTMLSelectElement>("span");
    span.addEventListener("change", () => {
      const seconds = Number(span.value) || null;
      for (const chart of [this.accuracyChart, this.lossChart]) chart.showLast(seconds);
    });
    const log = byId<HTMLInputElement>("log-scale");
    log.addEventListener("change", () => this.lossChart.setLogarithmic(log.checked));
    byId("accuracy-png").addEventListener("click", () => this.accuracyChart.savePicture(`${run}-accuracy.png`));
    byId("loss-png").addEventListener("click", () => this.lossChart.savePicture(`${run}-loss.png`));
    byId("accuracy-csv").addEventListener("click", () => this.saveAccuracy());
    byId("loss-csv").addEventListener("click", () => this.saveLoss());
  }

  clear(): void {
    for (const track of [this.accuracy, this.validationLoss, this.trainingLoss]) track.clear();
    this.validations.length = 0;
  }

  add(validation: ValidationPoint[], training: TrainingPoint[]): void {
    for (const [seconds, version, , loss, value] of validation) {
      this.validationLoss.add(seconds, loss);
      this.accuracy.add(seconds, value);
      this.validations.push([seconds, version, loss, value]);
      this.isClassifier = value !== null;
    }
    for (const [seconds, , loss] of training) this.trainingLoss.add(seconds, loss);
    const last = validation.at(-1);
    if (last) describe(last);
    byId("accuracy-figure").hidden = this.isClassifier === false;
    this.draw();
  }

  /** Marks moments of the run in both charts. */
  mark(moments: { seconds: number; words: string }[]): void {
    for (const chart of [this.accuracyChart, this.lossChart]) chart.mark(moments.map(({ seconds }) => seconds));
    byId("marks-note").hidden = moments.length === 0;
  }

  /** Lays another run's curves under these. */
  compare(curve: OtherCurve | null): void {
    this.otherAccuracy.clear();
    this.otherLoss.clear();
    for (const [seconds, loss, accuracy] of curve?.points ?? []) {
      this.otherAccuracy.add(seconds, accuracy);
      this.otherLoss.add(seconds, loss);
    }
    for (const chart of [this.accuracyChart, this.lossChart]) chart.showLine(0, curve !== null);
    setText(byId("compare-name"), curve ? `Grey and dashed: ${curve.name}` : "");
    this.draw();
  }

  private draw(): void {
    if (this.isClassifier !== false) this.accuracyChart.draw();
    this.lossChart.draw();
  }

  private saveAccuracy(): void {
    const rows = this.validations.map(([seconds = null, version = null, , accuracy = null]) => [
      seconds,
      version,
      accuracy,
    ]);
    saveCsv(`${this.run}-accuracy.csv`, [["seconds", "version", "accuracy"], ...rows]);
  }

  private saveLoss(): void {
    const held = this.validations.map(([seconds = null, , loss = null]) => ["held-out", seconds, loss]);
    const { x, y } = this.trainingLoss;
    const training = x.map((seconds, i) => ["training", seconds, y[i] ?? null]);
    saveCsv(`${this.run}-loss.csv`, [["kind", "seconds", "loss"], ...held, ...training]);
  }
}

/** The charts in words, for those who do not see them. */
function describe([seconds, version, , loss, value]: ValidationPoint): void {
  const where = `at ${clock(seconds)}, version ${count(version)}`;
  byId("loss-chart").setAttribute("aria-label", `Loss over time. Last on held-out data: ${decimal(loss)} ${where}.`);
  if (value === null) return;
  byId("accuracy-chart").setAttribute("aria-label", `Accuracy over time. Last: ${percent(value)} ${where}.`);
}
