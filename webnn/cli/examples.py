"""Examples of commands whose help has none of its own, shown by `--help`; a test runs every example there is."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

import click

EXAMPLES: Mapping[str, str] = {
    "train": "wnn train digits-mlp --workers 2 --set training.stop.epochs=10",
    "demo": "wnn demo --workers 2",
    "worker": "wnn worker http://127.0.0.1:8888 --count 2",
    "simulate": "wnn simulate digits-mlp --volunteers 1,4",
    "init": "wnn init my-project",
    "new": "wnn new mine --dataset digits",
    "copy": "wnn copy digits-mlp mine --set training.batchSize=64",
    "check": "wnn check digits-mlp",
    "retrain": "wnn retrain digits-mlp --workers 1 --set training.stop.epochs=5",
    "reset": "wnn reset digits-mlp --workers 1 --set training.batchSize=64",
    "evaluate": "wnn evaluate digits-mlp --split validation",
    "predict": "wnn predict digits-mlp digit.npy",
    "replay": "wnn replay digits-mlp",
    "list": "wnn list --json",
    "rm": "wnn rm digits-mlp --yes",
    "prune": "wnn prune --keep 3 --older-than 30d --dry-run",
    "doctor": "wnn doctor",
    "completion": "wnn completion bash",
}


def with_example(name: str, command: click.Command) -> click.Command:
    """The command with its example at the end of its help."""
    if name not in EXAMPLES or "Example:" in f"{command.help}{command.epilog}":
        return command
    shown = copy(command)
    shown.epilog = f"\b\nExample:\n  {EXAMPLES[name]}" + (f"\n\n{command.epilog}" if command.epilog else "")
    return shown
