/** How the server fares over time: four charts, out of sums and levels that it noted. */
import { LiveChart } from "../chart.ts";
import { byId } from "../dom.ts";
import { bytes, count, plain } from "../format.ts";
import { Track } from "../track.ts";
import { saveCsv } from "./saving.ts";

/** [seconds, merges so far, bytes so far, memory, queue] */
type Point = [number, number, number, number | null, number];

export interface Vitals {
  count: number;
  points: Point[];
}

const TITLES = { merges: "Merges per second", traffic: "Traffic", memory: "Memory", queue: "Events waiting" };
type Name = keyof typeof TITLES;
const NAMES = Object.keys(TITLES) as Name[];

const FORMATS: Record<Name, (value: number) => string> = {
  merges: plain,
  traffic: (value) => `${bytes(value)}/s`,
  memory: bytes,
  queue: count,
};

export class VitalsCharts {
  private known = 0;
  private last: Point | null = null;
  private readonly tracks = Object.fromEntries(NAMES.map((name) => [name, new Track()])) as Record<Name, Track>;
  private readonly charts = new Map<Name, LiveChart>();

  constructor() {
    for (const name of NAMES) {
      byId(`${name}-png`).addEventListener("click", () => this.charts.get(name)?.savePicture(`${name}.png`));
      byId(`${name}-csv`).addEventListener("click", () => this.save(name));
    }
  }

  /** Where to ask for what is not known yet. */
  place(api: string): string {
    return `${api}/vitals?since=${this.known}`;
  }

  take({ count: total, points }: Vitals): void {
    if (total < this.known) this.clear(); // a server that began anew counts from zero
    this.known = total;
    for (const point of points) this.add(point);
    for (const name of NAMES) this.draw(name);
  }

  private clear(): void {
    this.last = null;
    for (const name of NAMES) this.tracks[name].clear();
  }

  private add(point: Point): void {
    const [seconds, merges, traffic, memory, queue] = point;
    if (this.last && seconds > this.last[0]) {
      const passed = seconds - this.last[0];
      this.tracks.merges.add(seconds, Math.max(0, merges - this.last[1]) / passed);
      this.tracks.traffic.add(seconds, Math.max(0, traffic - this.last[2]) / passed);
    }
    this.tracks.memory.add(seconds, memory);
    this.tracks.queue.add(seconds, queue);
    this.last = point;
  }

  private draw(name: Name): void {
    if (this.tracks[name].x.length === 0) return;
    if (!this.charts.has(name)) {
      const lines = [{ label: TITLES[name], colour: "--accent", width: 1.5, track: this.tracks[name], filled: true }];
      const range = (_: number, highest: number): [number, number] => [0, highest > 0 ? highest * 1.1 : 1];
      const options = { lines, format: FORMATS[name], range, group: "server", zoom: true };
      this.charts.set(name, new LiveChart(byId(`${name}-chart`), options));
    }
    this.charts.get(name)?.draw();
  }

  private save(name: Name): void {
    const { x, y } = this.tracks[name];
    saveCsv(`${name}.csv`, [["seconds", name], ...x.map((seconds, i) => [seconds, y[i] ?? null])]);
  }
}
