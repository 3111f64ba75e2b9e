"""What a run is, as volunteers and pages are told: fixed when it is prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class RunInfo:
    """`model`, `dataset` and `training` are the maps of `welcome` in docs/protocol.md.

    `about` is what a volunteer is told before starting: see `webnn.server.about`.
    """

    id: str
    name: str
    description: str
    model: Mapping[str, Any]
    dataset: Mapping[str, Any]
    training: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)

    @property
    def head(self) -> dict[str, str]:
        """The `run` of `welcome` and `snapshot`."""
        return {"id": self.id, "name": self.name, "description": self.description}
