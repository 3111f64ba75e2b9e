"""Brief messages: what is left out can be put back."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from webnn.core.brief import Brief

SHARD = "a" * 64
PARTS = st.lists(st.tuples(st.sampled_from([SHARD, "b" * 64]), st.integers(0, 3), st.integers(4, 6)), min_size=1)
LEASES = st.builds(
    lambda parts, soon, keep: {"type": "lease", "parts": [list(part) for part in parts], "soon": soon, "keep": keep},
    PARTS,
    st.sampled_from([None, SHARD]),
    st.sampled_from([None, 0.5]),
)
OUTCOMES = st.builds(
    lambda version, extra: {"type": "outcome", "version": version, "detail": None, **extra},
    st.integers(1, 2),
    st.sampled_from([{}, {"encoding": "grid"}]),
)


class Reader:
    """What static/src/shared/brief.ts does."""

    def __init__(self) -> None:
        self.last: dict[str, dict[str, Any]] = {}
        self.shard: Any = None

    def expand(self, header: dict[str, Any]) -> dict[str, Any]:
        whole = {**self.last.get(header["type"], {}), **header}
        if "parts" in header:
            whole["parts"] = [self.part(*part) for part in header["parts"]]
        self.last[header["type"]] = whole
        return whole

    def part(self, shard: str | None, first: int, last: int) -> list[Any]:
        self.shard = shard or self.shard
        return [self.shard, first, last]


@given(st.lists(LEASES | OUTCOMES, max_size=8))
def test_a_reader_gets_every_message_whole(headers: list[dict[str, Any]]) -> None:
    writer, reader = Brief(), Reader()
    for header in headers:
        whole = reader.expand(dict(writer.shorten(header)))
        assert {key: value for key, value in whole.items() if value is not None} == {
            key: value for key, value in header.items() if value is not None
        }
        assert header.keys() <= whole.keys()


def test_what_was_said_is_not_said_again() -> None:
    brief = Brief()
    lease = {"type": "lease", "lease_id": "0-1", "parts": [[SHARD, 0, 64]], "wants": "delta", "soon": None}
    assert brief.shorten(lease) == lease
    again = brief.shorten({**lease, "lease_id": "0-2", "parts": [[SHARD, 64, 128]]})
    assert again == {"type": "lease", "lease_id": "0-2", "parts": [[None, 64, 128]]}
    state = {"type": "state", "state": "running", "reason": None}
    assert brief.shorten(state) == brief.shorten(state) == state
