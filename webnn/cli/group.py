"""A click group that imports a command's module when the command is used, and suggests the nearest word for a typo."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from keyword import iskeyword
from typing import Any

import click

from webnn.cli.examples import with_examples
from webnn.core.words import nearest

SECTIONS: Mapping[str, Mapping[str, str]] = {
    "Train": {
        "train": "Train a model with whoever opens its page.",
        "serve": "Serve any number of runs, in a queue.",
        "demo": "Train a small model on handwritten digits, with one local worker.",
        "worker": "Lend this machine to a run, without a browser.",
        "simulate": "Try merge rules with virtual volunteers.",
    },
    "Models and data": {
        "init": "Make a folder to work in, with an example that trains.",
        "new": "Write a model file to begin with.",
        "copy": "Write another model file, from a model or a run.",
        "import": "Make a model file of a model from Keras or TensorFlow.js.",
        "check": "Say what a model is, and whether it can be trained.",
        "graph": "Draw a network in the terminal, or as SVG.",
        "list": "Name the models and datasets that can be trained here.",
    },
    "Runs": {
        "runs": "List runs, live and past.",
        "status": "Show how a run stands.",
        "watch": "Follow a run in the terminal.",
        "pause": "Pause a live run; volunteers wait.",
        "resume": "Let a run go on that was paused or stopped.",
        "stop": "End a live run and save it.",
        "save": "Write a live run's files now.",
        "rollback": "Take a live run back to an earlier version.",
        "set": "Change settings of a live run.",
        "queue": "Show or change the order in which runs start.",
        "submit": "Let a new run wait on a server.",
        "retrain": "Train on from a run's weights, as a new run.",
        "reset": "Do a run again from its beginning, as a new run.",
    },
    "People": {
        "volunteers": "List the volunteers of a run.",
        "kick": "Send a volunteer away.",
        "invite": "Make a code that lets volunteers into a run.",
        "token": "Show the owner's token, or make others.",
    },
    "Results": {
        "evaluate": "Score a run's network: accuracy, precision, recall, F1, confusion.",
        "predict": "Show files to a run's network.",
        "export": "Write a run's model for Keras, TensorFlow.js, NumPy.",
        "replay": "Play a recorded run again and compare.",
    },
    "Housekeeping": {
        "rm": "Remove a run's folder.",
        "prune": "Remove old runs, and checkpoints of those that are finished.",
        "doctor": "Say what is missing on this machine, and how to get it.",
        "completion": "Print what makes a shell complete commands of wnn.",
    },
}
"""The commands, in the order of the help, and a line on each: shown without importing any of them."""

COMMANDS: Mapping[str, str] = {name: text for section in SECTIONS.values() for name, text in section.items()}


class LazyGroup(click.Group):
    """Commands live in `webnn.cli.commands.NAME` (`-` becomes `_`, and a word of Python gets one behind it)."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        stem = f"{cmd_name}_" if iskeyword(cmd_name) else cmd_name.replace("-", "_")
        module = import_module(f"webnn.cli.commands.{stem}")
        command = module.command
        assert isinstance(command, click.Command)
        return with_examples(cmd_name, command)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            match = nearest(name, COMMANDS)
            hint = f' Did you mean "{match}"?' if match else f" Commands are: {', '.join(COMMANDS)}."
            raise click.UsageError(f'There is no command "{name}".{hint}', ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        widest = max(map(len, COMMANDS))
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), text) for name, text in commands.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[Any]:
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name, help=text) for name, text in COMMANDS.items() if name.startswith(incomplete)]
        return names + click.Command.shell_complete(self, ctx, incomplete)
