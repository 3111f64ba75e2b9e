"""What a run was told when it was first started, read from its folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from webnn.core.errors import WebNNError
from webnn.evaluator.results import CheckReport
from webnn.model.definition import ModelDefinition, parse_again


@dataclass(frozen=True, slots=True)
class Earlier:
    """A run's own settings, which count when it is taken up again. `config` is its `config.json`."""

    definition: ModelDefinition
    seed: int
    check: CheckReport | None
    config: dict[str, Any]

    def check_data(self, fingerprint: str) -> None:
        """Raise `WebNNError("invalid_dataset")` where the training data are not those that the run began with."""
        if self.config.get("fingerprint", fingerprint) != fingerprint:
            raise WebNNError(
                "invalid_dataset",
                f"The dataset {self.definition.dataset} is not what it was when the run {self.config['run']} began, so"
                " the run cannot go on with it. Bring the earlier data back, or start a new run without --resume.",
            )


def read_earlier(folder: Path) -> Earlier:
    """Read what the run in `folder` was told. Raises `WebNNError("invalid_checkpoint")`."""
    try:
        config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
        file = None if config["model_file"] is None else Path(config["model_file"])
        path = file if file is not None and file.is_file() else None
        definition = parse_again(config["model"], str(folder / "config.json"), path)
        check = config.get("check")
        if check is not None:
            check = CheckReport(**{**check, "warnings": tuple(check["warnings"])})
        return Earlier(definition, int(config["seed"]), check, config)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise WebNNError("invalid_checkpoint", f"{folder / 'config.json'} cannot be read: {error!r}.") from error
