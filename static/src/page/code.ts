/** The field for the code that some runs ask for. A link may bring it in its fragment; it stays in this tab. */
import { codeIn } from "../shared/code.ts";
import { byId, setText } from "./dom.ts";
import { openStorage } from "./keeping.ts";

export class CodeField {
  private readonly part = byId("code-part");
  private readonly input = byId<HTMLInputElement>("code");
  private readonly fault = byId("code-fault");
  private readonly key: string;
  private readonly storage = openStorage("sessionStorage");

  /** `server`: codes are kept by server. */
  constructor(server: string) {
    this.key = `webnn:code:${server}`;
    this.input.value = this.storage.getItem(this.key) ?? "";
    this.takeFragment();
    addEventListener("hashchange", () => this.takeFragment());
    this.input.addEventListener("input", () => this.keep());
  }

  /** Null where none was given. */
  get value(): string | null {
    return this.input.value.trim() || null;
  }

  /** The run asks for a code, and none was given. */
  get lacks(): boolean {
    return !this.part.hidden && this.value === null;
  }

  /** Asks for a code, because of `fault`. */
  ask(fault: string): void {
    this.part.hidden = false;
    setText(this.fault, fault);
    this.fault.hidden = false;
    this.input.setAttribute("aria-invalid", "true");
    this.input.focus();
  }

  /** Out of the address too, which is passed on more lightly than a code is. */
  private takeFragment(): void {
    const code = codeIn(location.hash);
    if (code === null) return;
    this.input.value = code;
    this.keep();
    const rest = new URLSearchParams(location.hash.slice(1));
    rest.delete("code");
    history.replaceState(history.state, "", `${location.pathname}${location.search}${rest.size > 0 ? `#${rest}` : ""}`);
  }

  private keep(): void {
    this.storage.setItem(this.key, this.input.value.trim());
    this.fault.hidden = true;
    this.input.removeAttribute("aria-invalid");
  }
}
