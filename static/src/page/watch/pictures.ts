/** Tables and drawings of the page as pictures, in the page's own colours, for the buttons that save them. */
import { saveCanvas } from "./saving.ts";

/** Pictures are this much finer than the screen needs. */
const FINE = 2;

/** A canvas of so many CSS pixels, and what draws on it in them. */
function paper(width: number, height: number): [HTMLCanvasElement, CanvasRenderingContext2D] {
  const canvas = document.createElement("canvas");
  canvas.width = width * FINE;
  canvas.height = height * FINE;
  const context = canvas.getContext("2d") as CanvasRenderingContext2D;
  context.scale(FINE, FINE);
  context.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  context.textBaseline = "middle";
  return [canvas, context];
}

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function widest(context: CanvasRenderingContext2D, texts: readonly string[]): number {
  return Math.ceil(Math.max(0, ...texts.map((text) => context.measureText(text).width)));
}

export interface Bar {
  label: string;
  value: number;
  words: string;
}

/** Bars to the right, each with its name before it and its number behind it. */
export function saveBars(name: string, bars: readonly Bar[], most: number): void {
  const [row, margin, long] = [28, 20, 420];
  const [, measure] = paper(1, 1);
  const before = widest(
    measure,
    bars.map(({ label }) => label),
  );
  const behind = widest(
    measure,
    bars.map(({ words }) => words),
  );
  const [canvas, context] = paper(2 * margin + before + long + behind + 24, 2 * margin + row * bars.length);
  for (const [place, { label, value, words }] of bars.entries()) {
    const y = margin + row * place + row / 2;
    context.fillStyle = colour("--ink");
    context.fillText(label, margin, y);
    context.fillText(words, margin + before + long + 24, y);
    context.fillStyle = colour("--line");
    context.fillRect(margin + before + 12, y - 5, long, 10);
    context.fillStyle = colour("--accent");
    context.fillRect(margin + before + 12, y - 5, most > 0 ? (long * value) / most : 0, 10);
  }
  saveCanvas(name, canvas);
}

/** A row for each true class; the colours say where in it the predictions went. */
export function saveMatrix(name: string, labels: readonly string[], counts: readonly (readonly number[])[]): void {
  const [cell, margin] = [34, 20];
  const [, measure] = paper(1, 1);
  const before = widest(measure, labels) + 12;
  const side = cell * labels.length;
  const [canvas, context] = paper(2 * margin + before + side, 2 * margin + before + side);
  for (const [truth, row] of counts.entries()) {
    const total = row.reduce((sum, value) => sum + value, 0);
    const y = margin + before + cell * truth;
    context.fillStyle = colour("--muted");
    context.textAlign = "end";
    context.fillText(labels[truth] ?? "", margin + before - 8, y + cell / 2);
    context.save();
    context.translate(margin + before + cell * truth + cell / 2, margin + before - 8);
    context.rotate(-Math.PI / 2);
    context.textAlign = "start";
    context.fillText(labels[truth] ?? "", 0, 0);
    context.restore();
    for (const [said, times] of row.entries()) {
      const x = margin + before + cell * said;
      const share = total > 0 ? times / total : 0;
      context.globalAlpha = said === truth ? share : Math.sqrt(share);
      context.fillStyle = colour(said === truth ? "--heat-right" : "--heat-wrong");
      context.fillRect(x + 1, y + 1, cell - 2, cell - 2);
      context.globalAlpha = 1;
      context.fillStyle = colour("--ink");
      context.textAlign = "center";
      if (times > 0) context.fillText(String(times), x + cell / 2, y + cell / 2);
    }
  }
  saveCanvas(name, canvas);
}

const DRAWN = ["fill", "stroke", "stroke-width", "font-size", "font-weight", "font-family"] as const;

/** A drawing of the page, whose looks come from the stylesheet, as a picture that needs none. */
export async function saveDrawing(name: string, drawing: SVGSVGElement): Promise<void> {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  const [from, to] = [drawing.querySelectorAll("*"), copy.querySelectorAll<SVGElement>("*")];
  for (const [place, element] of [...to].entries()) {
    const style = getComputedStyle(from[place] as Element);
    for (const property of DRAWN) element.setAttribute(property, style.getPropertyValue(property));
  }
  const { width, height } = drawing.viewBox.baseVal;
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  copy.setAttribute("width", String(width));
  copy.setAttribute("height", String(height));
  copy.removeAttribute("style");
  const picture = new Image();
  picture.src = `data:image/svg+xml,${encodeURIComponent(new XMLSerializer().serializeToString(copy))}`;
  await picture.decode();
  const [canvas, context] = paper(width, height);
  context.drawImage(picture, 0, 0, width, height);
  saveCanvas(name, canvas);
}
