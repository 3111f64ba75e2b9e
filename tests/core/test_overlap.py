"""Overlapping leases: each example is trained twice in an epoch, and counted once."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from webnn.core.config import ShardSize
from webnn.core.examples import ExampleLedger
from webnn.core.leases import Part


def rows(parts: tuple[Part, ...]) -> list[tuple[str, int]]:
    return [(part.shard, row) for part in parts for row in range(part.first, part.last)]


@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=6),
    wanted=st.integers(2, 8),
    batch=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_an_epoch_is_over_when_each_example_was_some_lease_s_own(
    lengths: list[int], wanted: int, batch: int, seed: int
) -> None:
    shards = [ShardSize(f"s{number}", length) for number, length in enumerate(lengths)]
    total = sum(lengths)
    ledger = ExampleLedger(shards, seed, limit=total, overlap=True)
    trained: Counter[tuple[str, int]] = Counter()
    number = 0
    while parts := ledger.take(str(number), wanted * batch, batch, 400):
        own = sum(span.num_examples for span in ledger.leased(str(number)))
        examples = rows(parts)
        assert len(examples) <= wanted * batch
        assert len(examples) == len(set(examples))
        assert own <= len(examples) <= 2 * own
        trained.update(examples)
        ledger.finish(str(number))
        number += 1
    assert ledger.num_done == total
    assert ledger.exhausted
    assert len(trained) == total
    assert max(trained.values()) <= 3


def test_worker_j_trains_segments_j_and_the_next() -> None:
    ledger = ExampleLedger([ShardSize("s", 12)], 0, limit=12, overlap=True)
    taken = [rows(ledger.take(str(number), 6, 1, 400)) for number in range(4)]
    numbers = [[row for _, row in lease] for lease in taken]
    assert numbers == [[0, 1, 2, 3, 4, 5], [3, 4, 5, 6, 7, 8], [6, 7, 8, 9, 10, 11], [9, 10, 11, 0, 1, 2]]
    assert ledger.take("5", 6, 1, 400) == ()


def test_a_lease_that_is_lost_gives_back_its_own_examples_only() -> None:
    ledger = ExampleLedger([ShardSize("s", 12)], 0, limit=12, overlap=True)
    first = ledger.take("a", 6, 1, 400)
    ledger.free("a")
    assert ledger.num_free == 12
    assert ledger.take("b", 6, 1, 400) == first


def test_a_lease_of_one_step_overlaps_nothing() -> None:
    ledger = ExampleLedger([ShardSize("s", 12)], 0, limit=12, overlap=True)
    assert rows(ledger.take("a", 4, 4, 400)) == [("s", 0), ("s", 1), ("s", 2), ("s", 3)]


def test_an_account_that_was_written_down_goes_on() -> None:
    ledger = ExampleLedger([ShardSize("s", 12)], 0, limit=12, overlap=True)
    first = ledger.take("a", 6, 1, 400)
    again = ExampleLedger([ShardSize("s", 12)], 0, limit=12, overlap=True)
    again.restore(ledger.snapshot())
    assert (again.num_done, again.num_free) == (0, 12)
    assert sorted(rows(first)) != []
    while parts := again.take("b", 6, 1, 400):
        assert parts
        again.finish("b")
    assert again.exhausted
