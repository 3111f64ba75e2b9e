"""What a volunteer is told before anything starts: who asks, why, until when, and what it will cost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from webnn.core.config import RunConfig, StopConditions
    from webnn.data.shards import ShardStore
    from webnn.model.definition import ModelDefinition

_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_BYTES_A_WEIGHT = 4


def describe_ask(definition: ModelDefinition, config: RunConfig, shards: ShardStore) -> dict[str, Any]:
    """The `about` of docs/protocol.md. Texts are the owner's, and empty where the model file says nothing."""
    return {
        "owner": definition.owner,
        "purpose": definition.purpose,
        "licence": definition.licence,
        "source": definition.source,
        "until": describe_stop(config.stop),
        "lease_seconds": config.lease_seconds,
        "bytes": {
            "weights": _BYTES_A_WEIGHT * config.num_weights,
            "dataset": sum(shard.num_bytes for shard in shards.shards),
        },
    }


def describe_stop(stop: StopConditions) -> list[str]:
    """Say when a run ends; each text completes "until", whichever comes first. None: until its owner stops it."""
    texts = []
    if stop.accuracy is not None:
        texts.append(f"it gets {100 * stop.accuracy:g} % right")
    if stop.loss is not None:
        texts.append(f"its loss is {stop.loss:g}")
    if stop.seconds is not None:
        texts.append(f"it has run for {_duration(stop.seconds)}")
    if stop.epochs is not None:
        texts.append(f"every example has been used {stop.epochs:g} times")
    if stop.iterations is not None:
        texts.append(f"it has learned in {stop.iterations:,} steps")
    return texts


def _duration(seconds: float) -> str:
    for unit, name in ((_DAY, "days"), (_HOUR, "hours"), (_MINUTE, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds:g} seconds"
