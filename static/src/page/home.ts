/** The home page works without this; with it the numbers stay fresh. */
import type { RunStatus } from "../shared/protocol.ts";
import { byId, pageSettings, setFields } from "./dom.ts";
import { keptToken } from "./owner.ts";
import { statusFields } from "./status.ts";

const REFRESH_MILLISECONDS = 5000;

async function refresh(base: string): Promise<void> {
  const response = await fetch(`${base}/api/v1/runs`);
  if (!response.ok) return;
  for (const status of (await response.json()) as RunStatus[]) {
    const card = document.querySelector(`[data-run="${CSS.escape(status.id)}"]`);
    if (card) setFields(card, statusFields(status));
  }
}

const { base } = pageSettings();
byId("owner-actions").hidden = keptToken() === null;
setInterval(() => {
  // A server that is away for a moment leaves the last numbers standing.
  if (!document.hidden) refresh(base).catch(() => {});
}, REFRESH_MILLISECONDS);
