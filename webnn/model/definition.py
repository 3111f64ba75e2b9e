"""A model definition: what one JSON file says, checked and with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from webnn.core.config import RunConfig, ShardSize, StopConditions
from webnn.core.errors import WebNNError
from webnn.core.merging import MergeSpec, make_strategy
from webnn.core.robust import make_robust
from webnn.core.schedule import Schedule, parse_schedule
from webnn.model.checking import check_model
from webnn.model.files import find_model, read_json, topology_of
from webnn.model.schema import DEFAULT_REPLAY_SHARE, DEFAULT_STOP_EPOCHS
from webnn.model.vocabulary import LOSSES, OPTIMIZERS

Json = dict[str, Any]
_CLASS_LIKE_LOSSES = (
    "categoricalCrossentropy",
    "sparseCategoricalCrossentropy",
    "binaryCrossentropy",
    "categoricalHinge",
)


@dataclass(frozen=True, slots=True)
class Training:
    """How volunteers train. `clip` is None, {"norm": x} or {"value": x}, as the protocol's `training` has it."""

    batch_size: int
    lease_seconds: float
    schedule: Schedule
    stop: StopConditions
    clip: Mapping[str, float] | None
    overlap: bool = False


@dataclass(frozen=True, slots=True)
class ValidationPlan:
    """How often the model is validated (by time, and by versions where set), and on how many examples."""

    every_seconds: float
    every_versions: int | None
    examples: int


@dataclass(frozen=True, slots=True)
class CheckpointPlan:
    """How often a run is written down: every so many seconds; the last `keep` checkpoints stay, and the best."""

    every_seconds: float = 30.0
    keep: int = 3


@dataclass(frozen=True, slots=True)
class ModelDefinition:
    """One model file. Exactly one of `layers` (entries {LAYER: {ARGUMENT: VALUE}}) and `topology` (JSON that
    `webnn.model.topology.convert_topology` takes) is set. `optimizer_options` has every option, defaults included.

    `raw` is the file's JSON, with settings applied; `origin` says where it came from, for messages.
    """

    name: str
    description: str
    source: str
    owner: str
    purpose: str
    licence: str
    dataset: str
    dataset_options: Mapping[str, object]
    split: Json | None
    preprocessing: tuple[str | Json, ...]
    layers: list[Json] | None
    topology: Json | None
    loss: str
    metrics: tuple[str, ...]
    optimizer_name: str
    optimizer_options: Mapping[str, object]
    training: Training
    validation: ValidationPlan
    checkpoint: CheckpointPlan
    merge: MergeSpec
    robust: MergeSpec | None
    replay_share: float
    initial_weights: Path | None
    raw: Json
    origin: str
    path: Path | None = None

    @property
    def optimizer(self) -> dict[str, dict[str, object]]:
        """The protocol's `optimizer`: {NAME: {OPTION: VALUE}}."""
        return {self.optimizer_name: dict(self.optimizer_options)}

    @property
    def learning_rate(self) -> float:
        """The initial learning rate, before any schedule."""
        return float(cast(float, self.optimizer_options["learningRate"]))

    def training_of(self, seed: int, augmentation: Sequence[Mapping[str, Any]] = ()) -> Json:
        """The protocol's `training`, for a run of `seed` on data with such `augmentation`."""
        return {
            "batch_size": self.training.batch_size,
            "lease_seconds": self.training.lease_seconds,
            "seed": seed,
            "clip": None if self.training.clip is None else dict(self.training.clip),
            "augmentation": [dict(step) for step in augmentation],
        }

    def run_config(  # noqa: PLR0917 - what is known of a run before it begins
        self,
        seed: int,
        shards: Sequence[ShardSize],
        num_weights: int,
        num_trainable: int,
        validation_total: int,
        frozen: tuple[tuple[int, int], ...] = (),
    ) -> RunConfig:
        """The core's settings for a run of this model on a training set of `shards`; `validation_total` examples are
        held out.
        """
        return RunConfig(
            seed=seed,
            shards=tuple(shards),
            batch_size=self.training.batch_size,
            learning_rate=self.learning_rate,
            num_weights=num_weights,
            num_trainable=num_trainable,
            frozen=frozen,
            validation_total=validation_total,
            lease_seconds=self.training.lease_seconds,
            schedule=self.training.schedule,
            stop=self.training.stop,
            merge=self.merge,
            robust=self.robust,
            replay_share=self.replay_share,
            remembers=self.optimizer_name != "sgd",
            overlap=self.training.overlap,
            validate_every_seconds=self.validation.every_seconds,
            validate_every_versions=self.validation.every_versions,
            validation_examples=min(self.validation.examples, validation_total),
        )


def parse_model(raw: object, origin: str, path: Path | None = None, topology: Json | None = None) -> ModelDefinition:
    """Make a definition of a model file's JSON.

    `path` is the file (its stem is the default name, paths in it are relative to its folder); `topology` the contents
    of the file that `raw["topology"]` names, where it is a path. Raises `WebNNError("invalid_model")`.
    """
    check_model(raw, origin)
    model = cast(Json, raw)
    dataset, dataset_options = one_of(model["dataset"])
    optimizer, optimizer_options = one_of(model.get("optimizer", "adam"))
    loss = model.get("loss", LOSSES[0])
    inline = model.get("topology")
    try:
        training = _training(model.get("training", {}))
        merge = MergeSpec(*one_of(model.get("merge", "weighted")))
        robust = None if model.get("robust") is None else MergeSpec(*one_of(model["robust"]))
        make_robust(make_strategy(merge), robust)
    except WebNNError as error:
        raise WebNNError("invalid_model", f"{origin}: {error}") from error
    return ModelDefinition(
        name=model.get("name", path.stem if path else "model"),
        description=model.get("description", ""),
        source=model.get("source", ""),
        owner=model.get("owner", ""),
        purpose=model.get("purpose", ""),
        licence=model.get("licence", ""),
        dataset=dataset,
        dataset_options=dataset_options,
        split=model.get("split"),
        preprocessing=tuple(model.get("preprocessing", ())),
        layers=model.get("layers"),
        topology=topology if isinstance(inline, str) else inline,
        loss=loss,
        metrics=tuple(model.get("metrics", ["accuracy"] if loss in _CLASS_LIKE_LOSSES else [])),
        optimizer_name=optimizer,
        optimizer_options={**_defaults(OPTIMIZERS[optimizer]), **optimizer_options},
        training=training,
        validation=_validation(model.get("validation", {})),
        checkpoint=_checkpoint(model.get("checkpoint", {})),
        merge=merge,
        robust=robust,
        replay_share=float(model.get("validation", {}).get("replayShare", DEFAULT_REPLAY_SHARE)),
        initial_weights=_beside(path, model.get("initialWeights")),
        raw=model,
        origin=origin,
        path=path,
    )


def parse_again(raw: Json, origin: str, path: Path | None) -> ModelDefinition:
    """Make the definition of a model that was loaded before; `path` is the file that it came from, if it is there."""
    return parse_model(raw, origin, path, None if path is None else topology_of(raw, path))


def load_model(name_or_path: str | Path, search: Sequence[Path]) -> ModelDefinition:
    """Load a model by name from the folders of `search`, or by a path (it ends in `.json`).

    Raises `WebNNError`: `unknown_name` with the nearest known name, or `invalid_model` with what to change.
    """
    path = find_model(str(name_or_path), search)
    raw = read_json(path)
    return parse_model(raw, str(path), path, topology_of(raw, path))


def one_of(value: str | Mapping[str, Mapping[str, object]]) -> tuple[str, dict[str, object]]:
    """Read the short form NAME or the long form {NAME: {OPTION: VALUE}}."""
    if isinstance(value, str):
        return value, {}
    name, options = next(iter(value.items()))
    return name, dict(options)


def _training(section: Json) -> Training:
    stop = StopConditions(**section.get("stop", {"epochs": DEFAULT_STOP_EPOCHS}))
    return Training(
        batch_size=section.get("batchSize", 64),
        lease_seconds=float(section.get("leaseSeconds", 3)),
        schedule=parse_schedule(section.get("schedule", "constant"), epochs=stop.epochs, iterations=stop.iterations),
        stop=stop,
        clip=section.get("clip"),
        overlap=section.get("overlap", False),
    )


def _validation(section: Json) -> ValidationPlan:
    return ValidationPlan(
        every_seconds=float(section.get("everySeconds", 2)),
        every_versions=section.get("everyVersions"),
        examples=section.get("examples", 2000),
    )


def _checkpoint(section: Json) -> CheckpointPlan:
    return CheckpointPlan(every_seconds=float(section.get("everySeconds", 30)), keep=section.get("keep", 3))


def _defaults(options: Mapping[str, object]) -> dict[str, object]:
    return {
        name: schema["default"] for name, schema in cast(Mapping[str, Json], options).items() if "default" in schema
    }


def _beside(path: Path | None, name: str | None) -> Path | None:
    if name is None:
        return None
    return (path.parent if path else Path()) / name
