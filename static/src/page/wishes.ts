/** The controls that bound what a volunteer's device does. */
import { defaultWishes, readWishes, untilTime, type Wishes } from "./conditions.ts";
import { byId, setFields, setText } from "./dom.ts";
import { bytes } from "./format.ts";
import type { openStorage } from "./keeping.ts";
import type { DeviceState } from "./surroundings.ts";

type Storing = ReturnType<typeof openStorage>;
type Condition = "onlyPlugged" | "onlyWifi" | "onlyVisible";

const KEY = "webnn:wishes";
const CONDITIONS: readonly [Condition, string][] = [
  ["onlyPlugged", "only-plugged"],
  ["onlyWifi", "only-wifi"],
  ["onlyVisible", "only-visible"],
];

export class WishesForm {
  wishes: Wishes;
  private readonly storage: Storing;
  private readonly onChange: (wishes: Wishes) => void;
  private readonly slider = byId<HTMLInputElement>("share");
  private readonly cap = byId<HTMLSelectElement>("cap");
  private readonly until = byId<HTMLInputElement>("until");

  constructor(phone: boolean, storage: Storing, onChange: (wishes: Wishes) => void) {
    this.storage = storage;
    this.onChange = onChange;
    this.wishes = readWishes(storage.getItem(KEY), defaultWishes(phone));
    this.show();
    this.slider.addEventListener("input", () => this.change({ share: Number(this.slider.value) }));
    this.cap.addEventListener("change", () => this.change({ dailyBytes: Number(this.cap.value) || null }));
    this.until.addEventListener("change", () => this.change({ until: this.until.value || null }));
    for (const [name, id] of CONDITIONS) {
      const box = byId<HTMLInputElement>(id);
      box.addEventListener("change", () => this.change({ [name]: box.checked }));
    }
  }

  /** Milliseconds until the volunteer wants to stop; null: never. */
  get untilMilliseconds(): number | null {
    return this.wishes.until === null ? null : untilTime(this.wishes.until, new Date());
  }

  /** Says which conditions this browser cannot know about. */
  showKnown(device: DeviceState): void {
    byId("plugged-note").hidden = device.plugged !== null;
    byId("wifi-note").hidden = device.wifi !== null;
  }

  private change(changed: Partial<Wishes>): void {
    this.wishes = { ...this.wishes, ...changed };
    this.storage.setItem(KEY, JSON.stringify(this.wishes));
    this.show();
    this.onChange(this.wishes);
  }

  private show(): void {
    const { share, dailyBytes, until } = this.wishes;
    this.slider.value = String(share);
    this.slider.setAttribute("aria-valuetext", `${share} percent of the time`);
    setText(byId("share-value"), `${share} %`);
    const cap = String(dailyBytes ?? 0);
    if ([...this.cap.options].some(({ value }) => value === cap)) this.cap.value = cap;
    setFields(document, { cap: dailyBytes === null ? "no cap" : bytes(dailyBytes) });
    this.until.value = until ?? "";
    for (const [name, id] of CONDITIONS) byId<HTMLInputElement>(id).checked = this.wishes[name];
  }
}
