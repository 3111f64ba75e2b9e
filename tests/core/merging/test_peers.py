"""Rules that are applied by the volunteers, and weights that they keep between fetches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import strategies as st

from tests.core.merging.strategies import for_any, random_vector
from tests.core.merging.twins import peer
from webnn.core.errors import WebNNError
from webnn.core.merging import MergeSpec, Strategy, make_strategy
from webnn.core.merging.base import Crew, Local, Offer
from webnn.core.metrics import Validation

RULES = ("average", "weighted", "mimic", "copy")


def rule(name: str, **options: Any) -> Strategy:
    return make_strategy(MergeSpec(name, options))


def crew(local: Local | None, offer: Offer | None) -> Crew:
    return Crew(count=2, crowd=2, own=0.1, seconds=3, local=local, offer=offer)


def keep(strategy: Strategy, local: Local | None, offer: Offer | None) -> float | None:
    terms = strategy.terms(crew(local, offer))
    return None if terms is None else terms.keep


@pytest.mark.parametrize("name", RULES)
@for_any(seed=st.integers(0, 2**32 - 1), p=st.integers(1, 60), t=st.integers(1, 60))
def test_the_start_is_the_twins(name: str, seed: int, p: int, t: int) -> None:
    rng = np.random.default_rng(seed)
    own, other = random_vector(rng, 9), random_vector(rng, 9)
    losses = rng.uniform(0, 1, 2)
    local, offer = (
        Local(p, 1, Validation(float(losses[0]), None, 10)),
        Offer(t, Validation(float(losses[1]), None, 10)),
    )
    kept = keep(rule(name, at="peer"), local, offer)
    assert kept is not None
    start = other + np.float32(kept) * (own - other)
    expected = peer.start(name, own.tolist(), p, other.tolist(), t, other_is_better=losses[1] < losses[0])
    np.testing.assert_allclose(start, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", RULES)
def test_only_at_peers_and_only_with_weights_of_its_own_anything_is_kept(name: str) -> None:
    local, offer = Local(3, 1), Offer(4)
    assert keep(rule(name), local, offer) is None
    assert keep(rule(name, at="peer"), None, offer) is None
    assert keep(rule(name, at="peer"), local, None) is None
    assert rule(name, at="peer").hands_peers
    assert not rule(name).hands_peers


def test_copy_takes_the_others_where_it_cannot_tell() -> None:
    assert keep(rule("copy", at="peer"), Local(3, 1), Offer(4)) == 1


def test_downpour_fetches_after_as_many_pushes_as_it_says() -> None:
    strategy = rule("downpour", nPush=2, nFetch=6)
    assert [keep(strategy, Local(9, updates), None) for updates in (1, 2, 3)] == [1, 1, None]
    assert keep(strategy, None, None) is None
    assert keep(rule("downpour", nPush=5), Local(9, 1), None) is None


def test_fetches_are_at_pushes() -> None:
    with pytest.raises(WebNNError, match="multiple of nPush"):
        rule("downpour", nPush=4, nFetch=6)


def test_the_form_that_shrinks_is_not_for_peers() -> None:
    with pytest.raises(WebNNError, match="printed"):
        rule("mimic", at="peer", form="printed")
