"""`docs/security.md`: what it names as holding its promises is there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_promise_is_held_by_files_that_are_there() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    promises = text[text.index("## What we promise") : text.index("## What we do not promise")]
    rows = [line for line in promises.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert len(rows) > 20
    for row in rows:
        named = re.findall(r"`([\w/]+\.py)[^`]*`", row.split(" | ")[-1])
        assert named, row
        for name in named:
            assert any((ROOT / folder / name).is_file() for folder in ("", "tests")), name
