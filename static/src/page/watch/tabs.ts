/** Tabs after the ARIA pattern: arrows move, and the address names the tab. */
import type { Panel } from "./panel.ts";

export class Tabs {
  private readonly tabs = [...document.querySelectorAll<HTMLElement>('[role="tab"]')];
  private readonly open: (name: string) => Promise<Panel | null>;
  private readonly panels = new Map<string, Promise<Panel | null>>();
  private current = "";

  /** `open` makes the panel of a tab when it is first looked at. */
  constructor(open: (name: string) => Promise<Panel | null>) {
    this.open = open;
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.select(nameOf(tab), true));
      tab.addEventListener("keydown", (event) => this.key(event, tab));
    }
    addEventListener("hashchange", () => this.select(location.hash.slice(1), false));
    this.select(location.hash.slice(1), false);
  }

  private select(wanted: string, byHand: boolean): void {
    const name = this.tabs.some((tab) => nameOf(tab) === wanted) ? wanted : nameOf(this.tabs[0] as HTMLElement);
    if (name === this.current) return;
    void this.panels.get(this.current)?.then((panel) => panel?.hide());
    this.current = name;
    for (const tab of this.tabs) {
      const isCurrent = nameOf(tab) === name;
      tab.setAttribute("aria-selected", String(isCurrent));
      tab.tabIndex = isCurrent ? 0 : -1;
      const panel = document.getElementById(`panel-${nameOf(tab)}`);
      if (panel) panel.hidden = !isCurrent;
      if (isCurrent && byHand) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    if (byHand) history.replaceState(null, "", `#${name}`);
    const panel = this.panels.get(name) ?? this.open(name);
    this.panels.set(name, panel);
    void panel.then((shown) => {
      if (this.current === name) shown?.show();
    });
  }

  private key(event: KeyboardEvent, tab: HTMLElement): void {
    const place = this.tabs.indexOf(tab);
    const places: Record<string, number> = {
      ArrowRight: (place + 1) % this.tabs.length,
      ArrowLeft: (place + this.tabs.length - 1) % this.tabs.length,
      Home: 0,
      End: this.tabs.length - 1,
    };
    const next = this.tabs[places[event.key] ?? -1];
    if (!next) return;
    event.preventDefault();
    this.select(nameOf(next), true);
    next.focus();
  }
}

function nameOf(tab: HTMLElement): string {
  return tab.id.replace(/^tab-/, "");
}
