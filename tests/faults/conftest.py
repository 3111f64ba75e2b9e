from __future__ import annotations

import pytest

from tests.faults.faults import Injection


@pytest.fixture
def injected() -> Injection:
    return Injection()
