"""Learning-rate schedules: the rate of the next lease as a function of where the run stands."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeGuard

from webnn.core.errors import WebNNError
from webnn.core.words import did_you_mean


@dataclass(frozen=True, slots=True)
class Position:
    """Where a run stands. `iterations` is the sum merged, `epochs` examples done over the size of the training set;
    `accuracy` and `loss` are means of the last five validations (None before the first), `validations` their count.
    """

    iterations: int = 0
    epochs: float = 0.0
    accuracy: float | None = None
    loss: float | None = None
    validations: int = 0


class Schedule(Protocol):
    """A rule for the learning rate. Pure: everything it knows comes in."""

    def rate(self, initial: float, position: Position, previous: float) -> float:
        """Set the next lease's rate; `initial` is the model's own, `previous` that before the newest validation."""


@dataclass(frozen=True, slots=True)
class Length:
    """A stretch of a run, in epochs or in iterations: exactly one of them."""

    epochs: float | None = None
    iterations: float | None = None

    def passed(self, position: Position) -> float:
        """How many such lengths lie behind `position`."""
        if self.epochs is not None:
            return position.epochs / self.epochs
        assert self.iterations is not None
        return position.iterations / self.iterations


@dataclass(frozen=True, slots=True)
class Constant:
    """The initial rate throughout."""

    def rate(self, initial: float, position: Position, previous: float) -> float:
        return initial


@dataclass(frozen=True, slots=True)
class Step:
    """Multiplied by `factor` after each `every`."""

    every: Length
    factor: float

    def rate(self, initial: float, position: Position, previous: float) -> float:
        return max(initial * self.factor ** math.floor(self.every.passed(position)), _SMALLEST)


@dataclass(frozen=True, slots=True)
class Cosine:
    """Half a cosine from the initial rate to `final` times it over `length`, then flat (Loshchilov and Hutter 2017,
    arXiv 1608.03983, eq. 5 without restarts).
    """

    length: Length
    final: float

    def rate(self, initial: float, position: Position, previous: float) -> float:
        share = (1 + math.cos(math.pi * min(self.length.passed(position), 1.0))) / 2
        return max(initial * (self.final + (1 - self.final) * share), _SMALLEST)


@dataclass(frozen=True, slots=True)
class Warmup:
    """Rises in a straight line from `start` times the initial rate over `length`, then follows `then`."""

    length: Length
    start: float
    then: Schedule

    def rate(self, initial: float, position: Position, previous: float) -> float:
        passed = self.length.passed(position)
        if passed < 1:
            return initial * (self.start + (1 - self.start) * passed)
        return self.then.rate(initial, position, previous)


@dataclass(frozen=True, slots=True)
class Report:
    """Decay driven by validation: r' = r^2 (1 - A^(L t)), WebNN report 2018, eq. 1.1.

    A and L are the running accuracy and loss, t the count of validations. `code` (what ran in 2018) squares the initial
    rate and keeps the smaller of it and the rate so far; otherwise r is the rate so far, as the report prints it, which
    falls to nothing within a few validations and is for study. A result that is not positive changes nothing.
    """

    code: bool

    def rate(self, initial: float, position: Position, previous: float) -> float:
        if position.validations == 0 or position.accuracy is None or position.loss is None:
            return previous
        exponent = max(position.loss, 0.0) * position.validations
        base = initial if self.code else previous
        rate = base**2 * (1 - min(max(position.accuracy, 0.0), 1.0) ** exponent)
        return min(previous, rate) if rate >= _SMALLEST else previous


class LearningRate:
    """The rate of a run: its schedule, and the rate before the newest validation (some schedules build on it)."""

    def __init__(self, schedule: Schedule, initial: float) -> None:
        self._schedule = schedule
        self._initial = initial
        self.previous = initial

    def at(self, position: Position) -> float:
        return self._schedule.rate(self._initial, position, self.previous)

    def change(self, schedule: Schedule, initial: float) -> None:
        """Follow another schedule or initial rate; a rate that builds on the one before begins at the initial one."""
        if (schedule, initial) != (self._schedule, self._initial):
            self._schedule, self._initial = schedule, initial
            self.previous = initial

    def validated(self, before: Position) -> None:
        """Note that a validation is about to move the run on from `before`."""
        self.previous = self.at(before)


_SMALLEST = 1e-30  # a rate that float32 still holds and that is more than 0


def parse_schedule(
    spec: str | Mapping[str, object], *, epochs: float | None = None, iterations: int | None = None
) -> Schedule:
    """Read the schedule that a model file asks for: a name, or {NAME: {OPTION: VALUE}}.

    `epochs` and `iterations` are the run's stop conditions: the length of a `cosine` that names none. Raises
    `WebNNError("settings")` with the option, its value and what was wanted.

    - `constant`
    - `step`: `everyEpochs` or `everyIterations`, `factor` (0.5)
    - `cosine`: `epochs` or `iterations`, `final` (0; a share of the initial rate)
    - `warmup`: `epochs` or `iterations`, `start` (0.1; a share of the initial rate), `then` (a schedule; `constant`)
    - `report`: `form`, `code` (default) or `paper`
    """
    name, options = _name_and_options(spec)
    parse = _PARSERS.get(name)
    if parse is None:
        raise WebNNError("settings", f'schedule: there is no "{name}".{did_you_mean(name, _PARSERS)}')
    return parse(_Options(name, options), Length(epochs=epochs, iterations=None if epochs else iterations))


def schedule_schema() -> dict[str, object]:
    """Describe what `parse_schedule` takes as JSON Schema; it refers to itself as `#/$defs/schedule`."""
    positive = {"type": "number", "exclusiveMinimum": 0}
    share = {"type": "number", "minimum": 0, "maximum": 1}
    lengths = {"epochs": positive, "iterations": positive}
    options: dict[str, dict[str, object]] = {
        "constant": {},
        "step": {"everyEpochs": positive, "everyIterations": positive, "factor": positive},
        "cosine": {**lengths, "final": share},
        "warmup": {**lengths, "start": share, "then": {"$ref": "#/$defs/schedule"}},
        "report": {"form": {"enum": ["code", "paper"]}},
    }
    forms = {
        name: {"type": "object", "properties": properties, "additionalProperties": False}
        for name, properties in options.items()
    }
    return {
        "oneOf": [
            {"enum": ["constant", "cosine", "report"]},
            {
                "type": "object",
                "properties": forms,
                "additionalProperties": False,
                "minProperties": 1,
                "maxProperties": 1,
            },
        ]
    }


class _Options:
    """The options of one schedule, taken one by one; `done` refuses what is left over."""

    def __init__(self, name: str, options: Mapping[str, object]) -> None:
        self.name = name
        self.options = dict(options)
        self.known: list[str] = []

    def take(self, key: str, default: object = None) -> object:
        self.known.append(key)
        return self.options.pop(key, default)

    def number(self, key: str, default: float, *, highest: float = math.inf, above: float = -math.inf) -> float:
        value = self.take(key, default)
        if not _is_number(value) or not above < value <= highest or value < 0:
            raise self.wrong(key, value, f"a number of at least 0 and at most {highest:g}")
        return float(value)

    def length(self, epochs_key: str, iterations_key: str, default: Length | None = None) -> Length:
        found = {key: self.take(key) for key in (epochs_key, iterations_key)}
        given = {key: value for key, value in found.items() if value is not None}
        for key, value in given.items():
            if not _is_number(value) or not value > 0:
                raise self.wrong(key, value, "a number above 0")
        if not given and default is not None and (default.epochs or default.iterations):
            return default
        if len(given) != 1:
            raise WebNNError("settings", f"schedule.{self.name} needs either {epochs_key} or {iterations_key}.")
        return Length(epochs=found[epochs_key], iterations=found[iterations_key])  # type: ignore[arg-type]

    def wrong(self, key: str, value: object, wanted: str) -> WebNNError:
        return WebNNError("settings", f"schedule.{self.name}.{key} must be {wanted}, not {value!r}.")

    def done(self) -> None:
        for key in self.options:
            raise WebNNError("settings", f'schedule.{self.name} has no "{key}".{did_you_mean(key, self.known)}')


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _name_and_options(spec: str | Mapping[str, object]) -> tuple[str, Mapping[str, object]]:
    if isinstance(spec, str):
        return spec, {}
    if isinstance(spec, Mapping) and len(spec) == 1:
        name, options = next(iter(spec.items()))
        if isinstance(options, Mapping):
            return name, options
    raise WebNNError("settings", f"schedule must be a name or {{name: {{options}}}}, not {spec!r}.")


def _constant(options: _Options, whole: Length) -> Schedule:
    options.done()
    return Constant()


def _step(options: _Options, whole: Length) -> Schedule:
    schedule = Step(options.length("everyEpochs", "everyIterations"), options.number("factor", 0.5, above=0))
    options.done()
    return schedule


def _cosine(options: _Options, whole: Length) -> Schedule:
    schedule = Cosine(options.length("epochs", "iterations", whole), options.number("final", 0.0, highest=1))
    options.done()
    return schedule


def _warmup(options: _Options, whole: Length) -> Schedule:
    length = options.length("epochs", "iterations")
    start = options.number("start", 0.1, highest=1)
    then = options.take("then", "constant")
    options.done()
    if not isinstance(then, str | Mapping):
        raise options.wrong("then", then, "a schedule")
    return Warmup(
        length, max(start, 1e-6), parse_schedule(then, epochs=whole.epochs, iterations=_whole(whole.iterations))
    )


def _whole(iterations: float | None) -> int | None:
    return None if iterations is None else int(iterations)


def _report(options: _Options, whole: Length) -> Schedule:
    form = options.take("form", "code")
    options.done()
    if form not in ("code", "paper"):
        raise options.wrong("form", form, '"code" or "paper"')
    return Report(code=form == "code")


_PARSERS: Mapping[str, Callable[[_Options, Length], Schedule]] = {
    "constant": _constant,
    "step": _step,
    "cosine": _cosine,
    "warmup": _warmup,
    "report": _report,
}
