"""Everything that a run is told once, before it starts."""

from __future__ import annotations

from dataclasses import dataclass, field

from webnn.core.errors import WebNNError
from webnn.core.merging.base import MergeSpec
from webnn.core.schedule import Constant, Schedule


@dataclass(frozen=True, slots=True)
class ShardSize:
    """A shard of the training set: `name` is its SHA-256 in lower-case hex."""

    name: str
    num_examples: int


@dataclass(frozen=True, slots=True)
class StopConditions:
    """When a run is finished: whichever comes first. None: not a condition.

    `accuracy` and `loss` are means of the last five validations, confirmed on the whole validation split; `seconds` is
    running time, pauses excluded; `epochs` passes over the training set; `iterations` the sum merged.
    """

    accuracy: float | None = None
    loss: float | None = None
    seconds: float | None = None
    epochs: float | None = None
    iterations: int | None = None

    def __post_init__(self) -> None:
        _check(
            self.accuracy is None or 0 < self.accuracy <= 1, "stop.accuracy", "more than 0 and at most 1", self.accuracy
        )
        for name in ("loss", "seconds", "epochs", "iterations"):
            value = getattr(self, name)
            _check(value is None or value > 0, f"stop.{name}", "more than 0", value)


@dataclass(frozen=True, slots=True)
class RunConfig:
    """Settings of one run. Times are seconds; sizes are counts; `seed` decides everything that chance decides.

    With `overlap` a lease is trained with the examples that follow its own too, which are another's to account for.
    `validation_examples` is the size of a sample validation, `validation_total` of the whole validation split. A lease
    lives for `lease_timeout_factor` times the seconds it should take, and no less than `min_lease_timeout_seconds`;
    that of a volunteer whose connection dropped for `reconnect_seconds` at most. It has at most `max_parts` parts, so
    that it fits a frame's header. No merge changes the `frozen` spans [start, end) of the flat vector. A run that is
    stopped waits `closing_seconds` at most for its last validation.
    `robust` names the reducer before the merge rule (None: none); leases are replayed by the evaluator for up to
    `replay_share` of the time (0: nobody's work is replayed). `remembers`: the model's optimiser has a memory.
    Raises `WebNNError("settings")`.
    """

    seed: int
    shards: tuple[ShardSize, ...]
    batch_size: int
    learning_rate: float
    num_weights: int
    num_trainable: int
    validation_total: int
    lease_seconds: float = 3.0
    schedule: Schedule = field(default_factory=Constant)
    stop: StopConditions = field(default_factory=StopConditions)
    merge: MergeSpec = field(default_factory=lambda: MergeSpec("weighted"))
    robust: MergeSpec | None = None
    replay_share: float = 0.0
    remembers: bool = True
    overlap: bool = False
    validate_every_seconds: float = 2.0
    validate_every_versions: int | None = None
    validation_examples: int = 2000
    max_open_leases: int = 2
    lease_timeout_factor: float = 10.0
    min_lease_timeout_seconds: float = 30.0
    reconnect_seconds: float = 15.0
    closing_seconds: float = 60.0
    max_parts: int = 400
    frozen: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        _check(0 <= self.seed < 2**32, "seed", "a uint32", self.seed)
        _check(bool(self.shards), "shards", "at least one shard", self.shards)
        _check(
            all(shard.num_examples > 0 for shard in self.shards),
            "shards",
            "shards of at least one example",
            self.shards,
        )
        _check(0 <= self.num_trainable <= self.num_weights, "num_trainable", "within num_weights", self.num_trainable)
        _check(self.num_weights > 0, "num_weights", "more than 0", self.num_weights)
        _check(self.validation_total > 0, "validation_total", "more than 0", self.validation_total)
        for name in _POSITIVE:
            _check(getattr(self, name) > 0, name, "more than 0", getattr(self, name))
        _check(0 <= self.replay_share <= 1, "replay_share", "from 0 to 1", self.replay_share)
        every = self.validate_every_versions
        _check(every is None or every > 0, "validate_every_versions", "more than 0", every)

    @property
    def num_examples(self) -> int:
        """The size of the training set."""
        return sum(shard.num_examples for shard in self.shards)


_POSITIVE = (
    "batch_size",
    "learning_rate",
    "lease_seconds",
    "validate_every_seconds",
    "validation_examples",
    "max_open_leases",
    "lease_timeout_factor",
    "min_lease_timeout_seconds",
    "reconnect_seconds",
    "closing_seconds",
    "max_parts",
)


def _check(good: bool, name: str, wanted: str, value: object) -> None:
    if not good:
        raise WebNNError("settings", f"{name} must be {wanted}, not {value!r}.")
