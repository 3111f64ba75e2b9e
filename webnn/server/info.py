"""What a run is, as volunteers and pages are told: fixed when it is prepared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from webnn.core.config import RunConfig
from webnn.server.about import describe_stop


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

    def with_settings(self, config: RunConfig) -> RunInfo:
        """The same run, as it is told to those who come after its settings changed to `config`."""
        training = {**self.training, "batch_size": config.batch_size, "lease_seconds": config.lease_seconds}
        about = {**self.about, "until": describe_stop(config.stop), "lease_seconds": config.lease_seconds}
        return replace(self, training=training, about=about if self.about else {})
