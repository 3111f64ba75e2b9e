/** Another run's curves to lay under this one's: from this server, or from a `metrics.csv`. */
import type { RunStatus, ValidationPoint } from "../../shared/protocol.ts";
import { byId, setText } from "../dom.ts";
import { readJson } from "./panel.ts";

export interface OtherCurve {
  name: string;
  /** [seconds, loss, accuracy] */
  points: [number, number | null, number | null][];
}

/** Fills the choice with the server's other runs; `use` gets the curve chosen, null for none. */
export async function offerComparison(
  base: string,
  run: string,
  use: (curve: OtherCurve | null) => void,
): Promise<void> {
  const select = byId<HTMLSelectElement>("compare");
  const file = byId<HTMLInputElement>("compare-file");
  const others = (await readJson<RunStatus[]>(`${base}/api/v1/runs`)).filter(({ id }) => id !== run);
  for (const { id, name } of others) select.append(new Option(`${name} (${id.slice(-20)})`, id));
  select.append(new Option("a metrics.csv of mine …", "file"));
  select.addEventListener("change", () => {
    if (select.value === "file") {
      file.click();
      return;
    }
    if (select.value === "") use(null);
    else void load(base, select.value, others).then(use);
  });
  file.addEventListener("change", () => {
    const [chosen] = file.files ?? [];
    if (chosen) void chosen.text().then((text) => use({ name: chosen.name, points: parseMetrics(text) }));
    setText(byId("compare-name"), chosen?.name ?? "");
  });
}

async function load(base: string, id: string, others: RunStatus[]): Promise<OtherCurve> {
  const url = `${base}/api/v1/runs/${encodeURIComponent(id)}/metrics`;
  const history = await readJson<{ validation: ValidationPoint[] }>(url);
  const name = others.find((other) => other.id === id)?.name ?? id;
  return { name, points: history.validation.map(([seconds, , , loss, accuracy]) => [seconds, loss, accuracy]) };
}

/** The validations in a run's `metrics.csv`. */
export function parseMetrics(text: string): OtherCurve["points"] {
  const [head = "", ...lines] = text.trim().split(/\r?\n/);
  const columns = head.split(",");
  const at = (name: string) => columns.indexOf(name);
  const number = (cells: string[], name: string) => {
    const value = cells[at(name)] ?? "";
    return value === "" || !Number.isFinite(Number(value)) ? null : Number(value);
  };
  return lines
    .map((line) => line.split(","))
    .filter((cells) => cells[at("kind")] === "validation")
    .map((cells) => [number(cells, "seconds") ?? 0, number(cells, "loss"), number(cells, "accuracy")]);
}
