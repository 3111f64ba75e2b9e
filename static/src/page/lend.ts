/** Lending this device: what every page does on which one can start. */
import type { BackendName, WorkerMessage } from "../worker/messages.ts";
import { CodeField } from "./code.ts";
import { whyNot } from "./conditions.ts";
import { DailyBytes } from "./daily.ts";
import { isPhone } from "./device.ts";
import { byId, pageSettings } from "./dom.ts";
import { JoinView } from "./join-view.ts";
import { IdentityKeeper, type Locks, openStorage } from "./keeping.ts";
import { Ledger } from "./ledger.ts";
import { goOnIn, keepWorking, reloadOnce, takeResume } from "./reload.ts";
import { DeviceState } from "./surroundings.ts";
import { Volunteer } from "./volunteer.ts";
import { WishesForm } from "./wishes.ts";

const BACKENDS: readonly BackendName[] = ["webgpu", "webgl", "wasm", "cpu"];
const LOOK_MILLISECONDS = 5000;
const MOST_TIMER_MILLISECONDS = 2 ** 31 - 1;

export class Lending {
  readonly settings = pageSettings();
  readonly daily: DailyBytes;
  readonly code: CodeField;
  private readonly ledger: Ledger;
  private readonly view: JoinView;
  private readonly volunteer: Volunteer;
  private readonly device: DeviceState;
  private readonly form: WishesForm;
  private readonly onMessage: (message: WorkerMessage) => void;
  private moved = 0;
  private paused = false;
  private stopTimer: ReturnType<typeof setTimeout> | undefined;

  /** `onMessage` gets what the worker says, after the page has shown it. */
  constructor(onMessage: (message: WorkerMessage) => void) {
    const { settings } = this;
    const storage = openStorage();
    const locks = (navigator as { locks?: Locks }).locks ?? null;
    this.onMessage = onMessage;
    this.code = new CodeField(settings.prefix);
    this.daily = new DailyBytes(storage);
    this.ledger = new Ledger(storage, `webnn:ledger:${settings.prefix}:${settings.run}`);
    this.view = new JoinView(this.ledger);
    this.volunteer = new Volunteer({
      settings,
      workerUrl: document.body.dataset.worker ?? "",
      identities: new IdentityKeeper(settings.prefix, storage, locks),
      backend: forcedBackend(),
      code: () => this.code.value,
      onMessage: (message) => this.take(message),
    });
    this.device = new DeviceState(() => {
      this.form.showKnown(this.device);
      this.bound();
    });
    this.form = new WishesForm(isPhone(navigator.userAgent), storage, ({ share }) => {
      this.volunteer.setShare(share / 100);
      this.setStopTimer();
      this.bound();
    });
    this.form.showKnown(this.device);
    this.listen();
    this.view.loadHistory(`${settings.base}/api/v1/runs/${encodeURIComponent(settings.run)}/metrics`);
    if (takeResume(settings.run) && !byId("start").hidden) this.start();
  }

  private listen(): void {
    byId("start").addEventListener("click", () => this.start());
    byId("stop").addEventListener("click", () => this.volunteer.stop());
    byId("pause").addEventListener("click", () => {
      this.paused = !this.paused;
      this.view.showPaused(this.paused);
      this.bound();
    });
    addEventListener("pagehide", () => this.ledger.save());
    setInterval(() => {
      this.ledger.save();
      this.bound();
    }, LOOK_MILLISECONDS);
  }

  private start(): void {
    if (this.code.lacks) {
      this.code.ask("Enter the code first.");
      return;
    }
    this.paused = false;
    this.moved = 0;
    this.view.started();
    keepWorking(this.settings.run, true);
    this.setStopTimer();
    this.volunteer
      .start(this.form.wishes.share / 100)
      .then(() => this.bound())
      .catch((error: unknown) => this.view.failed(String(error)));
  }

  private take(message: WorkerMessage): void {
    this.view.take(message);
    switch (message.type) {
      case "traffic": {
        const total = message.bytes_in + message.bytes_out;
        this.daily.add(total < this.moved ? total : total - this.moved);
        this.moved = total;
        this.bound();
        break;
      }
      case "closed":
        keepWorking(this.settings.run, false);
        clearTimeout(this.stopTimer);
        this.ledger.save();
        if (message.code === "code_needed") this.code.ask(message.message);
        break;
      case "moved":
        this.ledger.save();
        goOnIn(this.settings.base, message.run);
        break;
      case "reload":
        if (!reloadOnce(true)) this.view.showOldBuild();
        break;
      default:
        break;
    }
    this.onMessage(message);
  }

  /** Lets the device work or rest, as the volunteer wishes and as things are. */
  private bound(): void {
    const { plugged, wifi, visible } = this.device;
    const reason = whyNot(this.form.wishes, { plugged, wifi, visible, bytesToday: this.daily.total });
    this.view.showHeld(reason);
    if (this.paused || reason !== null) this.volunteer.pause();
    else this.volunteer.resume();
  }

  private setStopTimer(): void {
    clearTimeout(this.stopTimer);
    const left = this.form.untilMilliseconds;
    if (left === null) return;
    this.stopTimer = setTimeout(() => this.volunteer.stop(), Math.min(left, MOST_TIMER_MILLISECONDS));
  }
}

function forcedBackend(): BackendName | null {
  const wanted = new URLSearchParams(location.search).get("backend");
  return BACKENDS.find((name) => name === wanted) ?? null;
}
