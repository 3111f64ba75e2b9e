/** A field to draw on with a finger, a pen or a mouse. */
import type { Drawing } from "./drawing.ts";

/** Of the field's side: about as thick as a felt pen on a note. */
const STROKE = 0.085;

export class DrawingPad {
  private readonly canvas: HTMLCanvasElement;
  private readonly context: CanvasRenderingContext2D;
  private last: { x: number; y: number } | null = null;
  private readonly onStroke: () => void;

  /** `onStroke` is called when something was drawn, now and then while it is. */
  constructor(canvas: HTMLCanvasElement, onStroke: () => void) {
    this.canvas = canvas;
    this.onStroke = onStroke;
    this.context = canvas.getContext("2d", { willReadFrequently: true }) as CanvasRenderingContext2D;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.last = this.place(event);
      this.line(this.last, this.last);
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.last) return;
      for (const step of event.getCoalescedEvents?.() ?? [event]) this.moved(step);
      this.onStroke();
    });
    for (const name of ["pointerup", "pointercancel"] as const) {
      canvas.addEventListener(name, () => {
        if (this.last) this.onStroke();
        this.last = null;
      });
    }
  }

  clear(): void {
    this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
  }

  get drawing(): Drawing {
    const { width, height } = this.canvas;
    const { data } = this.context.getImageData(0, 0, width, height);
    return {
      width,
      height,
      ink: Float32Array.from({ length: width * height }, (_, i) => (data[4 * i + 3] ?? 0) / 255),
    };
  }

  private moved(event: PointerEvent): void {
    const place = this.place(event);
    if (this.last) this.line(this.last, place);
    this.last = place;
  }

  private line(from: { x: number; y: number }, to: { x: number; y: number }): void {
    const { context } = this;
    context.strokeStyle = getComputedStyle(this.canvas).color;
    context.lineWidth = STROKE * this.canvas.width;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.beginPath();
    context.moveTo(from.x, from.y);
    context.lineTo(to.x, to.y);
    context.stroke();
  }

  private place(event: PointerEvent): { x: number; y: number } {
    const box = this.canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * this.canvas.width,
      y: ((event.clientY - box.top) / box.height) * this.canvas.height,
    };
  }
}
