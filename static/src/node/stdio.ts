/** Frames over a process's standard streams: uint32 little-endian frame length, then the frame. */
import type { Readable, Writable } from "node:stream";
import { encodeFrame } from "../shared/frames.ts";

const LENGTH_BYTES = 4;

/** Cuts a stream of chunks into frames. Each frame is copied once, into a buffer of its own. */
export class FrameAssembler {
  readonly #length = new Uint8Array(LENGTH_BYTES);
  #lengthDone = 0;
  #frame: Uint8Array<ArrayBuffer> | null = null;
  #frameDone = 0;

  /** The frames that `chunk` completes, in order. */
  push(chunk: Uint8Array): Uint8Array<ArrayBuffer>[] {
    const complete: Uint8Array<ArrayBuffer>[] = [];
    let rest = chunk;
    while (rest.byteLength > 0) {
      rest = rest.subarray(this.#frame ? this.#takeBody(this.#frame, rest) : this.#takeLength(rest));
      if (this.#frame && this.#frameDone === this.#frame.byteLength) {
        complete.push(this.#frame);
        this.#frame = null;
      }
    }
    return complete;
  }

  #takeLength(chunk: Uint8Array): number {
    const taken = Math.min(LENGTH_BYTES - this.#lengthDone, chunk.byteLength);
    this.#length.set(chunk.subarray(0, taken), this.#lengthDone);
    this.#lengthDone += taken;
    if (this.#lengthDone === LENGTH_BYTES) {
      this.#frame = new Uint8Array(new DataView(this.#length.buffer).getUint32(0, true));
      this.#frameDone = 0;
      this.#lengthDone = 0;
    }
    return taken;
  }

  #takeBody(frame: Uint8Array, chunk: Uint8Array): number {
    const taken = Math.min(frame.byteLength - this.#frameDone, chunk.byteLength);
    frame.set(chunk.subarray(0, taken), this.#frameDone);
    this.#frameDone += taken;
    return taken;
  }
}

/** The frames of `input` until it ends. Nothing more is read while the caller works on one. */
export async function* readFrames(input: Readable): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const assembler = new FrameAssembler();
  for await (const chunk of input) yield* assembler.push(chunk as Uint8Array);
}

/** Writes one frame; resolves when the stream took all of it. */
export async function writeFrame(output: Writable, header: object, payload?: ArrayBufferView): Promise<void> {
  const frame = encodeFrame(header, payload);
  const length = new Uint8Array(LENGTH_BYTES);
  new DataView(length.buffer).setUint32(0, frame.byteLength, true);
  output.write(length);
  await new Promise<void>((resolve, reject) => {
    output.write(frame, (error) => (error ? reject(error) : resolve()));
  });
}

/** Sends what libraries print to standard error, because standard output carries frames or events only. */
export function keepStdoutClean(): void {
  console.log = console.error;
  console.info = console.error;
  console.debug = console.error;
}
