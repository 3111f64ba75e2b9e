"""The robust reducers by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from webnn.core.errors import WebNNError
from webnn.core.merging.base import Immediate, MergeSpec, Strategy
from webnn.core.merging.options import Option
from webnn.core.robust import bulyan, centred_clipping, clip, krum, median, multi_krum, trimmed_mean
from webnn.core.robust.base import Reducer
from webnn.core.robust.strategy import Robust
from webnn.core.words import did_you_mean

Make = Callable[[Mapping[str, object]], Reducer]

_REDUCERS: Mapping[str, tuple[Make, Mapping[str, Option]]] = {
    "clip": (clip.clip, clip.OPTIONS),
    "median": (median.median, median.OPTIONS),
    "trimmed-mean": (trimmed_mean.trimmed_mean, trimmed_mean.OPTIONS),
    "krum": (krum.krum, krum.OPTIONS),
    "multi-krum": (multi_krum.multi_krum, multi_krum.OPTIONS),
    "bulyan": (bulyan.bulyan, bulyan.OPTIONS),
    "centred-clipping": (centred_clipping.centred_clipping, centred_clipping.OPTIONS),
}


def make_reducer(spec: MergeSpec) -> Reducer:
    """Make the reducer that `spec` names. Raises `WebNNError("settings")` for an unknown name, option or value."""
    known = _REDUCERS.get(spec.name)
    if known is None:
        hint = did_you_mean(spec.name, _REDUCERS)
        raise WebNNError("settings", f'robust: there is no reducer "{spec.name}".{hint}')
    return known[0](spec.options)


def make_robust(strategy: Strategy, spec: MergeSpec | None) -> Strategy:
    """Put the reducer of `spec` before `strategy`; None: leave it as it is.

    Raises `WebNNError("settings")` for what `make_reducer` refuses, and for two that do not go together.
    """
    if spec is None:
        return strategy
    reducer = make_reducer(spec)
    if reducer.needs_several and isinstance(strategy.collect, Immediate):
        message = (
            f'robust: "{spec.name}" compares the updates of one merge, and "{strategy.name}" merges each by itself.'
            ' Take "clip" or "centred-clipping", or a rule that collects: auto, fedavg, fedbuff, diloco, sync-sgd.'
        )
        raise WebNNError("settings", message)
    if strategy.needs_appraisal:
        message = f'robust: "{strategy.name}" chooses between updates by itself; "{spec.name}" has no place before it.'
        raise WebNNError("settings", message)
    return Robust(strategy, reducer)


def robust_schema() -> dict[str, dict[str, object]]:
    """Describe each reducer's options as JSON Schema: {REDUCER: {OPTION: SCHEMA}}."""
    return {name: {key: option.schema() for key, option in options.items()} for name, (_, options) in _REDUCERS.items()}
