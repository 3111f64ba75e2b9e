"""Every fault has a test that provokes it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from tests.faults.faults import PROVOKED, Fault, Injection


def test_fault_that_does_not_happen_is_missed(injected: Injection) -> None:
    injected.fire(Fault.DELAYED)
    assert injected.missing([Fault.DELAYED, Fault.DISK_FULL]) == [Fault.DISK_FULL]


def test_every_fault_is_provoked() -> None:
    for path in Path(__file__).parent.glob("test_*.py"):
        if path != Path(__file__):
            import_module(f"tests.faults.{path.stem}")
    assert set(Fault) == set(PROVOKED)
