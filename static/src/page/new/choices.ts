/** What can be chosen for a new run: the server's models and datasets, and the settings of the one that is chosen. */
import { Dial, fillSelect } from "../dial.ts";
import { byId, setText } from "../dom.ts";

type Named<Options = Record<string, unknown>> = string | Record<string, Options>;

export interface Definition {
  dataset?: Named;
  optimizer?: Named;
  training?: { batchSize?: number; leaseSeconds?: number; stop?: Record<string, number | null> };
  merge?: Named;
}

interface Choice {
  anyOf?: { properties?: Record<string, { properties?: Record<string, { default?: unknown }> }> }[];
}

/** What the server has; `schema` is that of model files. */
export interface Known {
  models: { name: string; description: string; definition: Definition | null }[];
  datasets: { name: string; description: string }[];
  schema: { properties: { optimizer: Choice; merge: Choice } };
}

const CONDITIONS = ["accuracy", "epochs", "seconds"] as const;
const DEFAULT_STOP = { epochs: 20 };

export class Choices {
  private readonly rate = new Dial("new-learningRate");
  private readonly batch = new Dial("new-batchSize");
  private readonly lease = new Dial("new-leaseSeconds");
  private readonly stops = CONDITIONS.map((name) => ({ name, dial: new Dial(`new-stop-${name}`) }));
  private readonly model = byId<HTMLSelectElement>("new-model");
  private readonly dataset = byId<HTMLSelectElement>("new-dataset");
  private readonly merge = byId<HTMLSelectElement>("new-merge");
  private known: Known | null = null;

  constructor() {
    this.model.addEventListener("change", () => this.begin());
  }

  offer(known: Known): void {
    this.known = known;
    const usable = known.models.filter(({ definition }) => definition !== null);
    const names = (usable.length > 0 ? usable : known.models).map(({ name }) => name);
    fillSelect("new-model", names, names[0] ?? "");
    this.begin();
  }

  /** The body of the request for what is chosen. */
  request(): { model: string; settings: string[]; order: null; bound: boolean } {
    return { model: this.model.value, settings: this.settings(), order: null, bound: false };
  }

  private settings(): string[] {
    const { definition } = this;
    const settings: string[] = [];
    const set = (path: string, value: unknown) => settings.push(`${path}=${JSON.stringify(value)}`);
    if (this.dataset.value !== nameOf(definition.dataset, "")) set("dataset", this.dataset.value);
    if (this.rate.changed) set(`optimizer.${nameOf(definition.optimizer, "adam")}.learningRate`, this.rate.value);
    if (this.batch.changed) set("training.batchSize", this.batch.value);
    if (this.lease.changed) set("training.leaseSeconds", this.lease.value);
    if (this.stops.some(({ dial }) => dial.changed)) {
      const stop: Record<string, number | null> = { ...(definition.training?.stop ?? DEFAULT_STOP) };
      for (const { name, dial } of this.stops) stop[name] = dial.value;
      set("training.stop", Object.fromEntries(Object.entries(stop).filter(([, value]) => value !== null)));
    }
    if (this.merge.value !== nameOf(definition.merge, "weighted")) set("merge", this.merge.value);
    return settings;
  }

  private get definition(): Definition {
    return this.known?.models.find(({ name }) => name === this.model.value)?.definition ?? {};
  }

  /** Shows what the chosen model says itself. */
  private begin(): void {
    const { known, definition } = this;
    if (!known) return;
    const about = known.models.find(({ name }) => name === this.model.value)?.description ?? "";
    setText(byId("new-model-note"), about);
    const own = nameOf(definition.dataset, "");
    const datasets = known.datasets.map(({ name }) => name);
    fillSelect("new-dataset", datasets.includes(own) || own === "" ? datasets : [own, ...datasets], own);
    const rules = Object.keys(known.schema.properties.merge.anyOf?.[1]?.properties ?? {});
    fillSelect("new-merge", rules, nameOf(definition.merge, "weighted"));
    this.rate.begin(rateOf(definition, known));
    this.batch.begin(definition.training?.batchSize ?? 64);
    this.lease.begin(definition.training?.leaseSeconds ?? 3);
    const stop: Record<string, number | null> = definition.training?.stop ?? DEFAULT_STOP;
    for (const { name, dial } of this.stops) dial.begin(stop[name] ?? null);
  }
}

/** NAME, or the one key of {NAME: OPTIONS}. */
export function nameOf(value: Named | undefined, otherwise: string): string {
  if (value === undefined) return otherwise;
  return typeof value === "string" ? value : (Object.keys(value)[0] ?? otherwise);
}

function rateOf({ optimizer }: Definition, { schema }: Known): number | null {
  const name = nameOf(optimizer, "adam");
  const given = typeof optimizer === "object" ? optimizer[name]?.learningRate : undefined;
  const usual = schema.properties.optimizer.anyOf?.[1]?.properties?.[name]?.properties?.learningRate?.default;
  const rate = given ?? usual;
  return typeof rate === "number" ? rate : null;
}
