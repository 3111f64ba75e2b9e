"""From a model definition to a run that can start."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from webnn import __version__
from webnn.core.config import RunConfig, ShardSize
from webnn.core.merging import make_strategy
from webnn.core.run import Run
from webnn.data.download import DownloadProgress
from webnn.data.loading import LoadedDataset, load_dataset
from webnn.data.shards import ShardStore, cut_shards, encode_split
from webnn.engine.local import LocalEngine
from webnn.evaluator.evaluator import Evaluator
from webnn.evaluator.results import BuiltModel, CheckReport
from webnn.model.definition import ModelDefinition
from webnn.server.about import describe_ask
from webnn.server.clock import RunClock
from webnn.server.config import Limits
from webnn.server.info import RunInfo
from webnn.server.insight import Insight
from webnn.server.run_folder import make_run_folder, write_json
from webnn.server.run_task import RunTask


@dataclass(frozen=True, slots=True)
class PrepareRequest:
    """What to train, on what, and where its files go. `seed` (a uint32) decides everything that chance decides."""

    definition: ModelDefinition
    dataset_search: Sequence[Path]
    data_dir: Path
    runs_dir: Path
    seed: int


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

    def make_task(self, limits: Limits | None = None) -> RunTask:
        """Make the task that lives this run in a server, from version 1 on."""
        strategy = make_strategy(self.config.merge)
        engine = LocalEngine(strategy, self.built.initial, self.config.num_trainable)
        clock = RunClock()
        task = RunTask(
            self.info, Run(self.config, clock()), engine, self.evaluator, self.shards, clock=clock, limits=limits
        )
        task.insight = Insight(self.built, self.dataset.dataset, self.evaluator, clock)
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
            training={
                "batch_size": config.batch_size,
                "lease_seconds": config.lease_seconds,
                "seed": config.seed,
                "clip": dict(definition.training.clip) if definition.training.clip is not None else None,
            },
            about=describe_ask(definition, config, self.shards),
        )

    async def close(self) -> None:
        """End the Node process."""
        await self.evaluator.close()


async def prepare_run(request: PrepareRequest, progress: Callable[[Preparation], None] = lambda _: None) -> PreparedRun:
    """Load the data, cut shards, build the model and try one step of it, and make the run's folder.

    Everything that an owner may have got wrong is found here, as a `WebNNError`; nothing is left behind then.
    """
    definition = request.definition
    progress(Step(f"Loading the dataset {definition.dataset}"))
    loaded = await asyncio.to_thread(
        load_dataset, definition.dataset, request.dataset_search, definition.dataset_options, request.data_dir, progress
    )
    progress(Step(f"Cutting {len(loaded.dataset.train):,} examples into shards"))
    shards = await asyncio.to_thread(cut_shards, loaded.dataset, request.seed)
    progress(Step("Building the model and trying a step of it"))
    evaluator = await Evaluator.start()
    try:
        built = await evaluator.build(definition, loaded.description, request.seed)
        check = await evaluator.check(shards.get(shards.shards[0].name))
        for warning in check.warnings:
            progress(Step(warning))
        await evaluator.load_validation(lambda: encode_split(loaded.dataset.validation))
        config = run_config(request, loaded, shards, built)
        folder = make_run_folder(request.runs_dir, definition.name, datetime.now(UTC))
        record = describe(folder.name, request=request, loaded=loaded, config=config, built=built, check=check)
        write_json(folder / "config.json", record)
    except BaseException:
        await evaluator.close()
        raise
    return PreparedRun(folder.name, folder, definition, loaded, config, shards, built, check, evaluator, record)


def run_config(request: PrepareRequest, loaded: LoadedDataset, shards: ShardStore, built: BuiltModel) -> RunConfig:
    """Settings of the core for this run."""
    definition = request.definition
    validation_total = len(loaded.dataset.validation)
    return RunConfig(
        seed=request.seed,
        shards=tuple(ShardSize(shard.name, shard.num_examples) for shard in shards.shards),
        batch_size=definition.training.batch_size,
        learning_rate=definition.learning_rate,
        num_weights=built.num_weights,
        num_trainable=built.num_trainable,
        validation_total=validation_total,
        lease_seconds=definition.training.lease_seconds,
        schedule=definition.training.schedule,
        stop=definition.training.stop,
        merge=definition.merge,
        validate_every_seconds=definition.validation.every_seconds,
        validate_every_versions=definition.validation.every_versions,
        validation_examples=min(definition.validation.examples, validation_total),
    )


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
