"""Taking a run up again: from its folder to where it was."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from webnn.core.aftermath import LeaseRecord
from webnn.core.changing import Changes
from webnn.core.config import RunConfig
from webnn.core.errors import WebNNError
from webnn.core.events import Vector
from webnn.core.merging.base import State
from webnn.core.metrics import Validation
from webnn.core.run import Run
from webnn.core.states import RunState
from webnn.core.validation import VersionResult
from webnn.engine.base import Snapshot
from webnn.engine.local import LocalEngine, take_snapshot
from webnn.model.definition import CheckpointPlan
from webnn.server.clock import RunClock
from webnn.server.event_log import Life, encode_life
from webnn.server.keeping import BEST_FOLDER, CHECKPOINT_FOLDER, DISK_TROUBLE, Keeper
from webnn.server.memory import SETTINGS, recall
from webnn.server.run_task import RunTask
from webnn.store import journal as jn
from webnn.store.checkpoint import Checkpoint, find_checkpoint, read_checkpoint
from webnn.store.disk import is_damage, told_in_words
from webnn.store.journal import VERSIONS_AHEAD, Incarnation, Journal
from webnn.store.lock import is_live
from webnn.store.recording import FrameLog, recording_path


@dataclass(slots=True)
class TakenUp:
    """A run as it goes on (or begins): everything that a `RunTask` needs, and the files that it is kept in.

    `version` is the one that it goes on from (0: from the start); `lost` counts the merged updates that were rolled
    back; `damaged` has a sentence for each checkpoint that could not be read.
    """

    run: Run
    engine: LocalEngine
    clock: RunClock
    keeper: Keeper
    version: int
    lost: int = 0
    damaged: tuple[str, ...] = ()
    best: Snapshot | None = None
    validation: list[list[Any]] = field(default_factory=list)
    training: list[list[Any]] = field(default_factory=list)

    @property
    def sentences(self) -> list[str]:
        """What the owner should know of going on."""
        words = list(told_of_damage(self.damaged))
        if self.version:
            words.append(
                f"Going on from version {self.version}, {self.run.iterations} iterations in"
                + (f"; {self.lost} updates merged after it are trained again" if self.lost else "")
            )
        return words

    def furnish(self, task: RunTask) -> None:
        """Give a task of this run its history and its best version."""
        task.history.replace(self.validation, self.training)
        task.best = self.best
        recall(task, self.keeper.journal)


def take_up(
    folder: Path,
    config: RunConfig,
    initial: Vector,
    *,
    plan: CheckpointPlan | None = None,
    record: bool = False,
    reopen: bool = False,
) -> TakenUp:
    """Begin the run in `folder`, or go on with it where its newest checkpoint left it. Blocks.

    `initial` are the weights to begin with where there is no checkpoint; `reopen`: a run that was stopped goes on.
    Raises `WebNNError`: `invalid_checkpoint`, or `disk`.
    """
    with told_in_words(folder):
        journal = Journal.open(folder)
        try:
            return _take_up(journal, folder, config, initial, plan=plan, record=record, reopen=reopen)
        except BaseException:
            journal.close()
            raise


def _take_up(
    journal: Journal,
    folder: Path,
    config: RunConfig,
    initial: Vector,
    *,
    plan: CheckpointPlan | None,
    record: bool,
    reopen: bool,
) -> TakenUp:
    checkpoint = checkpoint_to_go_on_from(folder, journal)
    at = 0.0 if checkpoint is None else float(checkpoint.manifest["seconds"])
    life = journal.begin(0 if checkpoint is None else checkpoint.manifest["version"], at)
    known = known_since(journal, checkpoint)
    state = None if checkpoint is None else state_to_go_on_in(checkpoint, reopen=reopen)
    changes: Changes = journal.fact(SETTINGS) or {}
    run = restored_run(config, checkpoint, life, known, state, changes=changes)
    lost = journal.go_back(run.returned_to, run.aftermath, life.at) if life.number else 0
    engine = make_engine(run, checkpoint, initial)
    damaged = () if checkpoint is None else checkpoint.damaged
    for words in told_of_damage(damaged):
        seconds = round(run.seconds(life.at), 1)
        journal.write([jn.happened(life.at, "checkpoint", words), jn.logged((seconds, "problem", words))])
    log = None
    if record:
        log = FrameLog(recording_path(folder, life.number))
        log.append(encode_life(Life(config, engine.newest.weights, life, known, checkpoint, state, changes)))
    taken = TakenUp(
        run=run,
        engine=engine,
        clock=RunClock(life.at),
        keeper=Keeper(folder, journal, plan, reserved_version=life.highest_version + VERSIONS_AHEAD, log=log),
        version=run.returned_to,
        lost=lost,
        damaged=damaged,
        validation=journal.validations(),
        training=journal.training(),
    )
    taken.best = _best_of(folder, run)
    return taken


def checkpoint_to_go_on_from(folder: Path, journal: Journal) -> Checkpoint | None:
    """Read the newest checkpoint that is whole, or where there is none any more the best version; None: from the start.

    Those that the run went back over count no more, though it may have been killed before they were dropped.
    Raises `WebNNError("invalid_checkpoint")` where all that there were are damaged.
    """

    def counts(manifest: dict[str, Any]) -> bool:
        return not journal.has_gone_back_over(manifest["snapshot"]["incarnation"], manifest["version"])

    newest, damaged = find_checkpoint(folder / CHECKPOINT_FOLDER, counts)
    best, _ = find_checkpoint(folder / BEST_FOLDER, counts)
    if best is not None and (newest is None or newest.manifest["version"] < best.manifest["version"]):
        return replace(best, damaged=damaged)
    if newest is None and damaged:
        raise WebNNError("invalid_checkpoint", f"No checkpoint can be read: {'; '.join(damaged)}.")
    return newest


def told_of_damage(damaged: Sequence[str]) -> list[str]:
    """What an owner is told of checkpoints that cannot be read."""
    return [f"Passed over a damaged checkpoint: {damage}" for damage in damaged]


def known_since(journal: Journal, checkpoint: Checkpoint | None) -> list[LeaseRecord]:
    """List the leases that a run must hear of which goes on from `checkpoint` (None: from its beginning)."""
    if checkpoint is None:
        return journal.known_leases()
    return journal.known_leases(int(checkpoint.manifest["version"]), float(checkpoint.manifest["snapshot"]["now"]))


def restored_run(
    config: RunConfig,
    checkpoint: Checkpoint | None,
    life: Incarnation,
    known: Sequence[LeaseRecord],
    state: RunState | None,
    *,
    changes: Changes,
) -> Run:
    """Make the run of a checkpoint (None: one that begins) for another life of it, with `changes` of its settings."""
    if checkpoint is None:
        run = Run(config, life.at, incarnation=life.number, highest_version=life.highest_version, changes=changes)
        run.go_over(known, 0.0)
        return run
    return Run.restore(
        config,
        checkpoint.manifest["snapshot"],
        life.at,
        highest_version=life.highest_version,
        incarnation=life.number,
        known=known,
        state=state,
        changes=changes,
    )


def state_to_go_on_in(checkpoint: Checkpoint, *, reopen: bool) -> RunState | None:
    """Say in which state a run goes on; None: in that of the checkpoint."""
    snapshot = checkpoint.manifest["snapshot"]
    waits_for_disk = (snapshot["reason"] or "").startswith(DISK_TROUBLE)
    over = snapshot["state"] in (RunState.STOPPED, RunState.FAILED)
    return RunState.RUNNING if waits_for_disk or (reopen and over) else None


def make_engine(run: Run, checkpoint: Checkpoint | None, initial: Vector) -> LocalEngine:
    """Make the engine with a checkpoint's weights and memory, or with the initial weights."""
    config = run.config
    if checkpoint is None:
        return LocalEngine(run.strategy, initial, config.num_trainable, version=run.first_version, frozen=config.frozen)
    if len(checkpoint.weights) != config.num_weights:
        message = f"The checkpoint has {len(checkpoint.weights)} weights; the model has {config.num_weights}."
        raise WebNNError("invalid_checkpoint", message)
    return LocalEngine(
        run.strategy,
        checkpoint.weights,
        config.num_trainable,
        version=run.version,
        iterations=checkpoint.manifest["iterations"],
        state=memory_of(checkpoint, config),
        frozen=config.frozen,
    )


def memory_of(checkpoint: Checkpoint, config: RunConfig) -> State | None:
    """Give the merge rule's memory in a checkpoint; None where that is of another rule than the run has now."""
    rule = checkpoint.manifest["snapshot"].get("rule")
    same = rule is None or rule == {config.merge.name: dict(config.merge.options)}
    return checkpoint.strategy_state or None if same else None


def _best_of(folder: Path, run: Run) -> Snapshot | None:
    """Read the best version, and tell the run of it, which may have been checkpointed before that was validated."""
    try:
        best = read_checkpoint(folder / BEST_FOLDER)
    except WebNNError:
        return None
    if best is None:
        return None
    result = best.manifest["best"]
    run.keep_best(VersionResult(result["version"], result["whole"], Validation(**result["result"])))
    if run.best is None or run.best.version != best.manifest["version"]:
        return None
    return take_snapshot(best.weights, best.manifest["version"], best.manifest["iterations"])


UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class FoundRun:
    """A run in the runs folder, as its files tell it. `live`: a process serves it now.

    `state` is a `RunState`, or `UNREADABLE` where the journal does not say, for the `reason` given.
    """

    folder: Path
    name: str
    state: str
    reason: str
    live: bool
    seed: int
    port: int | None
    created: str
    accuracy: float | None
    iterations: int

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def resumable(self) -> bool:
        """Whether it can be taken up again."""
        return not self.live and self.state not in (RunState.FINISHED, UNREADABLE)

    @property
    def interrupted(self) -> bool:
        """Whether it neither ended nor goes on."""
        return not self.live and self.state in (RunState.CREATED, RunState.RUNNING, RunState.PAUSED)

    def as_dict(self) -> dict[str, Any]:
        """Render for `wnn runs --json`."""
        return {**asdict(self), "folder": str(self.folder), "id": self.id, "interrupted": self.interrupted}


def find_runs(runs_dir: Path) -> list[FoundRun]:
    """Find the runs of a runs folder, oldest first; folders that are none are passed over."""
    folders = [path.parent for path in runs_dir.glob("*/config.json")] if runs_dir.is_dir() else []
    found = [look_at_run(folder) for folder in folders]
    return sorted((run for run in found if run is not None), key=lambda run: (run.created, run.id))


def look_at_run(folder: Path) -> FoundRun | None:
    """Read what a run's files say of it; None where they say nothing, as while it is being made."""
    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        name, seed, created = config["model"].get("name", folder.name), int(config["seed"]), config["created"]
        name = config.get("name", name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    unreadable = FoundRun(folder, name, UNREADABLE, "", False, seed, None, created, None, 0)
    journal = Journal.look(folder)
    if journal is None:
        damage = Journal.damage(folder)
        return None if damage is None else replace(unreadable, reason=damage)
    with closing(journal):
        try:
            validations = journal.validations()
            return FoundRun(
                folder=folder,
                name=name,
                state=journal.fact("state") or "created",
                reason=journal.fact("reason") or "",
                live=is_live(folder),
                seed=seed,
                port=journal.fact("port"),
                created=created,
                accuracy=validations[-1][4] if validations else None,
                iterations=journal.merged()[1],
            )
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise
            return replace(unreadable, reason=str(error))
