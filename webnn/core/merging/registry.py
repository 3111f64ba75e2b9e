"""The merge rules by name: ours, and those that other packages offer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points

from webnn.core.errors import WebNNError
from webnn.core.merging import (
    auto,
    average,
    copy,
    dc_asgd,
    diloco,
    diloco_async,
    downpour,
    fedasync,
    fedavg,
    fedbuff,
    mimic,
    sync_sgd,
    weighted,
)
from webnn.core.merging.base import MergeSpec, Strategy
from webnn.core.merging.eager import AT
from webnn.core.merging.options import Option
from webnn.core.words import did_you_mean

ENTRY_POINTS = "webnn.strategies"
"""Another package's rule is an entry point of this group, named as the rule, that loads a `Rule`."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How to make a strategy from its options. `properties`: JSON Schema of each; `make` checks them itself."""

    make: Callable[[Mapping[str, object]], Strategy]
    properties: Mapping[str, object]


def make_strategy(spec: MergeSpec) -> Strategy:
    """Make the rule that `spec` names. Raises `WebNNError("settings")` for an unknown rule, option or value."""
    rule = _rules().get(spec.name)
    if rule is None:
        raise WebNNError("settings", f'merge: there is no rule "{spec.name}".{did_you_mean(spec.name, _rules())}')
    return rule.make(spec.options)


def merge_schema() -> dict[str, dict[str, object]]:
    """Describe the options of each rule as JSON Schema: {RULE: {"type": "object", "properties": ...}}."""
    return {
        name: {"type": "object", "properties": dict(rule.properties), "additionalProperties": False}
        for name, rule in _rules().items()
    }


def declared(make: Callable[[Mapping[str, object]], Strategy], options: Mapping[str, Option]) -> Rule:
    """Make the rule's JSON Schema from what its `make` checks the options against."""
    return Rule(make, {key: option.schema() for key, option in options.items()})


_OURS: Mapping[str, Rule] = {
    "auto": declared(auto.auto, auto.OPTIONS),
    "average": declared(average.average, AT),
    "weighted": declared(weighted.weighted, AT),
    "mimic": declared(mimic.mimic, mimic.OPTIONS),
    "copy": declared(copy.copy, copy.OPTIONS),
    "fedavg": declared(fedavg.fedavg, fedavg.OPTIONS),
    "sync-sgd": declared(sync_sgd.sync_sgd, sync_sgd.OPTIONS),
    "downpour": declared(downpour.downpour, downpour.OPTIONS),
    "dc-asgd": declared(dc_asgd.dc_asgd, dc_asgd.OPTIONS),
    "fedasync": declared(fedasync.fedasync, fedasync.OPTIONS),
    "fedbuff": declared(fedbuff.fedbuff, fedbuff.OPTIONS),
    "diloco": declared(diloco.diloco, diloco.OPTIONS),
    "diloco-async": declared(diloco_async.diloco_async, diloco_async.OPTIONS),
}


@cache
def _rules() -> Mapping[str, Rule]:
    others = {point.name: point.load() for point in entry_points(group=ENTRY_POINTS)}
    return {**others, **_OURS}
