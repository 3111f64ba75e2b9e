"""Changing a run's settings while it goes on: which ones may change, and what the settings are then.

Changes are JSON, by the names of `RunConfig`, and are laid over the settings that the run began with. They add up: a
run that is taken up again lays the sum of them over the same beginning, and has the same settings.

- `learning_rate`, `batch_size`, `lease_seconds`, `validate_every_seconds`: numbers;
- `schedule`: as a model file has it;
- `merge`: {RULE: OPTIONS};
- `stop`: {CONDITION: VALUE}, laid over the conditions key by key; None takes one away.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from typing import Any

from webnn.core.config import RunConfig, StopConditions
from webnn.core.errors import WebNNError
from webnn.core.leases import OpenLease, Phase
from webnn.core.merging.base import MergeSpec, Round, Strategy
from webnn.core.schedule import parse_schedule
from webnn.core.words import did_you_mean

Changes = Mapping[str, Any]

_NUMBERS = {
    "learning_rate": "learning rate",
    "batch_size": "batch size",
    "lease_seconds": "seconds of a lease",
    "validate_every_seconds": "seconds between validations",
}
CHANGEABLE = (*_NUMBERS, "schedule", "merge", "stop")


def add_changes(before: Changes, more: Changes) -> dict[str, Any]:
    """Lay `more` changes over those `before`. Raises `WebNNError("settings")` for one that cannot be made."""
    for name in more:
        if name not in CHANGEABLE:
            raise WebNNError("settings", f'"{name}" cannot be changed in a run.{did_you_mean(name, CHANGEABLE)}')
    added = {**before, **more}
    if "stop" in more:
        added["stop"] = {**before.get("stop", {}), **more["stop"]}
    return added


def changed_config(config: RunConfig, changes: Changes) -> RunConfig:
    """Lay changes over the settings that a run began with. Raises `WebNNError("settings")`.

    A schedule that takes its length from the stop conditions takes it from those that the run has then.
    """
    values: dict[str, Any] = {name: changes[name] for name in _NUMBERS if name in changes}
    stop = config.stop
    if "stop" in changes:
        for name in changes["stop"]:
            if name not in _CONDITIONS:
                raise WebNNError("settings", f'There is no stop condition "{name}".{did_you_mean(name, _CONDITIONS)}')
        values["stop"] = stop = StopConditions(**{**asdict(stop), **changes["stop"]})
    if "schedule" in changes:
        values["schedule"] = parse_schedule(changes["schedule"], epochs=stop.epochs, iterations=stop.iterations)
    if "merge" in changes:
        ((name, options),) = changes["merge"].items()
        values["merge"] = MergeSpec(name, dict(options))
    return replace(config, **values)


def describe_changes(before: RunConfig, after: RunConfig) -> str:
    """Say what differs, as in "learning rate 0.2 → 0.1, batch size 64 → 32"; empty where nothing does."""
    pairs = [(words, _number(getattr(before, name)), _number(getattr(after, name))) for name, words in _NUMBERS.items()]
    if before.schedule != after.schedule:
        same = _schedule(before) == _schedule(after)
        pairs.append(("schedule", _schedule(before), _schedule(after) + (" of another course" if same else "")))
    if before.merge != after.merge:
        pairs.append(("merge rule", _rule(before.merge), _rule(after.merge)))
    for name in _CONDITIONS:
        old, new = (getattr(config.stop, name) for config in (before, after))
        pairs.append((f"stop at {name}", _number(old), _number(new)))
    return ", ".join(f"{words} {old} → {new}" for words, old, new in pairs if old != new)


def carries_over(before: Strategy, after: Strategy, lease: OpenLease) -> bool:
    """Whether work for the rule `before` can be merged by the rule `after`.

    It can where both want the same numbers, and each update can stand for itself: a round takes only leases of its own,
    and a rule that must know what updates reach takes none that nobody asked that of.
    """
    if before.wants is not after.wants or before.carries != after.carries or isinstance(after.collect, Round):
        return False
    return not (after.needs_appraisal and lease.phase is Phase.QUEUED and not before.needs_appraisal)


_CONDITIONS = tuple(field.name for field in fields(StopConditions))


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.6g}"


def _schedule(config: RunConfig) -> str:
    return type(config.schedule).__name__.lower()


def _rule(spec: MergeSpec) -> str:
    options = ", ".join(f"{name} {value}" for name, value in spec.options.items())
    return f"{spec.name} ({options})" if options else spec.name
