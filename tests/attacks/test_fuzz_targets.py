"""The fuzzer's targets with what hypothesis makes of it, so that they are true before a fuzzer is at them for hours."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fuzz import conversation
from fuzz.reading import Reader
from fuzz.run import NAMES, run_target
from fuzz.targets import TARGETS, seeds

QUICK = tuple(name for name in TARGETS if name != "session")


def test_the_command_knows_every_target() -> None:
    assert tuple(TARGETS) == NAMES


@pytest.mark.parametrize("name", TARGETS)
def test_seeds_are_fine(name: str) -> None:
    found = list(seeds(name))
    assert found
    for data in found:
        TARGETS[name](data)


@pytest.mark.parametrize("name", QUICK)
@given(data=st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_fine(name: str, data: bytes) -> None:
    TARGETS[name](data)


@given(data=st.binary(max_size=300))
@example(data=b"")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_conversation_leaves_the_run_as_it_should_be(data: bytes) -> None:
    TARGETS["session"](data)


def test_a_conversation_gets_as_far_as_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    wires: list[conversation.Fuzzed] = []

    class Seen(conversation.Fuzzed):
        def __init__(self, reader: Reader) -> None:
            super().__init__(reader)
            wires.append(self)

    monkeypatch.setattr(conversation, "Fuzzed", Seen)
    for data in seeds("session"):
        TARGETS["session"](data)
    heard = {header["type"] for wire in wires for header in wire.heard}
    assert heard >= {"welcome", "lease", "outcome"}, "else the fuzzer would never see what comes after"


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris is not installed")
def test_the_fuzzer_runs(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert sys.platform == "linux"
    monkeypatch.setattr("fuzz.run.BUILD", tmp_path)
    assert run_target("frames", 1.0)
    assert "inputs in" in capsys.readouterr().out
