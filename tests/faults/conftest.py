from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.faults import Fault, Injection, provoked_by


@pytest.fixture(autouse=True)
def injected(request: pytest.FixtureRequest) -> Iterator[Injection]:
    """Counts faults, and fails a test in the end whose faults did not happen."""
    injection = Injection()
    yield injection
    wanted = provoked_by(request.function)
    callspec = getattr(request.node, "callspec", None)
    chosen = None if callspec is None else callspec.params.get("fault")
    if isinstance(chosen, Fault):
        assert chosen in wanted, f"the test is not marked as one that provokes {chosen!r}"
        wanted = (chosen,)
    assert not injection.missing(wanted), f"these did not happen: {injection.missing(wanted)}"
