/** A number that can be typed or slid. The slider goes by powers where `data-log` says so. */
import { byId, setText } from "./dom.ts";

const STEPS = 200;

export class Dial {
  private readonly field: HTMLInputElement;
  private readonly slider: HTMLInputElement | null;
  private readonly lowest: number;
  private readonly highest: number;
  private readonly logarithmic: boolean;
  private readonly whole: boolean;
  private started: number | null = null;

  /** `id` names the field; its slider, where there is one, is `id-slider`, with the bounds in data attributes. */
  constructor(id: string) {
    this.field = byId<HTMLInputElement>(id);
    this.slider = document.getElementById(`${id}-slider`) as HTMLInputElement | null;
    this.lowest = Number(this.slider?.dataset.lowest ?? 0);
    this.highest = Number(this.slider?.dataset.highest ?? 1);
    this.logarithmic = this.slider?.dataset.log !== undefined;
    this.whole = this.field.step === "1";
    this.slider?.addEventListener("input", () => {
      this.field.value = String(this.round(this.at(Number(this.slider?.value) / STEPS)));
    });
    this.field.addEventListener("input", () => this.follow());
  }

  /** What is typed; null: nothing. */
  get value(): number | null {
    return this.field.value.trim() === "" ? null : Number(this.field.value);
  }

  /** Whether it is another than `begin` had. */
  get changed(): boolean {
    return this.value !== this.started;
  }

  /** Shows what is so now. */
  begin(value: number | null): void {
    this.field.value = value === null ? "" : String(value);
    this.started = this.value;
    this.follow();
  }

  private follow(): void {
    const { slider, value } = this;
    if (!slider) return;
    const place = value === null ? 0 : this.place(value);
    slider.value = String(Math.round(STEPS * Math.min(Math.max(place, 0), 1)));
    slider.setAttribute("aria-valuetext", value === null ? "none" : String(value));
  }

  private at(share: number): number {
    const { lowest, highest } = this;
    return this.logarithmic ? lowest * (highest / lowest) ** share : lowest + (highest - lowest) * share;
  }

  private place(value: number): number {
    const { lowest, highest } = this;
    if (!this.logarithmic) return (value - lowest) / (highest - lowest);
    return value > 0 ? Math.log(value / lowest) / Math.log(highest / lowest) : 0;
  }

  private round(value: number): number {
    return this.whole ? Math.round(value) : Number(value.toPrecision(2));
  }
}

/** Fills a `<select>` with `names`, of which `chosen` is chosen. */
export function fillSelect(id: string, names: readonly string[], chosen: string): HTMLSelectElement {
  const select = byId<HTMLSelectElement>(id);
  select.replaceChildren(
    ...names.map((name) => {
      const option = document.createElement("option");
      option.value = name;
      setText(option, name);
      return option;
    }),
  );
  select.value = chosen;
  return select;
}
