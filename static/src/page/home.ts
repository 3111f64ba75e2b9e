/** The home page works without this; with it numbers and curves stay fresh, and runs that begin appear. */
import { byId, pageSettings, setText } from "./dom.ts";
import { keptToken } from "./owner.ts";

const REFRESH_MILLISECONDS = 5000;

/** The page as the server would give it now. */
async function load(base: string): Promise<Document> {
  const response = await fetch(`${base}/`, { headers: { Accept: "text/html" } });
  if (!response.ok) throw new Error(`The server answered ${response.status}.`);
  return new DOMParser().parseFromString(await response.text(), "text/html");
}

const cardsOf = (root: ParentNode) => [...root.querySelectorAll<HTMLElement>("[data-run]")];
/** What the layout of a card depends on: where it differs, the cards are exchanged. */
const kindOf = (card: HTMLElement) =>
  `${card.dataset.run} ${card.dataset.state} ${card.querySelector(".spark")?.tagName ?? ""}`;

function show(fresh: Document): void {
  const runs = byId("runs");
  const wanted = fresh.getElementById("runs");
  if (!wanted) return;
  const [before, after] = [cardsOf(runs), cardsOf(wanted)];
  if (before.map(kindOf).join() !== after.map(kindOf).join()) {
    exchange(runs, wanted);
    return;
  }
  // The elements stay, so that neither a press nor a reader loses its place.
  for (const [place, card] of before.entries()) update(card, after[place] as HTMLElement);
}

function exchange(runs: HTMLElement, wanted: HTMLElement): void {
  const focused = document.activeElement;
  const href = runs.contains(focused) ? focused?.getAttribute("href") : null;
  runs.replaceChildren(...[...wanted.childNodes].map((node) => document.importNode(node, true)));
  if (href) runs.querySelector<HTMLElement>(`a[href="${CSS.escape(href)}"]`)?.focus({ preventScroll: true });
}

function update(card: HTMLElement, fresh: HTMLElement): void {
  for (const field of card.querySelectorAll<HTMLElement>("[data-field]")) {
    setText(field, fresh.querySelector(`[data-field="${field.dataset.field}"]`)?.textContent ?? "");
  }
  copyAttributes(card, fresh, "progress", ["value"]);
  copyAttributes(card, fresh, ".spark", ["aria-label"]);
  for (const part of [".spark-area", ".spark-line"]) copyAttributes(card, fresh, part, ["d"]);
}

function copyAttributes(card: HTMLElement, fresh: HTMLElement, selector: string, names: string[]): void {
  const [from, to] = [fresh.querySelector(selector), card.querySelector(selector)];
  for (const name of names) {
    const value = from?.getAttribute(name);
    if (to && value != null) to.setAttribute(name, value);
  }
}

const { base } = pageSettings();
byId("owner-actions").hidden = keptToken() === null;
const refresh = () => {
  if (document.hidden) return;
  load(base)
    .then((fresh) => {
      show(fresh);
      byId("home-note").hidden = true;
    })
    .catch(() => {
      byId("home-note").hidden = false;
    });
};
setInterval(refresh, REFRESH_MILLISECONDS);
document.addEventListener("visibilitychange", refresh);
addEventListener("online", refresh);
