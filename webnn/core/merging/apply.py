"""One merge, whole: the rule on the trainable weights, an average on the rest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from webnn.core.events import Vector
from webnn.core.merging.base import Contribution, Round, State, Strategy, Wants, move_towards, moved_towards


def merge_into(  # noqa: PLR0917 (the order of the sentence: by this rule, into these weights, these contributions)
    strategy: Strategy,
    weights: Vector,
    num_trainable: int,
    contributions: Sequence[Contribution],
    iterations: int,
    state: State,
) -> None:
    """Fold `contributions` into `weights` (flat float32, in place), of which the first `num_trainable` are trainable.

    `iterations` is t before the merge. A lone contribution that is `whole` becomes the weights, where the strategy
    takes it so. Raises `ValueError` for a contribution without iterations behind it (p = 0), of another length, or
    without the base that the strategy needs.
    """
    _check(strategy, len(weights), num_trainable, contributions)
    contributions = strategy.reduce(contributions, state)
    _fold(strategy, weights, num_trainable, contributions, iterations, state)


def merge_anew(  # noqa: PLR0917 (as above)
    strategy: Strategy,
    weights: Vector,
    num_trainable: int,
    contributions: Sequence[Contribution],
    iterations: int,
    state: State,
) -> Vector:
    """What `merge_into` makes of `weights`, in new memory: they are only copied first where that is needed."""
    _check(strategy, len(weights), num_trainable, contributions)
    contributions = strategy.reduce(contributions, state)
    if taken_whole(strategy, contributions):
        return contributions[0].payload.copy()
    step = strategy.step(contributions, iterations) if num_trainable == len(weights) else None
    if step is not None:
        return moved_towards(weights, contributions[0].payload, step)
    merged = weights.copy()
    _fold(strategy, merged, num_trainable, contributions, iterations, state)
    return merged


def _check(strategy: Strategy, num_weights: int, num_trainable: int, contributions: Sequence[Contribution]) -> None:
    for contribution in contributions:
        if contribution.position <= 0:
            raise ValueError("a contribution needs iterations behind it")
        if len(contribution.payload) != num_weights:
            raise ValueError("a contribution needs as many numbers as there are weights")
        if strategy.needs_base and (contribution.base is None or len(contribution.base) < num_trainable):
            raise ValueError(f"{strategy.name} needs the weights that a contribution was trained from")


def _fold(  # noqa: PLR0917 (as above)
    strategy: Strategy,
    weights: Vector,
    num_trainable: int,
    contributions: Sequence[Contribution],
    iterations: int,
    state: State,
) -> None:
    if taken_whole(strategy, contributions):
        np.copyto(weights, contributions[0].payload)
        return
    if strategy.merges_tail:
        strategy.merge(weights, contributions, iterations, state)
        return
    strategy.merge(weights[:num_trainable], contributions, iterations, state)
    _average_tail(strategy, weights[num_trainable:], num_trainable, contributions)


def taken_whole(strategy: Strategy, contributions: Sequence[Contribution]) -> bool:
    """Whether this merge makes the contribution's weights the run's, as they are."""
    return strategy.takes_whole and len(contributions) == 1 and contributions[0].whole


def _average_tail(strategy: Strategy, tail: Vector, start: int, contributions: Sequence[Contribution]) -> None:
    """Average the non-trainable weights (batch-norm statistics), whatever the rule does with the others.

    Weights: the mean of the run's and every volunteer's; of the volunteers' alone at the end of a round, which replaces
    what all of them started from. Deltas: their mean, each divided by its staleness + 1, since so many others move the
    same statistics at the same time. Deltas on top of own unmerged work: their sum by weight.
    """
    if not len(tail):
        return
    if strategy.wants is Wants.WEIGHTS:
        already = 0 if isinstance(strategy.collect, Round) else 1
        for count, contribution in enumerate(contributions, start=already + 1):
            move_towards(tail, contribution.payload[start:], 1 / count)
    elif strategy.carries:
        for contribution in contributions:
            tail += np.float32(contribution.weight) * contribution.payload[start:]
    else:
        for contribution in contributions:
            share = np.float32(1 / (len(contributions) * (contribution.staleness + 1)))
            tail += share * contribution.payload[start:]
