"""Versions told by what changed: from what is kept alone, each on one grid for ever, in two or three bits a number."""

from __future__ import annotations

import numpy as np
import pytest

from webnn.core.grid import Grid, decode_grid, since_version
from webnn.engine.grids import Grids
from webnn.engine.local import take_snapshot

LENGTH = 5000
RNG = np.random.default_rng(1)
WEIGHTS = (RNG.normal(size=LENGTH) * 0.1).astype(np.float32)


def walk(grids: Grids, moves: list[float]) -> tuple[list[int], list[float]]:
    """Follow versions that each move so far; the bytes of each, and how far off it was, to its movement."""
    held: dict[int, Grid] = {}
    weights, sizes, off = WEIGHTS.copy(), [], []
    rng = np.random.default_rng(2)
    for number, move in enumerate(moves, 1):
        weights += (rng.normal(size=LENGTH) * move).astype(np.float32)
        payload = grids.encode(take_snapshot(weights, number, 0), number - 1)
        held[number] = decode_grid(payload, LENGTH, held.get)
        sizes.append(payload.nbytes)
        off.append(float(np.sqrt(np.mean((held[number].vector() - weights) ** 2))) / move)
    return sizes, off


@pytest.mark.parametrize("move", [0.0005, 0.002, 0.008])
def test_changes_take_few_bits_and_errors_do_not_add_up_whatever_the_steps(move: float) -> None:
    sizes, off = walk(Grids(1 << 20), [move] * 40)
    assert sizes[0] > LENGTH * 0.7  # whole
    assert max(sizes[5:]) < LENGTH * 3 / 8
    assert max(off[5:]) < 0.6


def test_a_grid_grows_finer_again_when_the_weights_hardly_move() -> None:
    sizes, off = walk(Grids(1 << 20), [0.01] * 10 + [0.001] * 40)
    assert off[-1] < 0.6
    assert sizes[-1] < LENGTH * 3 / 8


def test_each_pair_is_encoded_once_and_dropped_with_its_version() -> None:
    grids = Grids(1 << 20)
    grids.encode(take_snapshot(WEIGHTS, 1, 0), 0)
    second = take_snapshot(WEIGHTS + np.float32(0.001), 2, 0)
    assert grids.encode(second, 1) is grids.encode(second, 1)
    assert since_version(grids.encode(second, 1)) == 1
    grids.encode(take_snapshot(WEIGHTS, 3, 0), 2)
    assert since_version(grids.encode(second, 1)) == 1


def test_what_is_not_kept_is_told_whole_and_never_put_on_a_second_grid() -> None:
    grids = Grids(0)  # room for two
    snapshots = [take_snapshot(WEIGHTS + np.float32(0.01 * number), number, 0) for number in range(1, 5)]
    for snapshot in snapshots[:3]:
        grids.encode(snapshot, snapshot.version - 1)
    assert since_version(grids.encode(snapshots[3], 1)) == 0
    assert since_version(grids.encode(snapshots[0], 0)) == 0  # it may be on another grid this time
    assert since_version(grids.encode(snapshots[3], 1)) == 0
    assert since_version(grids.encode(snapshots[3], 9)) == 0
    grids.clear()
    assert since_version(grids.encode(snapshots[3], 3)) == 0


def test_weights_that_are_not_finite_or_do_not_move_are_told_too() -> None:
    grids = Grids(1 << 20)
    odd = WEIGHTS.copy()
    odd[7] = np.inf
    held: dict[int, Grid] = {}
    for number, weights in enumerate((WEIGHTS, WEIGHTS, odd, WEIGHTS), 1):
        payload = grids.encode(take_snapshot(weights, number, 0), number - 1)
        held[number] = decode_grid(payload, LENGTH, held.get)
        same = np.isfinite(held[number].vector()).all()
        assert same == (number != 3)
    assert np.abs(held[4].vector() - WEIGHTS).max() < np.abs(WEIGHTS).max() / 30
