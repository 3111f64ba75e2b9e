/** The join page: one press starts, everything that happens is shown in words, and it can always be paused. */
import type { BackendName } from "../worker/messages.ts";
import { whyNot } from "./conditions.ts";
import { DailyBytes } from "./daily.ts";
import { isPhone } from "./device.ts";
import { byId, pageSettings } from "./dom.ts";
import { JoinView } from "./join-view.ts";
import { IdentityKeeper, type Locks, openStorage } from "./keeping.ts";
import { Ledger } from "./ledger.ts";
import { offerPassing } from "./passing.ts";
import { keepWorking, reloadOnce, takeResume } from "./reload.ts";
import { DeviceState } from "./surroundings.ts";
import { Tryout } from "./tryout.ts";
import { Volunteer } from "./volunteer.ts";
import { WishesForm } from "./wishes.ts";

const BACKENDS: readonly BackendName[] = ["webgpu", "webgl", "wasm", "cpu"];
const LOOK_MILLISECONDS = 5000;
const MOST_TIMER_MILLISECONDS = 2 ** 31 - 1;

function forcedBackend(): BackendName | null {
  const wanted = new URLSearchParams(location.search).get("backend");
  return BACKENDS.find((name) => name === wanted) ?? null;
}

function main(): void {
  const settings = pageSettings();
  const storage = openStorage();
  const locks = (navigator as { locks?: Locks }).locks ?? null;
  const ledger = new Ledger(storage, `webnn:ledger:${settings.prefix}:${settings.run}`);
  const daily = new DailyBytes(storage);
  const view = new JoinView(ledger);
  const tryout = new Tryout({
    base: settings.base,
    run: settings.run,
    workerUrl: document.body.dataset.predictor ?? "",
    onBytes: (bytes) => daily.add(bytes),
  });
  let moved = 0;
  let paused = false;
  let stopTimer: ReturnType<typeof setTimeout> | undefined;

  const volunteer = new Volunteer({
    settings,
    workerUrl: document.body.dataset.worker ?? "",
    identities: new IdentityKeeper(settings.prefix, storage, locks),
    backend: forcedBackend(),
    onMessage(message) {
      view.take(message);
      switch (message.type) {
        case "traffic": {
          const total = message.bytes_in + message.bytes_out;
          daily.add(total < moved ? total : total - moved);
          moved = total;
          bound();
          break;
        }
        case "live":
          tryout.announce(message.status.version);
          break;
        case "outcome":
          // Whoever trains has asked for all of this: the model may be seen at work.
          void tryout.start();
          break;
        case "closed":
          keepWorking(settings.run, false);
          clearTimeout(stopTimer);
          ledger.save();
          break;
        case "reload":
          if (!reloadOnce(true)) view.showOldBuild();
          break;
        default:
          break;
      }
    },
  });

  /** Lets the device work or rest, as the volunteer wishes and as things are. */
  function bound(): void {
    const reason = whyNot(form.wishes, {
      plugged: device.plugged,
      wifi: device.wifi,
      visible: device.visible,
      bytesToday: daily.total,
    });
    view.showHeld(reason);
    if (paused || reason !== null) volunteer.pause();
    else volunteer.resume();
  }

  function setStopTimer(): void {
    clearTimeout(stopTimer);
    const left = form.untilMilliseconds;
    if (left !== null) stopTimer = setTimeout(() => volunteer.stop(), Math.min(left, MOST_TIMER_MILLISECONDS));
  }

  const device = new DeviceState(() => {
    form.showKnown(device);
    bound();
  });
  const form = new WishesForm(isPhone(navigator.userAgent), storage, ({ share }) => {
    volunteer.setShare(share / 100);
    setStopTimer();
    bound();
  });
  form.showKnown(device);

  const start = () => {
    paused = false;
    moved = 0;
    view.started();
    keepWorking(settings.run, true);
    setStopTimer();
    volunteer
      .start(form.wishes.share / 100)
      .then(bound)
      .catch((error: unknown) => view.failed(String(error)));
  };

  byId("start").addEventListener("click", start);
  byId("stop").addEventListener("click", () => volunteer.stop());
  byId("pause").addEventListener("click", () => {
    paused = !paused;
    view.showPaused(paused);
    bound();
  });
  addEventListener("pagehide", () => ledger.save());
  setInterval(() => {
    ledger.save();
    bound();
  }, LOOK_MILLISECONDS);
  offerPassing(document.title, location.href.split(/[?#]/)[0] ?? location.href);
  view.loadHistory(`${settings.base}/api/v1/runs/${encodeURIComponent(settings.run)}/metrics`);
  if (takeResume(settings.run) && !byId("start").hidden) start();
}

main();
