/** How a headless volunteer ends: the program's exit codes, which `webnn/evaluator/worker.py` reads. */

export const ExitCode = {
  Done: 0,
  Broken: 1,
  Refused: 2,
  Unreachable: 3,
  Interrupted: 130,
} as const;

/** The session's `closed` event as an exit code; `code` is the protocol's. */
export function verdictOf(code: string, message: string): { code: number; message: string } {
  switch (code) {
    case "finished":
    case "stopped":
      return { code: ExitCode.Done, message };
    case "no_such_run":
    case "bad_secret":
    case "code_needed":
    case "build_changed":
    case "protocol_error":
    case "invalid_model":
    case "invalid_dataset":
    case "no_backend":
      return { code: ExitCode.Refused, message };
    default:
      return { code: ExitCode.Broken, message };
  }
}
