"""Every fault has a test that provokes it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.faults.faults import PROVOKED, Fault


def test_every_fault_is_provoked() -> None:
    for path in Path(__file__).parent.glob("test_*.py"):
        if path != Path(__file__):
            import_module(f"tests.faults.{path.stem}")
    assert set(Fault) == set(PROVOKED)
