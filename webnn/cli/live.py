"""What `wnn evaluate` and `wnn predict` ask of a server: the network of a run that goes on there."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from webnn.cli.examples_in import read_examples
from webnn.cli.remote import connect_to_run
from webnn.cli.target import Target
from webnn.cli.trained import Which
from webnn.client import Client
from webnn.core.errors import WebNNError
from webnn.core.shapes import MAX_ROWS, Predictions
from webnn.core.shapes import Which as LiveWhich

RETRY_SECONDS, PATIENCE_SECONDS = 0.5, 60.0

LIVE: Mapping[Which, LiveWhich] = {Which.BEST: "best", Which.FINAL: "current"}
"""The last weights of a run that goes on are the current ones."""


def evaluate(target: Target, run: str, which: Which, split: str | None) -> dict[str, Any]:
    """Score a live run's network as its server does. Raises `WebNNError`."""
    if split not in (None, "validation"):
        raise WebNNError("settings", f"A server scores a live run on its validation split, not on {split}.")
    client, found = connect_to_run(target, run)
    return dict(client.evaluation(found, LIVE[which]))


def predict(target: Target, run: str, which: Which, files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Yield what a live run's network says of each example of each file. Raises `WebNNError`."""
    client, found = connect_to_run(target, run)
    dataset = client.model(found)["dataset"]
    shown = [(path, read_examples(path, dataset)) for path in files]
    for path, split in shown:
        rows = np.concatenate([array.reshape(len(split), -1) for array in split.arrays], axis=1)
        for first in range(0, len(rows), MAX_ROWS):
            answer = _predict(client, found, rows[first : first + MAX_ROWS].tolist(), LIVE[which])
            for number, told in enumerate(answer["predictions"], start=first):
                yield {"file": str(path), "example": number, **told}


def _predict(client: Client, run: str, rows: list[list[float]], which: LiveWhich) -> Predictions:
    """Show some examples; again after a while where the server's evaluator rests."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return client.predict(run, rows, which)
        except WebNNError as error:
            if error.code != "too_many" or time.monotonic() > until:
                raise
            time.sleep(RETRY_SECONDS)
