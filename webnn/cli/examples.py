"""Examples of the commands, shown at the end of each one's help; a test runs every one."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy

import click

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "train": ("wnn train digits-mlp --workers 2 --set training.stop.epochs=10",),
    "serve": ("wnn serve digits-mlp digits-cnn --at-most 2",),
    "demo": ("wnn demo --workers 2",),
    "worker": ("wnn worker http://127.0.0.1:8888 --count 2",),
    "simulate": ("wnn simulate digits-mlp --volunteers 1,4",),
    "init": ("wnn init my-project",),
    "new": ("wnn new mine --dataset digits",),
    "copy": ("wnn copy digits-mlp mine --set training.batchSize=64",),
    "check": ("wnn check digits-mlp",),
    "retrain": ("wnn retrain digits-mlp --workers 1 --set training.stop.epochs=5",),
    "reset": ("wnn reset digits-mlp --workers 1 --set training.batchSize=64",),
    "evaluate": ("wnn evaluate digits-mlp --split validation",),
    "predict": ("wnn predict digits-mlp digit.npy",),
    "runs": ("wnn runs --server https://example.org",),
    "submit": ("wnn submit digits-mlp --set training.batchSize=32",),
    "queue": ("wnn queue", "wnn queue digits-mlp-2026 --to 1"),
    "status": ("wnn status --json",),
    "watch": ("wnn watch --server https://example.org",),
    "pause": ("wnn pause",),
    "resume": ("wnn resume",),
    "stop": ("wnn stop digits-mlp-2026",),
    "save": ("wnn save --server https://example.org",),
    "rollback": ("wnn rollback --to best",),
    "set": ("wnn set learningRate=0.01 batchSize=32",),
    "volunteers": ("wnn volunteers",),
    "kick": ("wnn kick 3 --for-good",),
    "token": ("wnn token new helper --scope control --expires 7d", "wnn token list", "wnn token revoke helper"),
    "token new": ("wnn token new helper",),
    "token rotate": ("wnn token rotate helper",),
    "token revoke": ("wnn token revoke helper",),
    "token list": ("wnn token list --json",),
    "invite": ("wnn invite --uses 30 --expires 2d", "wnn invite --list", "wnn invite --revoke 1"),
    "export": ("wnn export --format keras -o digits.keras",),
    "import": ("wnn import digits.keras --dataset digits --freeze 'conv*'",),
    "graph": ("wnn graph cifar10-resnet --svg resnet.svg",),
    "replay": ("wnn replay digits-mlp",),
    "list": ("wnn list",),
    "rm": ("wnn rm digits-mlp --yes",),
    "prune": ("wnn prune --keep 3 --older-than 30d --dry-run",),
    "doctor": ("wnn doctor",),
    "completion": ("wnn completion bash",),
}


def examples_of(name: str) -> str:
    """The paragraph that shows a command's examples, each on a line of its own."""
    lines = EXAMPLES[name]
    return "\n".join(["\b", "Example:" if len(lines) == 1 else "Examples:", *(f"  {line}" for line in lines)])


def with_examples(name: str, command: click.Command) -> click.Command:
    """The command with its examples at the end of its help, before what that ends with already."""
    shown = copy(command)
    shown.epilog = examples_of(name) + (f"\n\n{command.epilog}" if command.epilog else "")
    return shown
