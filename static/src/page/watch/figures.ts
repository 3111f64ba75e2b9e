/** The two live charts of a run, with their tools. */
import type { TrainingPoint, ValidationPoint } from "../../shared/protocol.ts";
import { type Across, accuracyRange, type ChartLine, LiveChart, lossRange } from "../chart.ts";
import { byId } from "../dom.ts";
import { clock, count, decimal, percent, plain } from "../format.ts";
import { Track } from "../track.ts";
import { MOST_CURVES, type OtherCurve } from "./compare.ts";
import { saveCsv } from "./saving.ts";

type Row = (number | null)[];

/** One line over time and over iterations. */
class Line {
  readonly track = new Track();
  readonly byIterations = new Track();

  add(seconds: number, iterations: number, value: number | null): void {
    this.track.add(seconds, value);
    this.byIterations.add(iterations, value);
  }

  clear(): void {
    this.track.clear();
    this.byIterations.clear();
  }

  drawn(label: string, colour: string, width: number, dashed = false): ChartLine {
    return { label, colour, width, dashed, track: this.track, byIterations: this.byIterations };
  }
}

const PLACES = Array.from({ length: MOST_CURVES }, (_, place) => place);

export class Figures {
  private readonly accuracy = new Line();
  private readonly validationLoss = new Line();
  private readonly trainingLoss = new Line();
  private readonly others = PLACES.map(() => ({ accuracy: new Line(), loss: new Line() }));
  private readonly validations: Row[] = [];
  private curves: readonly OtherCurve[] = [];
  private readonly run: string;
  private isClassifier: boolean | null = null;

  private readonly accuracyChart = new LiveChart(byId("accuracy-chart"), {
    lines: [
      ...this.others.map(({ accuracy }, place) => accuracy.drawn("", `--series-${place + 1}`, 1.5, true)),
      this.accuracy.drawn("Accuracy", "--accent", 2),
    ],
    format: percent,
    axisFormat: (value) => `${plain(value * 100)} %`,
    range: accuracyRange,
    group: "run",
    zoom: true,
  });

  private readonly lossChart = new LiveChart(byId("loss-chart"), {
    lines: [
      ...this.others.map(({ loss }, place) => loss.drawn("", `--series-${place + 1}`, 1.5, true)),
      this.trainingLoss.drawn("Training", "--faint", 1),
      this.validationLoss.drawn("Held-out", "--accent", 2),
    ],
    format: decimal,
    axisFormat: plain,
    range: lossRange,
    group: "run",
    zoom: true,
  });

  constructor(run: string) {
    this.run = run;
    for (const chart of this.charts) for (const place of PLACES) chart.showLine(place, false);
    const span = byId<HTMLSelectElement>("span");
    span.addEventListener("change", () => {
      const seconds = Number(span.value) || null;
      for (const chart of this.charts) chart.showLast(seconds);
    });
    const across = byId<HTMLSelectElement>("across");
    across.addEventListener("change", () => {
      for (const chart of this.charts) chart.setAcross(across.value as Across);
      span.value = "";
      span.disabled = across.value !== "seconds";
    });
    const log = byId<HTMLInputElement>("log-scale");
    log.addEventListener("change", () => this.lossChart.setLogarithmic(log.checked));
    byId("accuracy-png").addEventListener("click", () => this.accuracyChart.savePicture(`${run}-accuracy.png`));
    byId("loss-png").addEventListener("click", () => this.lossChart.savePicture(`${run}-loss.png`));
    byId("accuracy-csv").addEventListener("click", () => this.saveAccuracy());
    byId("loss-csv").addEventListener("click", () => this.saveLoss());
  }

  clear(): void {
    for (const line of [this.accuracy, this.validationLoss, this.trainingLoss]) line.clear();
    this.validations.length = 0;
  }

  add(validation: ValidationPoint[], training: TrainingPoint[]): void {
    for (const [seconds, version, iterations, loss, value] of validation) {
      this.validationLoss.add(seconds, iterations, loss);
      this.accuracy.add(seconds, iterations, value);
      this.validations.push([seconds, version, iterations, loss, value]);
      this.isClassifier = value !== null;
    }
    for (const [seconds, iterations, loss] of training) this.trainingLoss.add(seconds, iterations, loss);
    const last = validation.at(-1);
    if (last) describe(last);
    byId("accuracy-figure").hidden = this.isClassifier === false;
    this.draw();
  }

  /** Marks moments of the run in both charts. */
  mark(moments: { seconds: number; words: string }[]): void {
    for (const chart of this.charts) chart.mark(moments.map(({ seconds }) => seconds));
    byId("marks-note").hidden = moments.length === 0;
  }

  /** Lays other runs' curves over these. */
  compare(curves: readonly OtherCurve[]): void {
    this.curves = curves;
    for (const [place, { accuracy, loss }] of this.others.entries()) {
      const curve = curves[place];
      accuracy.clear();
      loss.clear();
      for (const [seconds, iterations, lossThen, accuracyThen] of curve?.points ?? []) {
        accuracy.add(seconds, iterations, accuracyThen);
        loss.add(seconds, iterations, lossThen);
      }
      for (const chart of this.charts) {
        chart.nameLine(place, curve?.name ?? "");
        chart.showLine(place, curve !== undefined);
      }
    }
    this.draw();
  }

  private get charts(): LiveChart[] {
    return [this.accuracyChart, this.lossChart];
  }

  private draw(): void {
    if (this.isClassifier !== false) this.accuracyChart.draw();
    this.lossChart.draw();
  }

  private saveAccuracy(): void {
    const own = this.validations.map(([seconds = null, version = null, iterations = null, , accuracy = null]) => [
      ...["this run", seconds, version, iterations],
      accuracy,
    ]);
    const others = this.curves.flatMap(({ name, points }) =>
      points.map(([seconds, iterations, , accuracy]) => [name, seconds, null, iterations, accuracy]),
    );
    saveCsv(`${this.run}-accuracy.csv`, [["run", "seconds", "version", "iterations", "accuracy"], ...own, ...others]);
  }

  private saveLoss(): void {
    const held = this.validations.map(([seconds = null, , iterations = null, loss = null]) => [
      ...["this run", "held-out", seconds, iterations],
      loss,
    ]);
    const { track, byIterations } = this.trainingLoss;
    const training = track.x.map((seconds, i) => [
      ...[
        "this run",
        "training",
        seconds,
        byIterations.x.length === track.x.length ? (byIterations.x[i] ?? null) : null,
      ],
      track.y[i] ?? null,
    ]);
    const others = this.curves.flatMap(({ name, points }) =>
      points.map(([seconds, iterations, loss]) => [name, "held-out", seconds, iterations, loss]),
    );
    saveCsv(`${this.run}-loss.csv`, [
      ["run", "kind", "seconds", "iterations", "loss"],
      ...held,
      ...training,
      ...others,
    ]);
  }
}

/** The charts in words, for those who do not see them. */
function describe([seconds, version, , loss, value]: ValidationPoint): void {
  const where = `at ${clock(seconds)}, version ${count(version)}`;
  byId("loss-chart").setAttribute("aria-label", `Loss over time. Last on held-out data: ${decimal(loss)} ${where}.`);
  if (value === null) return;
  byId("accuracy-chart").setAttribute("aria-label", `Accuracy over time. Last: ${percent(value)} ${where}.`);
}
