/** The server in numbers, and what has happened, the newest first. */
import { byId, setFields, setText } from "../dom.ts";
import { bytes, count, NOTHING, rate } from "../format.ts";
import { lineOf, type Panel, type PanelPlace, Polling, readJson } from "./panel.ts";
import { type Vitals, VitalsCharts } from "./vitals.ts";

interface ServerNumbers {
  merges_per_second: number;
  bytes_in: number;
  bytes_out: number;
  bytes_per_second: number;
  memory_bytes: number | null;
  queue: number;
  watchers: number;
  volunteers: number;
  connections: number;
}

export function openServer({ api }: PanelPlace): Panel {
  const vitals = new VitalsCharts();
  return new Polling<[ServerNumbers, Vitals]>({
    seconds: 2,
    noteId: "server-note",
    load: () => Promise.all([readJson<ServerNumbers>(`${api}/server`), readJson<Vitals>(vitals.place(api))]),
    use([numbers, more]) {
      vitals.take(more);
      setFields(byId("panel-server"), {
        "merges-rate": rate(numbers.merges_per_second),
        "server-in": bytes(numbers.bytes_in),
        "server-out": bytes(numbers.bytes_out),
        "server-rate": `${bytes(numbers.bytes_per_second)}/s`,
        memory: numbers.memory_bytes === null ? NOTHING : bytes(numbers.memory_bytes),
        queue: count(numbers.queue),
        watchers: count(numbers.watchers),
        connections: count(numbers.connections),
      });
    },
  });
}

interface Log {
  count: number;
  events: [number, string, string][];
}

const MOST_LINES = 500;

export function openLog({ api }: PanelPlace): Panel {
  let seen = 0;
  const list = byId("log");
  return new Polling<Log>({
    seconds: 2,
    noteId: "log-note",
    leadId: "log-lead",
    load: () => readJson(`${api}/events?since=${seen}`),
    use({ count: total, events }) {
      // A server that began anew counts from zero.
      if (total < seen) list.replaceChildren();
      seen = total;
      for (const [seconds, kind, sentence] of events) {
        const line = lineOf(seconds, sentence);
        line.dataset.kind = kind;
        list.prepend(line);
      }
      while (list.children.length > MOST_LINES) list.lastElementChild?.remove();
      setText(byId("log-lead"), seen === 0 ? "Nothing has happened yet." : `${count(seen)} events, the newest first.`);
    },
  });
}
