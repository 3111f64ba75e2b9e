/** A live line chart in the page's own colours. */
import uPlot from "uplot";
import { clock, count, NOTHING } from "./format.ts";
import type { Track } from "./track.ts";
import { saveCanvas } from "./watch/saving.ts";

/** Distances of the marks on the axis of time, in seconds: round ones on a clock. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400, 172800, 604800];

/** What the horizontal axis counts. */
export type Across = "seconds" | "iterations";

export interface ChartLine {
  label: string;
  /** A custom property of the stylesheet that holds the colour. */
  colour: string;
  width: number;
  track: Track;
  /** The same over iterations, where there is that. */
  byIterations?: Track;
  /** Points alone, without a line between them. */
  dots?: boolean;
  dashed?: boolean;
  /** The area below it is tinted. */
  filled?: boolean;
}

export interface ChartOptions {
  lines: ChartLine[];
  format(value: number): string;
  /** The same for the axis, where that is shorter. */
  axisFormat?(value: number): string;
  /** Lowest and highest value of the axis out of those of the data. */
  range(lowest: number, highest: number): [number, number];
  /** Without legend and cursor: for a glance. */
  quiet?: boolean;
  /** Charts of one group show their values at one moment. */
  group?: string;
  /** A stretch of time is looked at closely by drawing across it; a double click shows everything. */
  zoom?: boolean;
}

export class LiveChart {
  private readonly container: HTMLElement;
  private readonly options: ChartOptions;
  private plot: uPlot | null = null;
  private drawing = false;
  private logarithmic = false;
  private across: Across = "seconds";
  /** What is looked at: everything, the last seconds, or a stretch chosen by hand. */
  private span: { last: number } | "chosen" | null = null;
  private readonly hidden = new Set<number>();
  private marks: readonly number[] = [];
  /** What stands there while nothing has been measured. */
  private readonly empty: Element | null;

  constructor(container: HTMLElement, options: ChartOptions) {
    this.container = container;
    this.empty = container.querySelector(".empty");
    this.options = options;
    new ResizeObserver(() => this.resize()).observe(container);
    // uPlot paints colours on a canvas: another scheme means another chart.
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.rebuild());
  }

  /** Draws what the tracks hold, at most once a frame. */
  draw(): void {
    if (this.drawing) return;
    this.drawing = true;
    requestAnimationFrame(() => {
      this.drawing = false;
      if (!this.plot) {
        this.rebuild();
        return;
      }
      // A stretch that somebody looks at stays while new points come.
      this.plot.setData(this.data(), this.span === null);
      this.look();
    });
  }

  /** Shows the last `seconds`, or everything. */
  showLast(seconds: number | null): void {
    this.span = seconds === null ? null : { last: seconds };
    this.draw();
  }

  setLogarithmic(logarithmic: boolean): void {
    this.logarithmic = logarithmic;
    this.rebuild();
  }

  setAcross(across: Across): void {
    this.across = across;
    this.span = null;
    this.rebuild();
  }

  /** Names a line anew. */
  nameLine(place: number, label: string): void {
    const line = this.options.lines[place];
    if (!line || line.label === label) return;
    line.label = label;
    if (this.plot) this.rebuild();
  }

  /** Shows a line or leaves it out, its place in the legend too. */
  showLine(place: number, shown: boolean): void {
    if (this.hidden.has(place) !== shown) return;
    if (shown) this.hidden.delete(place);
    else this.hidden.add(place);
    if (this.plot) this.rebuild();
  }

  /** Draws a line at each of these moments. */
  mark(seconds: readonly number[]): void {
    this.marks = seconds;
    this.plot?.redraw();
  }

  savePicture(name: string): void {
    if (this.plot) saveCanvas(name, this.plot.ctx.canvas);
  }

  private look(): void {
    if (this.plot === null || this.span === null || this.span === "chosen") return;
    const newest = this.plot.data[0]?.at(-1) ?? 0;
    this.plot.setScale("x", { min: Math.max(0, newest - this.span.last), max: newest });
  }

  private get lines(): ChartLine[] {
    return this.options.lines.filter((_, place) => !this.hidden.has(place));
  }

  private rebuild(): void {
    this.plot?.destroy();
    this.plot = null;
    if (this.container.clientWidth === 0) return;
    if (this.lines.every(({ track }) => track.x.length === 0)) {
      this.container.replaceChildren(...(this.empty ? [this.empty] : []));
      return;
    }
    this.container.replaceChildren();
    this.plot = new uPlot(this.settings(), this.data(), this.container);
    this.plot.over.addEventListener("dblclick", () => {
      this.span = null;
    });
    const legend = this.container.querySelector(".u-legend");
    if (legend) new ResizeObserver(() => this.resize()).observe(legend);
    this.resize();
    this.look();
  }

  private resize(): void {
    if (!this.plot) {
      this.draw();
      return;
    }
    this.plot.setSize(this.size());
  }

  private size(): { width: number; height: number } {
    const { clientWidth, clientHeight } = this.container;
    const legend = this.container.querySelector<HTMLElement>(".u-legend")?.offsetHeight ?? 0;
    return { width: clientWidth, height: Math.max(40, clientHeight - legend) };
  }

  private data(): uPlot.AlignedData {
    const tables = this.lines.map(({ track, byIterations = track }): uPlot.AlignedData => {
      const { x, y } = this.across === "seconds" ? track : byIterations;
      return [x, y];
    });
    return tables.length === 1 ? (tables[0] as uPlot.AlignedData) : uPlot.join(tables);
  }

  private settings(): uPlot.Options {
    const { format, axisFormat = format, range, quiet = false, group, zoom = false } = this.options;
    const { lines, logarithmic, across } = this;
    const place = across === "seconds" ? clock : count;
    const style = getComputedStyle(this.container);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const axis: uPlot.Axis = {
      stroke: colour("--muted"),
      font: `12px ${style.fontFamily}`,
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    return {
      ...this.size(),
      padding: [8, 12, 0, 0],
      cursor: {
        show: !quiet,
        drag: { x: zoom, y: false, uni: 20 },
        points: { size: 8 },
        ...(group ? { sync: { key: group } } : {}),
      },
      legend: { show: !quiet, markers: { width: 0, fill: (_plot, place) => colour(lines[place - 1]?.colour ?? "") } },
      scales: {
        x: { time: false },
        y: {
          distr: logarithmic ? 3 : 1,
          range: (_, lowest, highest) => {
            if (lowest === null) return logarithmic ? [0.1, 1] : [0, 1];
            return logarithmic ? decades(lowest, highest) : range(lowest, highest);
          },
        },
      },
      axes: [
        {
          ...axis,
          values: (_, splits) => splits.map(place),
          ...(across === "seconds" ? { incrs: TIME_STEPS } : {}),
          space: 70,
          size: 32,
        },
        {
          ...axis,
          values: (_, splits) => splits.map((value) => (value === null ? "" : axisFormat(value))),
          size: (_, words) => roomFor(words),
        },
      ],
      series: [
        {
          label: across === "seconds" ? "Time" : "Batches",
          value: (plot, value: number | null) => shown(value ?? newest(plot.data[0]), place),
        },
        ...lines.map(
          (line): uPlot.Series => ({
            label: line.label,
            stroke: colour(line.colour),
            width: line.width,
            ...(line.dashed ? { dash: [6, 4] } : {}),
            spanGaps: true,
            ...(line.dots ? { paths: () => null } : {}),
            points: line.dots
              ? { show: true, size: 5, fill: colour(line.colour), width: 0 }
              : { show: (plot: uPlot) => (plot.data[0]?.length ?? 0) < 2 },
            ...(line.filled ? { fill: colour("--accent-wash") } : {}),
            // Where nobody points, the newest value stands.
            value: (plot, value: number | null, place, at) =>
              shown(value ?? (at === null ? newest(plot.data[place]) : null), format),
          }),
        ),
      ],
      hooks: {
        draw: [(plot) => drawMarks(plot, this.across === "seconds" ? this.marks : [], colour("--own"))],
        // Drawing across the chart chooses a stretch; the whole of it again is none.
        setSelect: [
          (plot) => {
            if (plot.select.width > 0) this.span = "chosen";
          },
        ],
      },
    };
  }
}

/** Pixels for the words of the upright axis. */
function roomFor(words: readonly string[] | null): number {
  return Math.max(44, 18 + 6.8 * Math.max(0, ...(words ?? []).map(({ length }) => length)));
}

/** The last value that there is. */
function newest(values: ArrayLike<number | null | undefined> | undefined): number | null {
  for (let i = (values?.length ?? 0) - 1; i >= 0; i--) {
    const value = values?.[i];
    if (value != null) return value;
  }
  return null;
}

const shown = (value: number | null, format: (value: number) => string) => (value === null ? NOTHING : format(value));

function drawMarks(plot: uPlot, moments: readonly number[], colour: string): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = devicePixelRatio;
  ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
  for (const moment of moments) {
    const x = Math.round(plot.valToPos(moment, "x", true));
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** Accuracy: up to 100 %, from the nearest tenth below what there is. */
export function accuracyRange(lowest: number): [number, number] {
  return [Math.min(0.9, Math.max(0, Math.floor(lowest * 10) / 10)), 1];
}

/** Whole powers of ten round what there is. */
function decades(lowest: number, highest: number): [number, number] {
  const low = lowest > 0 ? lowest : 1e-4;
  const high = Math.max(highest, low);
  return [10 ** Math.floor(Math.log10(low)), 10 ** Math.ceil(Math.log10(high) + 1e-9)];
}

/** Losses: from zero, with room above. */
export function lossRange(lowest: number, highest: number): [number, number] {
  return [Math.min(0, lowest * 1.05), highest > 0 ? highest * 1.05 : 1];
}
