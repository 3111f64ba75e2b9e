"""What updates usually look like."""

from __future__ import annotations

import numpy as np
import pytest

from webnn.core.directions import FEWEST, MEMORY
from webnn.core.metrics import Sketch, Verdict
from webnn.core.usual import SAME, Usual


def verdict(fingerprint: str = "", rough: str = "", length: float = 1.0, sketch: Sketch = ()) -> Verdict:
    return Verdict(True, length, length, sketch, fingerprint, rough)


def usual_of_others() -> Usual:
    """Where others send ever new work."""
    usual = Usual(100)
    for number in range(2 * FEWEST):
        usual.look("other", verdict(str(number)), number, "all")
    return usual


@pytest.mark.parametrize(
    ("version", "length", "same"), [(1, 1.0, True), (2, 1.0, True), (2, 3.0, True), (1, 3.0, False)]
)
def test_what_has_an_earlier_name_is_a_copy_unless_it_went_another_way_from_there(
    version: int, length: float, same: bool
) -> None:
    usual = usual_of_others()
    usual.look("a", verdict("work"), 1, "first")
    assert usual.look("b", verdict("work", length=length), version, "second").same is same


def test_a_copy_from_a_later_version_is_known_by_the_rough_name_of_what_hardly_changed() -> None:
    usual = usual_of_others()
    usual.look("a", verdict("exact", "rough"), 1, "first")
    assert not usual.look("b", verdict("another", "rough"), 2, "second").same, "it hardly changed either"
    assert usual.look("c", verdict("exact", "rough"), 3, "third").same
    assert usual.look("d", verdict("rough"), 4, "fourth").same


def test_names_are_forgotten_in_the_order_in_which_they_came() -> None:
    usual = usual_of_others()
    for number in range(4 * MEMORY):
        usual.look("a", verdict(f"exact {number}", f"rough {number}"), 1, number)
    assert len(usual._prints) == 4 * MEMORY
    assert not usual.look("b", verdict("exact 0"), 1, "all").same


def test_likeness_and_direction_are_those_of_the_last_updates() -> None:
    """Against plain arithmetic over whatever is remembered, with volunteers who come and go."""
    rng = np.random.default_rng(3)
    usual, seen = Usual(100), list[tuple[str, np.ndarray]]()
    for number in range(4 * MEMORY):
        sketch = rng.standard_normal(16) + 0.5
        if number % 10 == 9:
            sketch = 3 * seen[-2][1]
        whose = f"{rng.integers(4)}" if number % 3 else f"once, {number}"
        look = usual.look(whose, verdict(sketch=sketch), number, "all")
        units = [(name, each / np.linalg.norm(each)) for name, each in seen[-MEMORY:]]
        unit = sketch / np.linalg.norm(sketch)
        assert look.alike == any(unit @ each > SAME for _, each in units)
        theirs = [each for name, each in units if name != whose]
        if len(theirs) < FEWEST:
            assert look.direction is None
        else:
            common = np.sum(theirs, axis=0)
            assert look.direction == pytest.approx(unit @ common / np.linalg.norm(common), abs=1e-5)
        seen.append((whose, sketch))
    assert len(usual._directions._others) <= MEMORY
