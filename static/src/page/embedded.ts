/** The join page in a frame of somebody else's page: tells that page how it goes, and takes its colours. */
import type { FrameMessage } from "../shared/embedding.ts";
import { COLOURS } from "../shared/embedding.ts";
import { byId } from "./dom.ts";
import { Lending } from "./lend.ts";

const HARMLESS = /^(#[0-9a-f]{3,8}|[a-z]{3,20}|(rgb|hsl|oklch|lab)a?\([\d.,%\s/deg]+\)|[\d.]+(px|rem|em))$/i;

function takeColours(): void {
  const wanted = new URLSearchParams(location.hash.slice(1));
  for (const [name, property] of Object.entries(COLOURS)) {
    const value = wanted.get(name)?.trim() ?? "";
    if (HARMLESS.test(value)) document.documentElement.style.setProperty(property, value);
  }
}

function tell(message: FrameMessage): void {
  // Nothing of it is secret: the page round the frame shows it anyway.
  parent.postMessage(message, "*");
}

takeColours();
const root = byId("join");
const tellState = () => {
  const { phase = "idle", activity = "", merged = "0", leases = "0" } = root.dataset;
  tell({ type: "webnn-state", phase, activity, merged: Number(merged), leases: Number(leases) });
};
new Lending(tellState);
new MutationObserver(tellState).observe(root, { attributes: true, attributeFilter: ["data-phase", "data-activity"] });
new ResizeObserver(() =>
  tell({ type: "webnn-height", height: Math.ceil(root.getBoundingClientRect().height) }),
).observe(root);
tellState();
