/** What can go wrong in the trainer; the codes are those of the server's own table where both know one. */
export type TrainerErrorCode =
  | "invalid_model" // the model cannot be built or trained; the message says what to change
  | "invalid_dataset" // the examples do not fit the model or their description
  | "no_backend" // this device has none that can train
  | "backend_lost"; // the GPU was taken away; `resetBackend` and a new trainer recover

/** An error whose message is a sentence for a person. */
export class TrainerError extends Error {
  readonly code: TrainerErrorCode;

  constructor(code: TrainerErrorCode, message: string) {
    super(message);
    this.name = "TrainerError";
    this.code = code;
  }
}
