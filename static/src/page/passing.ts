/** Passing a run's link on. */
import { byId, setText } from "./dom.ts";

const SAID_MILLISECONDS = 2500;

/** Offers the system's own way to share where there is one, and copying the link everywhere. */
export function offerPassing(title: string, link: string): void {
  const share = byId("pass-share");
  const copy = byId("pass-copy");
  share.hidden = typeof navigator.share !== "function";
  share.addEventListener("click", () => {
    // Refusing the sheet is no error.
    navigator.share({ title, url: link }).catch(() => {});
  });
  copy.addEventListener("click", () => void copyLink(copy, link));
}

async function copyLink(button: HTMLElement, link: string): Promise<void> {
  const field = byId<HTMLInputElement>("pass-link");
  let copied = true;
  try {
    await navigator.clipboard.writeText(link);
  } catch {
    // Without a secure context there is no clipboard; the old way serves.
    field.select();
    copied = document.execCommand("copy");
  }
  setText(button, copied ? "Copied" : "Copy it by hand");
  setTimeout(() => setText(button, "Copy the link"), SAID_MILLISECONDS);
}
