"""What `wnn evaluate` and `wnn predict` ask of a server: the network of one of its runs, live or over."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from webnn.cli.examples_in import read_examples
from webnn.cli.remote import connect_to_run, patiently
from webnn.cli.target import Target
from webnn.core.shapes import MAX_ROWS
from webnn.core.shapes import Which as AskedWhich
from webnn.server.trained import Which

Split = Literal["train", "validation", "test"]
ASKED: Mapping[Which, AskedWhich] = {Which.BEST: "best", Which.FINAL: "current"}
"""The last weights of a run that goes on are the current ones."""


def evaluate(target: Target, run: str, which: Which, split: Split | None) -> dict[str, Any]:
    """Score a run's network as its server does. Raises `WebNNError`."""
    client, found = connect_to_run(target, run, by_model=True)
    return dict(patiently(partial(client.evaluation, found, ASKED[which], split)))


def predict(target: Target, run: str, which: Which, files: Sequence[Path]) -> Iterator[dict[str, Any]]:
    """Yield what a run's network says of each example of each file. Raises `WebNNError`."""
    client, found = connect_to_run(target, run, by_model=True)
    dataset = client.model(found)["dataset"]
    shown = [(path, read_examples(path, dataset)) for path in files]
    for path, split in shown:
        rows = np.concatenate([array.reshape(len(split), -1) for array in split.arrays], axis=1)
        for first in range(0, len(rows), MAX_ROWS):
            some = rows[first : first + MAX_ROWS].tolist()
            answer = patiently(partial(client.predict, found, some, ASKED[which]))
            for number, told in enumerate(answer["predictions"], start=first):
                yield {"file": str(path), "example": number, **told}
