"""From a model definition to a run that can start."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from webnn import __version__
from webnn.core.config import RunConfig, ShardSize
from webnn.data.download import DownloadProgress
from webnn.data.loading import LoadedDataset, load_data
from webnn.data.shards import ShardStore, cut_shards, encode_split
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.results import BuiltModel, CheckReport
from webnn.model.definition import ModelDefinition
from webnn.model.fit import check_fit, check_stop
from webnn.server.about import describe_ask
from webnn.server.config import Limits
from webnn.server.earlier import Earlier, read_earlier
from webnn.server.event_files import EventFiles
from webnn.server.info import RunInfo
from webnn.server.insight import Insight
from webnn.server.keeping import CHECKPOINT_FOLDER
from webnn.server.rebuilding import keep_built, known_built
from webnn.server.resources import refuse_unfit, resource_warnings
from webnn.server.resuming import TakenUp, take_up
from webnn.server.run_folder import make_run_folder, write_json
from webnn.server.run_task import RunTask
from webnn.store.disk import told_in_words
from webnn.store.lock import RunLock
from webnn.store.recording import recordings


@dataclass(frozen=True, slots=True)
class PrepareRequest:
    """What to train, on what, and where its files go. `seed` (a uint32) decides everything that chance decides.

    `resume` is the folder of a run to go on with: its own model and seed count then. `record`: every event is kept.
    `folder` is one that was made for the run before. `max_bytes`: a run that may need more memory is refused.
    """

    definition: ModelDefinition
    dataset_search: Sequence[Path]
    data_dir: Path
    runs_dir: Path
    seed: int
    resume: Path | None = None
    record: bool = False
    folder: Path | None = None
    max_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of preparing, in words."""

    message: str


Preparation = Step | DownloadProgress
"""What preparing tells while it goes on; downloads tell it from another thread."""


@dataclass(slots=True)
class PreparedRun:
    """A checked run that has not started. It holds a Node process: `close` it."""

    id: str
    folder: Path
    definition: ModelDefinition
    dataset: LoadedDataset
    config: RunConfig
    shards: ShardStore
    built: BuiltModel
    check: CheckReport
    evaluator: Evaluator
    record: dict[str, Any] = field(repr=False)
    taken: TakenUp
    lock: RunLock
    event_files: EventFiles | None = None

    def make_task(self, limits: Limits | None = None) -> RunTask:
        """Make the task that lives this run in a server."""
        taken = self.taken
        task = RunTask(
            *(self.info, taken.run, taken.engine, self.evaluator, self.shards),
            clock=taken.clock,
            limits=limits,
            keeper=taken.keeper,
        )
        task.insight = Insight(self.built, self.dataset.dataset, self.evaluator, taken.clock, self.dataset.preparation)
        taken.furnish(task)
        self.event_files = EventFiles(self.folder, self.record, first_step=taken.run.iterations)
        self.event_files.follow(task)
        return task

    @property
    def info(self) -> RunInfo:
        definition, config = self.definition, self.config
        return RunInfo(
            id=self.id,
            name=definition.name,
            description=definition.description,
            model=self.built.config,
            dataset=self.dataset.description,
            training=definition.training_of(config.seed, self.dataset.augmentation),
            about=describe_ask(definition, config, self.shards),
        )

    async def close(self) -> None:
        """End the Node process, and let go of the run's files."""
        await self.evaluator.close()
        await self.taken.keeper.close()
        if self.event_files is not None:
            await asyncio.to_thread(self.event_files.close)
        self.lock.release()


async def prepare_run(request: PrepareRequest, progress: Callable[[Preparation], None] = lambda _: None) -> PreparedRun:
    """Load the data, cut shards, build the model and try one step of it, and make the run's folder.

    Everything that an owner may have got wrong is found here, as a `WebNNError`; nothing is left behind then. A run
    that is resumed is found as it was left, if its data are the same.
    """
    folder = request.resume
    if folder is None:
        return await _prepare(request, None, progress)
    with told_in_words(folder):
        lock = RunLock.take(folder)
    try:
        earlier = read_earlier(folder)
        progress(Step(f"Going on with the run {folder.name}"))
        request = replace(request, definition=earlier.definition, seed=earlier.seed)
        return await _prepare(request, Resumption(folder, lock, earlier), progress)
    except BaseException:
        lock.release()
        raise


async def _prepare(
    request: PrepareRequest, resumption: Resumption | None, progress: Callable[[Preparation], None]
) -> PreparedRun:
    definition = request.definition
    progress(Step(f"Loading the dataset {definition.dataset}"))
    loaded = await asyncio.to_thread(load_data, definition, request.dataset_search, request.data_dir, progress)
    check_fit(definition, loaded.description)
    check_stop(definition, loaded.description)
    progress(Step(f"Cutting {len(loaded.dataset.train):,} examples into shards"))
    shards = await asyncio.to_thread(cut_shards, loaded.dataset, request.seed, tell=tell_share(progress))
    if resumption is not None:
        resumption.earlier.check_data(fingerprint(shards))
    if resumption is None:
        progress(Step("Building the model and trying a step of it"))
    evaluator = Evaluator.idle()
    undoing = ExitStack()
    try:
        expected = evaluator.expect(definition, loaded.description, request.seed, loaded.augmentation)
        known = None if resumption is None else known_built(resumption.folder, expected, CHECKPOINT_FOLDER)
        built = known or await evaluator.build(definition, loaded.description, request.seed, loaded.augmentation)
        if resumption is None or resumption.earlier.check is None:
            check = await evaluator.check(shards.get(shards.shards[0].name))
        else:
            check = resumption.earlier.check
        if request.max_bytes is not None:
            refuse_unfit(built.num_weights, sum(shard.num_bytes for shard in shards.shards), request.max_bytes)
        for warning in (*check.warnings, *resource_warnings(built.num_weights)):
            progress(Step(warning))
        if known is None:
            await evaluator.load_validation(lambda: encode_split(loaded.dataset.validation))
        else:
            evaluator.go_on(known.num_weights, lambda: encode_split(loaded.dataset.validation))
        sizes = [ShardSize(shard.name, shard.num_examples) for shard in shards.shards]
        held_out = len(loaded.dataset.validation)
        counts = (built.num_weights, built.num_trainable, held_out, built.frozen)
        config = definition.run_config(request.seed, sizes, *counts)
        if resumption is None:
            folder = request.folder or make_run_folder(request.runs_dir, definition.name, datetime.now(UTC))
            undoing.callback(undo_folder, folder, made=request.folder is None)
            told = describe(folder.name, request=request, loaded=loaded, config=config, built=built, check=check)
            record = {**told, "fingerprint": fingerprint(shards)}
            lock = fill_folder(folder, record, loaded, lambda: keep_built(folder, built, expected))
            undoing.callback(lock.release)
        else:
            folder, lock, record = resumption.folder, resumption.lock, resumption.earlier.config
        taken = await asyncio.to_thread(
            take_up,
            *(folder, config, built.initial),
            plan=definition.checkpoint,
            record=request.record or bool(recordings(folder)),
            reopen=resumption is not None,
        )
        for sentence in taken.sentences:
            progress(Step(sentence))
    except BaseException:
        await evaluator.close()
        undoing.close()
        raise
    return PreparedRun(
        folder.name, folder, definition, loaded, config, shards, built, check, evaluator, record, taken, lock
    )


@dataclass(frozen=True, slots=True)
class Resumption:
    """A run that is taken up again: its folder, this process's hold of it, and what it was told at first."""

    folder: Path
    lock: RunLock
    earlier: Earlier


def tell_share(progress: Callable[[Preparation], None]) -> Callable[[float], None]:
    """Say how far the cutting of a large dataset is."""
    return lambda share: progress(Step(f"Cutting shards: {100 * share:.0f} %"))


def fill_folder(folder: Path, record: dict[str, Any], loaded: LoadedDataset, keep: Callable[[], None]) -> RunLock:
    """Take the folder of a new run, and write there what it takes to do the run again. Raises `WebNNError("disk")`."""
    with told_in_words(folder):
        lock = RunLock.take(folder)
        try:
            keep()
            write_json(folder / "config.json", record)
            loaded.preparation.save(folder)
        except BaseException:
            lock.release()
            raise
    return lock


def undo_folder(folder: Path, *, made: bool) -> None:
    """Leave nothing behind of a run that could not begin, if the folder was `made` for it."""
    if made:
        shutil.rmtree(folder, ignore_errors=True)


def fingerprint(shards: ShardStore) -> str:
    """Name the training data as cut: another dataset, seed or order has another name."""
    return hashlib.sha256("".join(shard.name for shard in shards.shards).encode()).hexdigest()


def describe(
    run_id: str,
    *,
    request: PrepareRequest,
    loaded: LoadedDataset,
    config: RunConfig,
    built: BuiltModel,
    check: CheckReport,
) -> dict[str, Any]:
    """The `config.json` of a run's folder: everything that it takes to do the run again."""
    return {
        "run": run_id,
        "webnn": __version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "seed": request.seed,
        "name": request.definition.name,
        "model_file": None if request.definition.path is None else str(request.definition.path.resolve()),
        "model": request.definition.raw,
        "dataset": {
            **loaded.description,
            "module": str(loaded.path),
            "options": dict(request.definition.dataset_options),
            "validation_examples": config.validation_total,
            "shards": len(config.shards),
        },
        "training": {
            "batch_size": config.batch_size,
            "learning_rate": config.learning_rate,
            "lease_seconds": config.lease_seconds,
            "stop": {name: value for name, value in asdict(config.stop).items() if value is not None},
        },
        "merge": {config.merge.name: dict(config.merge.options)},
        "num_weights": built.num_weights,
        "num_trainable": built.num_trainable,
        "check": asdict(check),
    }
