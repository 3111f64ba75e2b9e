/** The trainer in use, made anew after a failure until there were too many. */
import type { WelcomeMessage } from "../shared/protocol.ts";
import type { LeaseTrainer, SessionEvent, TrainerFactory } from "./events.ts";
import { codeOf, messageOf } from "./failures.ts";

const MAX_FAILURES = 6;
/** Codes of a trainer's errors that trying again cannot mend. */
const FATAL_CODES: ReadonlySet<string> = new Set(["invalid_model", "invalid_dataset", "no_backend"]);

export interface TrainersOptions {
  welcome: WelcomeMessage;
  factory: TrainerFactory;
  emit(event: SessionEvent): void;
}

export class Trainers {
  private readonly options: TrainersOptions;
  /** How often each backend failed, and how often ("none") no trainer came about. */
  private readonly failures: Record<string, number> = {};
  private trainer: LeaseTrainer | null = null;
  private disposed = false;

  constructor(options: TrainersOptions) {
    this.options = options;
  }

  get current(): LeaseTrainer | null {
    return this.trainer;
  }

  /** How often none could be made. */
  get attemptsFailed(): number {
    return this.failures.none ?? 0;
  }

  /** Makes one, which is `current` then; null where that failed. Throws what is fatal, or the last of too many failures. */
  async make(): Promise<LeaseTrainer | null> {
    const { model, dataset, training } = this.options.welcome;
    try {
      const trainer = await this.options.factory({ model, dataset, training, failures: { ...this.failures } });
      if (this.disposed) {
        trainer.dispose();
        return null;
      }
      this.trainer = trainer;
      const { backend, reason, secondsPerIteration } = trainer;
      this.options.emit({ type: "backend", name: backend, reason, seconds_per_iteration: secondsPerIteration });
      return trainer;
    } catch (error) {
      this.count("none", error);
      return null;
    }
  }

  /** The current one broke: there is none then. Throws like `make`. */
  failed(error: unknown): void {
    const backend = this.trainer?.backend ?? "none";
    this.trainer?.dispose();
    this.trainer = null;
    this.count(backend, error);
  }

  /** Frees what there is, and what is still being made. */
  dispose(): void {
    this.disposed = true;
    this.trainer?.dispose();
    this.trainer = null;
  }

  private count(backend: string, error: unknown): void {
    this.failures[backend] = (this.failures[backend] ?? 0) + 1;
    const total = Object.values(this.failures).reduce((sum, count) => sum + count, 0);
    if (FATAL_CODES.has(codeOf(error) ?? "") || total >= MAX_FAILURES) throw error;
    this.options.emit({ type: "error", code: codeOf(error) ?? "trainer", message: messageOf(error) });
  }
}
