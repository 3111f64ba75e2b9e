"""Open files and memory are looked at before a run starts, and what may run out is said."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from webnn.server import resources
from webnn.server.config import Limits
from webnn.server.resources import (
    FILES_BESIDE_SOCKETS,
    allow_open_files,
    files_warning,
    free_memory,
    give_memory_back,
    memory_warning,
    resource_warnings,
)

LIMITS = Limits(max_connections=500)
UNLIMITED = -1


@pytest.fixture
def system(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A system with limits of open files; `refuses`: they may not be raised."""
    found = SimpleNamespace(limits=(256, 4096), refuses=False)

    def set_limits(_: int, limits: tuple[int, int]) -> None:
        if found.refuses:
            raise ValueError
        found.limits = limits

    module = SimpleNamespace(
        RLIMIT_NOFILE=7, RLIM_INFINITY=UNLIMITED, getrlimit=lambda _: found.limits, setrlimit=set_limits
    )
    monkeypatch.setitem(sys.modules, "resource", module)
    return found


def test_limit_of_open_files_is_raised_as_far_as_it_may(system: SimpleNamespace) -> None:
    assert allow_open_files() == 4096
    assert system.limits == (4096, 4096)


def test_limit_that_may_not_be_raised_stays(system: SimpleNamespace) -> None:
    system.refuses = True
    assert allow_open_files() == 256


def test_no_limit_is_none(system: SimpleNamespace) -> None:
    system.limits = (UNLIMITED, UNLIMITED)
    assert allow_open_files() is None


def test_without_a_hard_limit_a_good_many_are_asked_for(system: SimpleNamespace) -> None:
    system.limits = (256, UNLIMITED)
    assert allow_open_files() == 65_536


def test_too_few_open_files_are_told_with_how_many_can_connect() -> None:
    words = files_warning(FILES_BESIDE_SOCKETS + 192, LIMITS)
    assert words is not None
    assert "allows 256 open files, so about 192 volunteers" in words
    assert "ulimit -n" in words
    assert files_warning(FILES_BESIDE_SOCKETS + 500, LIMITS) is None
    assert files_warning(None, LIMITS) is None


def test_too_little_memory_is_told_with_how_much_is_needed() -> None:
    words = memory_warning(1 << 30, 100_000_000)
    assert words is not None
    assert "About 1.0 GiB of memory are free" in words
    assert "4.8 GiB" in words
    assert memory_warning(8 << 30, 100_000_000) is None
    assert memory_warning(None, 100_000_000) is None


def test_both_are_told_at_the_start(system: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    system.limits = (256, 256)
    monkeypatch.setattr(resources, "free_memory", lambda: 1 << 20)
    assert ["open files" in words or "memory" in words for words in resource_warnings(10, LIMITS)] == [True, True]
    system.limits = (256, 65_536)
    monkeypatch.setattr(resources, "free_memory", lambda: None)
    assert resource_warnings(10, LIMITS) == []


def test_this_system_says_what_is_free_and_takes_memory_back() -> None:
    free = free_memory()
    assert free is None or free > 1 << 20
    give_memory_back()
