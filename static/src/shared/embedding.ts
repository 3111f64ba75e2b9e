/** What the frame of an embedded volunteer says to the page round it. */

export type FrameMessage =
  | { type: "webnn-state"; phase: string; activity: string; merged: number; leases: number }
  /** The height that the frame needs, in CSS pixels. */
  | { type: "webnn-height"; height: number };

/** Custom properties of the host (`--webnn-NAME`) by name, and those of the frame that take their values. */
export const COLOURS: Readonly<Record<string, string>> = {
  accent: "--accent",
  "accent-strong": "--accent-strong",
  "on-accent": "--on-accent",
  paper: "--paper",
  card: "--card",
  ink: "--ink",
  muted: "--muted",
  line: "--line",
  radius: "--radius",
};
