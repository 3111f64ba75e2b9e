/** The output of a run that was hosted from this page: state, figures, curve and log. */

import type { Connection } from "../../shared/connection.ts";
import type { RunStatus, ServerMessage } from "../../shared/protocol.ts";
import { LiveChart, lossRange } from "../chart.ts";
import { deviceName } from "../device.ts";
import { byId, type PageSettings, setFields, setText } from "../dom.ts";
import { decimal, plain } from "../format.ts";
import { statusFields } from "../status.ts";
import { Track } from "../track.ts";
import { lineOf, readJson } from "../watch/panel.ts";
import { saveCsv } from "../watch/saving.ts";
import { watchRun } from "../watcher.ts";
import { isOver, stateSentence } from "../words.ts";

const SECONDS = 1;
const MOST_LINES = 200;

type Row = [number, string, string];

export class Output {
  run = "";
  private readonly settings: PageSettings;
  private readonly onStatus: (status: RunStatus) => void;
  private readonly loss = new Track();
  private readonly training = new Track();
  private chart: LiveChart | null = null;
  private connection: Connection | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private known = 0;

  constructor(settings: PageSettings, onStatus: (status: RunStatus) => void) {
    this.settings = settings;
    this.onStatus = onStatus;
    byId("output-png").addEventListener("click", () => this.chart?.savePicture(`${this.run}-loss.png`));
    byId("output-csv").addEventListener("click", () => this.save());
  }

  say(sentence: string): void {
    setText(byId("output-state"), sentence);
  }

  /** Shows a run from its beginning to its end. */
  follow(status: RunStatus): void {
    this.connection?.stop("another run");
    this.connection = null;
    clearTimeout(this.timer);
    this.run = status.id;
    this.known = 0;
    this.loss.clear();
    this.training.clear();
    byId("output-log").replaceChildren();
    const { base } = this.settings;
    for (const name of ["join", "watch"] as const) {
      byId<HTMLAnchorElement>(`output-${name}`).href = `${base}/${name}/${encodeURIComponent(status.id)}`;
    }
    byId("output-links").hidden = false;
    this.show(status);
    this.turn();
  }

  private show(status: RunStatus): void {
    setFields(byId("output-facts"), statusFields(status));
    this.say(stateSentence(status.state, status.reason));
    byId("output-join").hidden = isOver(status.state);
    this.onStatus(status);
  }

  /** Asks how it stands until it runs, which is told by itself then; what happened is asked for all the time. */
  private turn(): void {
    const run = this.run;
    this.read(run)
      .catch(() => false) // a server that is away for a moment leaves the last words standing
      .then((over) => {
        if (!over && this.run === run) this.timer = setTimeout(() => this.turn(), SECONDS * 1000);
      });
  }

  private async read(run: string): Promise<boolean> {
    const api = `${this.settings.base}/api/v1/runs/${encodeURIComponent(run)}`;
    const status = await readJson<RunStatus>(api);
    if (this.run !== run) return false;
    this.show(status);
    if (!this.connection && status.state === "running") this.listen(run);
    const { count, events } = await readJson<{ count: number; events: Row[] }>(`${api}/events?since=${this.known}`);
    if (this.run !== run) return false;
    this.known = count;
    this.log(events);
    return isOver(status.state);
  }

  private listen(run: string): void {
    const name = deviceName(navigator.userAgent);
    this.connection = watchRun({ ...this.settings, run }, name, {
      onMessage: (message) => this.receive(message),
      onConnection() {},
      onClosed() {},
    });
  }

  private receive(message: ServerMessage): void {
    if (message.type === "snapshot") {
      this.loss.clear();
      this.training.clear();
      this.draw(message.history.validation, message.history.training);
    } else if (message.type === "live") {
      this.draw(message.validation, message.training);
      this.show(message.status);
    }
  }

  private draw(validation: readonly unknown[][], training: readonly unknown[][]): void {
    for (const point of validation) this.loss.add(point[0] as number, point[3] as number | null);
    for (const point of training) this.training.add(point[0] as number, point[2] as number | null);
    const last = validation.at(-1);
    if (last) {
      const words = `Loss over time. Last on held-out data: ${decimal(last[3] as number | null)}.`;
      byId("output-chart").setAttribute("aria-label", words);
    }
    if (this.loss.x.length + this.training.x.length === 0) return;
    byId("output-tools").hidden = false;
    this.chart ??= new LiveChart(byId("output-chart"), {
      lines: [
        { label: "Training", colour: "--faint", width: 1, track: this.training },
        { label: "Held-out", colour: "--accent", width: 2, track: this.loss },
      ],
      format: decimal,
      axisFormat: plain,
      range: lossRange,
    });
    this.chart.draw();
  }

  private save(): void {
    const rows = (
      [
        ["held-out", this.loss],
        ["training", this.training],
      ] as const
    ).flatMap(([kind, { x, y }]) => x.map((seconds, i) => [kind, seconds, y[i] ?? null]));
    saveCsv(`${this.run}-loss.csv`, [["kind", "seconds", "loss"], ...rows]);
  }

  private log(rows: readonly Row[]): void {
    const list = byId("output-log");
    for (const [seconds, , sentence] of rows) {
      list.prepend(lineOf(seconds, sentence));
    }
    while (list.children.length > MOST_LINES) list.lastElementChild?.remove();
  }
}
