"""What an update was trained from, and what it makes of that, whatever the lease wants."""

from __future__ import annotations

import numpy as np
import pytest

from webnn.core.effects import Try
from webnn.core.leases import Lease
from webnn.core.merging.base import Wants
from webnn.engine.appraising import before_and_after

BASE = np.array([1, 2, 3], np.float32)
OWN = np.array([1, 0, 0], np.float32)
DELTA = np.array([0.5, -0.5, 0.25], np.float32)


def effect(wants: Wants, payload: np.ndarray, *carried: np.ndarray) -> Try:
    lease = Lease("0-1", "a", 1, (), 10, 1, 10, 0, 0.5, "model", wants, 0.0, 1.0, carry=bool(carried))
    return Try(lease, 1, 20, payload, carried)


@pytest.mark.parametrize(
    ("wants", "payload"),
    [(Wants.WEIGHTS, BASE + DELTA), (Wants.DELTA, DELTA), (Wants.GRADIENT, DELTA / np.float32(-0.5))],
)
def test_what_an_update_adds_is_added(wants: Wants, payload: np.ndarray) -> None:
    before, after = before_and_after(effect(wants, payload), BASE)
    assert before.tolist() == BASE.tolist()
    assert after.tolist() == (BASE + DELTA).tolist()
    assert after.dtype == before.dtype == np.float32
    assert after.flags.c_contiguous


def test_it_is_added_to_the_volunteers_own_work_too_and_the_version_stays_as_it_is() -> None:
    base = BASE.copy()
    before, after = before_and_after(effect(Wants.DELTA, DELTA, OWN, OWN), base)
    assert before.tolist() == (BASE + 2 * OWN).tolist()
    assert after.tolist() == (BASE + 2 * OWN + DELTA).tolist()
    assert base.tolist() == BASE.tolist()
