/**
 * `<webnn-volunteer run="RUN"></webnn-volunteer>`: a volunteer in any page.
 *
 * A worker cannot be started from another origin, so the element is a frame of the server's own page. The host's page
 * needs `frame-src` and `script-src` of the server in its policy and no inline anything; the server must list the
 * host's origin (`--embed-origin`). Colours: `--webnn-accent`, `--webnn-card`, ... on the element. Events:
 * `webnn-change` with `detail` {phase, activity, merged, leases}.
 */
import { COLOURS, type FrameMessage } from "../shared/embedding.ts";

const SERVER = new URL(".", import.meta.url).href.replace(/\/$/, "");
const FIRST_HEIGHT = 420;
const MOST_HEIGHT = 2000;

class WebNNVolunteer extends HTMLElement {
  static readonly observedAttributes = ["run", "server", "code"];
  private frame: HTMLIFrameElement | null = null;
  private readonly hear = (event: MessageEvent<FrameMessage>) => this.take(event);

  connectedCallback(): void {
    addEventListener("message", this.hear);
    this.show();
  }

  disconnectedCallback(): void {
    removeEventListener("message", this.hear);
    this.frame?.remove();
    this.frame = null;
  }

  attributeChangedCallback(_: string, before: string | null, after: string | null): void {
    if (this.isConnected && before !== after) this.show();
  }

  /** The server's address with its path prefix; that which gave this script where the attribute is not set. */
  get server(): string {
    return (this.getAttribute("server") ?? SERVER).replace(/\/$/, "");
  }

  private show(): void {
    const run = this.getAttribute("run");
    this.frame?.remove();
    this.frame = null;
    if (!run) return;
    const frame = document.createElement("iframe");
    frame.src = `${this.server}/embed/${encodeURIComponent(run)}#${this.colours()}`;
    frame.title = this.getAttribute("title") ?? "Lend this device to a neural network";
    frame.allow = "screen-wake-lock";
    frame.style.display = "block";
    frame.style.width = "100%";
    frame.style.height = `${FIRST_HEIGHT}px`;
    frame.style.border = "0";
    if (getComputedStyle(this).display === "inline") this.style.display = "block";
    this.frame = frame;
    this.append(frame);
  }

  private colours(): string {
    const style = getComputedStyle(this);
    const set = new URLSearchParams();
    for (const name of Object.keys(COLOURS)) {
      const value = style.getPropertyValue(`--webnn-${name}`).trim();
      if (value) set.set(name, value);
    }
    const code = this.getAttribute("code");
    if (code) set.set("code", code);
    return set.toString();
  }

  private take({ source, data }: MessageEvent<FrameMessage>): void {
    if (!this.frame || source !== this.frame.contentWindow) return;
    switch (data.type) {
      case "webnn-height":
        if (data.height > 0) this.frame.style.height = `${Math.min(data.height, MOST_HEIGHT)}px`;
        break;
      case "webnn-state": {
        const { type: _, ...detail } = data;
        this.dispatchEvent(new CustomEvent("webnn-change", { detail, bubbles: true }));
        break;
      }
      default:
        break;
    }
  }
}

if (!customElements.get("webnn-volunteer")) customElements.define("webnn-volunteer", WebNNVolunteer);
