"""Words of strangers, where people read them: the pages' lists, the terminal, the logs."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest

from tests.attacks.test_connections import talk
from tests.server.volunteer import ready
from tests.server.world import serve
from webnn.server.logs import LOGGER, AccessLogger, LogFormatter

STEERING = "\x1b]0;owned\x07\x9b2J\r\n\u202egnp.\u2028fake line\ufeff"
"""Sets a terminal's title, clears it, begins a line, and turns the reading about."""


async def test_names_of_devices_steer_no_terminal_and_break_no_line(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        peer = await served.peer()
        await peer.join(device={"kind": "worker", "name": f"phone {STEERING}"})
        await peer.send(ready(backend=f"gpu {STEERING}"[:40]))
        lease = await peer.expect("lease")
        await peer.send({"type": "abandon", "lease_id": lease["lease_id"], "reason": f"tired {STEERING}"})
        await peer.expect("outcome")
        await peer.send({"type": "goodbye", "reason": STEERING})
        await peer.closed()
        shown = [*_texts(await served.json("/api/v1/runs/test-run/volunteers"))]
        shown += _texts(await served.json("/api/v1/runs/test-run/events"))
    assert any("phone" in text for text in shown)
    assert [text for text in shown if not text.isprintable()] == []


@pytest.mark.parametrize("style", ["text", "json"])
async def test_addresses_and_words_break_no_line_of_the_log(style: str, tmp_path: Path) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(LogFormatter(style))
    LOGGER.addHandler(handler)
    before = LOGGER.level
    LOGGER.setLevel(logging.DEBUG)
    try:
        async with serve(tmp_path) as served:
            await talk(served, b"GET /%0a%1b[2J%e2%80%aefake HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            AccessLogger(LOGGER, "").logger.debug("%s", f"GET /{STEERING}", extra={"volunteer": STEERING})
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(before)
    lines = stream.getvalue().split("\n")
    assert any("owned" in line for line in lines)
    assert [line for line in lines if not line.isprintable()] == []
    if style == "json":
        assert all(json.loads(line) for line in lines if line)


def _texts(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inside for text in _texts(each)]
