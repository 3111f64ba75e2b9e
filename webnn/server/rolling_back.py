"""Taking a live run back to an earlier version: a restart from an older checkpoint, with everyone still there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from webnn.core.effects import GoBack
from webnn.core.errors import WebNNError
from webnn.core.events import Joined, Ready
from webnn.core.run import Run
from webnn.core.states import RunState
from webnn.engine.local import take_snapshot
from webnn.server.event_log import Life, encode_life
from webnn.server.keeping import BEST_FOLDER, CHECKPOINT_FOLDER, Keeper
from webnn.server.moments import in_thread
from webnn.server.news import HarmNews
from webnn.server.resuming import known_since, memory_of, restored_run
from webnn.server.run_task import RunTask
from webnn.store.checkpoint import Checkpoint, drop_versions, read_checkpoint, read_version, write_checkpoint
from webnn.store.recording import FrameLog, recording_path

BEST = "best"


async def roll_back(task: RunTask, to: int | str) -> int:
    """Take a run back to version `to` (or `"best"`), which a checkpoint must have; returns that version.

    Its weights become a new version, above all that were ever handed out. Work merged above it is rolled back, leases
    that are out are not needed any more, and the examples of both are free.
    Raises `WebNNError` `not_running`, `no_checkpoint` or `invalid_checkpoint`.
    """
    keeper = task.keeper
    if keeper is None or task.state not in (RunState.RUNNING, RunState.PAUSED):
        raise WebNNError("not_running", f"The run is {task.state}, which does not allow this.")
    await keeper.write_moment()
    checkpoint = await in_thread(_find, keeper, to)

    async def turn() -> None:
        async with keeper.undisturbed():
            await _turn_back(task, keeper, checkpoint)

    await task.between_events(turn)
    return int(checkpoint.manifest["version"])


async def go_back(task: RunTask, effect: GoBack) -> None:
    """Take a run back because it came to harm; where that cannot be, say so and go on. The owner is told of either."""
    version: int | None = None
    try:
        version = await roll_back(task, BEST)
    except WebNNError as error:
        task.log.warning("the run could not go back: %s", error)
    task.tell(HarmNews(version, effect.reason))


def _find(keeper: Keeper, to: int | str) -> Checkpoint:
    best = read_checkpoint(keeper.folder / BEST_FOLDER)
    gone = best is not None and keeper.journal.has_gone_back_over(
        best.manifest["snapshot"]["incarnation"], best.manifest["version"]
    )
    if to == BEST:
        if best is None:
            raise WebNNError("no_checkpoint", "No version has been validated yet, so none is the best.")
        if gone:
            message = f"The best version, {best.manifest['version']}, is one that the run went back over."
            raise WebNNError("no_checkpoint", message)
        return best
    if best is not None and not gone and best.manifest["version"] == to:
        return best
    return read_version(keeper.folder / CHECKPOINT_FOLDER, int(to))


async def _turn_back(task: RunTask, keeper: Keeper, checkpoint: Checkpoint) -> None:
    """What happens between two events. The disk is written to first, the journal before all else: what it says was gone
    back over is gone, and a restart after a crash from here on goes back itself.
    """
    before, version, now = task.run, int(checkpoint.manifest["version"]), task.now
    if before.state.over or before.closing:
        raise WebNNError("not_running", "The run ends already.")
    await keeper.flush()
    life = await in_thread(keeper.journal.begin, version, now)
    known = await in_thread(known_since, keeper.journal, checkpoint)
    state = before.state
    run = restored_run(before.first_config, checkpoint, life, known, state, changes=before.changes)
    checkpoint = _with_standing(checkpoint, run.standing_after(before))
    run = restored_run(before.first_config, checkpoint, life, known, state, changes=before.changes)  # as a replay will
    run.inherit(before)
    run.reason = before.reason
    manifest = {**checkpoint.manifest, "version": run.version, "seconds": life.at, "snapshot": run.snapshot()}
    await in_thread(keeper.journal.go_back, version, run.aftermath, life.at)
    await in_thread(
        write_checkpoint,
        *(keeper.folder / CHECKPOINT_FOLDER, checkpoint.weights, checkpoint.strategy_state),
        *(manifest, keeper.plan.keep),
    )
    await in_thread(drop_versions, keeper.folder / CHECKPOINT_FOLDER, version, run.version)
    log = None
    if keeper.records:
        log = FrameLog(recording_path(keeper.folder, life.number))
        parts = Life(before.first_config, checkpoint.weights, life, known, checkpoint, state, before.changes)
        await in_thread(log.append, encode_life(parts))
    weights_iterations = int(checkpoint.manifest["iterations"])
    task.engine.restore(
        run.strategy, run.version, weights_iterations, checkpoint.weights, memory_of(checkpoint, run.config)
    )
    keeper.take_over(life.highest_version, log)
    _keep_best(task, run, checkpoint)
    task.switch(run, keeper.journal.validations(), keeper.journal.training())
    _let_in_again(task, before)


def _with_standing(checkpoint: Checkpoint, judging: dict[str, Any]) -> Checkpoint:
    """Put into a checkpoint what is known of volunteers by now."""
    snapshot = {**checkpoint.manifest["snapshot"], "judging": judging}
    return replace(checkpoint, manifest={**checkpoint.manifest, "snapshot": snapshot})


def _keep_best(task: RunTask, run: Run, checkpoint: Checkpoint) -> None:
    """The best version so far stays the best, though the run may have gone back behind it."""
    if task.best is not None and task.run.best is not None:
        run.keep_best(task.run.best)
    elif run.best is not None and run.best.version == checkpoint.manifest["version"]:
        manifest = checkpoint.manifest
        task.best = take_snapshot(checkpoint.weights, manifest["version"], manifest["iterations"])


def _let_in_again(task: RunTask, before: Run) -> None:
    """Tell the new run who is there, and who waits for a lease, before it hears what they said meanwhile."""
    waiting = {volunteer.volunteer_id: volunteer for volunteer in before.waiting}
    for volunteer in before.volunteers:
        task.handle_now(Joined(volunteer.volunteer_id, volunteer.device))
    for volunteer_id, volunteer in waiting.items():
        task.handle_now(Ready(volunteer_id, volunteer.device.backend, volunteer.pace))
