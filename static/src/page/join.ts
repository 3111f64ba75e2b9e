/** The join page: one press starts, everything that happens is shown in words, and it can always be paused. */
import type { BackendName } from "../worker/messages.ts";
import { byId, pageSettings } from "./dom.ts";
import { JoinView } from "./join-view.ts";
import { IdentityKeeper, keptNumber, type Locks, openStorage } from "./keeping.ts";
import { reloadOnce, takeResume } from "./reload.ts";
import { Volunteer } from "./volunteer.ts";

const SHARE_KEY = "webnn:share";
const BACKENDS: readonly BackendName[] = ["webgpu", "webgl", "wasm", "cpu"];

function forcedBackend(): BackendName | null {
  const wanted = new URLSearchParams(location.search).get("backend");
  return BACKENDS.find((name) => name === wanted) ?? null;
}

function main(): void {
  const settings = pageSettings();
  const storage = openStorage();
  const locks = (navigator as { locks?: Locks }).locks ?? null;
  const slider = byId<HTMLInputElement>("share");
  slider.value = String(keptNumber(storage, SHARE_KEY, 100, [10, 100]));
  const view = new JoinView();
  view.showShare(Number(slider.value));
  const volunteer = new Volunteer({
    settings,
    workerUrl: document.body.dataset.worker ?? "",
    identities: new IdentityKeeper(settings.prefix, storage, locks),
    backend: forcedBackend(),
    onMessage(message) {
      view.take(message);
      if (message.type === "reload" && !reloadOnce(true)) view.showOldBuild();
    },
  });
  const start = () => {
    view.started();
    volunteer.start(Number(slider.value) / 100).catch((error: unknown) => view.failed(String(error)));
  };

  byId("start").addEventListener("click", start);
  byId("stop").addEventListener("click", () => volunteer.stop());
  byId("pause").addEventListener("click", () => {
    const pausing = !view.paused;
    if (pausing) volunteer.pause();
    else volunteer.resume();
    view.showPaused(pausing);
  });
  slider.addEventListener("input", () => {
    view.showShare(Number(slider.value));
    volunteer.setShare(Number(slider.value) / 100);
    storage.setItem(SHARE_KEY, slider.value);
  });
  view.loadHistory(`${settings.base}/api/v1/runs/${encodeURIComponent(settings.run)}/metrics`);
  if (takeResume()) start();
}

main();
