/** Saving what is shown as a file. */
import { byId } from "../dom.ts";

/** Enable buttons that had nothing to save before. */
export function letSave(...ids: string[]): void {
  for (const id of ids) byId<HTMLButtonElement>(id).disabled = false;
}

export function saveBlob(name: string, blob: Blob): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A canvas on the page's own card colour, so that the picture can be read anywhere. */
export function saveCanvas(name: string, canvas: HTMLCanvasElement): void {
  const copy = document.createElement("canvas");
  copy.width = canvas.width;
  copy.height = canvas.height;
  const context = copy.getContext("2d");
  if (!context) return;
  context.fillStyle = getComputedStyle(document.documentElement).getPropertyValue("--card").trim();
  context.fillRect(0, 0, copy.width, copy.height);
  context.drawImage(canvas, 0, 0);
  copy.toBlob((blob) => blob && saveBlob(name, blob), "image/png");
}

export function saveCsv(name: string, rows: readonly (readonly (string | number | null)[])[]): void {
  saveBlob(name, new Blob([toCsv(rows)], { type: "text/csv" }));
}

export function toCsv(rows: readonly (readonly (string | number | null)[])[]): string {
  return `${rows.map((row) => row.map(field).join(",")).join("\n")}\n`;
}

function field(value: string | number | null): string {
  if (value === null) return "";
  const text = String(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
