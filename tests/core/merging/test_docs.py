"""The page about the rules knows them all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from webnn.core.merging import merge_schema

PAGE = (Path(__file__).parents[3] / "docs" / "merging.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(merge_schema()))
def test_every_rule_and_option_has_its_place_in_the_table(name: str) -> None:
    [row] = [line for line in PAGE.splitlines() if line.startswith(f"| `{name}` |")]
    schema: Any = merge_schema()[name]
    for option, description in schema["properties"].items():
        assert f"`{option}`" in row
        if isinstance(description.get("default"), int | float):
            assert f"`{option}` ({description['default']:g}" in row or option == "b"
