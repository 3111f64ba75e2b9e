/** Small helpers round the DOM. Text goes in as text, never as markup. */

/** The element with this id, which the template promises. */
export function byId<Type extends HTMLElement = HTMLElement>(id: string): Type {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element as Type;
}

/** Sets text only where it differs, so that screen readers and the layout are left alone. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

/** Fills every element whose `data-field` is one of the keys. */
export function setFields(root: ParentNode, values: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(values)) {
    for (const element of root.querySelectorAll(`[data-field="${name}"]`)) setText(element, text);
  }
}

export interface PageSettings {
  /** The server's address with its path prefix, without a trailing slash. */
  base: string;
  /** The path prefix alone. */
  prefix: string;
  run: string;
  build: string | null;
}

/** What the template put on `<body>`. */
export function pageSettings(): PageSettings {
  const { base = "", run = "", build = "" } = document.body.dataset;
  return { base: location.origin + base, prefix: base, run, build: build || null };
}
