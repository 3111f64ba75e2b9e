/** The visitor's camera, a few pictures a second. What it sees stays in this page. */
import type { Photograph } from "./drawing.ts";

const EVERY_MILLISECONDS = 250;
/** The side of what is cut out of a picture: enough to find its subject in. */
const SIDE = 112;

export class Camera {
  private readonly video: HTMLVideoElement;
  private readonly onPicture: (photo: Photograph) => void;
  private stream: MediaStream | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(video: HTMLVideoElement, onPicture: (photo: Photograph) => void) {
    this.video = video;
    this.onPicture = onPicture;
    // A camera that nobody looks at is off.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.rest();
    });
  }

  /** Only a secure context has one. */
  static get available(): boolean {
    return typeof navigator.mediaDevices?.getUserMedia === "function";
  }

  get running(): boolean {
    return !this.video.hidden;
  }

  /** Asks for the camera, after a press. Rejects where there is none, or the visitor refuses. */
  async start(): Promise<void> {
    this.stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: "environment", width: { ideal: 640 }, height: { ideal: 480 } },
    });
    this.video.hidden = false;
    this.video.srcObject = this.stream;
    await this.video.play();
    this.timer = setInterval(() => this.look(), EVERY_MILLISECONDS);
  }

  stop(): void {
    this.rest();
    this.video.hidden = true;
  }

  private rest(): void {
    clearInterval(this.timer);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  private look(): void {
    const { videoWidth, videoHeight } = this.video;
    const photo = videoWidth > 0 ? takePhotograph(this.video, videoWidth, videoHeight) : null;
    if (photo) this.onPicture(photo);
  }
}

let canvas: HTMLCanvasElement | null = null;

/** The square in the middle of a picture. */
export function takePhotograph(picture: CanvasImageSource, width: number, height: number): Photograph | null {
  canvas ??= document.createElement("canvas");
  canvas.width = SIDE;
  canvas.height = SIDE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) return null;
  const side = Math.min(width, height);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
  return { width: SIDE, height: SIDE, data: context.getImageData(0, 0, SIDE, SIDE).data };
}
