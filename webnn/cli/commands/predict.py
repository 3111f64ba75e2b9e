"""`wnn predict RUN FILE...`: what a trained network says of files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webnn.cli import options
from webnn.cli.target import Target
from webnn.cli.words import decimal, percent

if TYPE_CHECKING:
    from webnn.server.trained import TrainedRun, Which

SHOWN = 3


@click.command("predict", short_help="Show files to a run's network.")
@options.trained_argument
@click.argument("files", nargs=-1, required=True, type=options.FILE, metavar="FILE...")
@options.which_option
@options.target_options
@options.json_option
def command(run: str, files: tuple[Path, ...], which: str, target: Target, json_lines: bool) -> None:
    """Print what RUN's network says of each example in FILE...: labels and their probabilities, or values.

    RUN is a run's id, the beginning of it, or a model's name: its newest run then. A FILE is .npy or .npz (one example,
    or several), .csv (an example a row), or a picture (with the extra `images`; it is made as large as the network
    takes). Numbers are as the dataset stores them: pixels of mnist from 0 to 255, those of digits from 0 to 16.

    With --server it is one of that server's runs; the final weights of one that goes on are the current ones.
    """
    from webnn.cli.trained import find_trained
    from webnn.server.trained import Which

    answers: Iterable[dict[str, Any]]
    if target.server is not None:
        from webnn.cli import live

        answers = live.predict(target, run, Which(which), files)
    else:
        answers = asyncio.run(predict(find_trained(target.runs_dir, run), Which(which), files))
    for answer in answers:
        click.echo(json.dumps(answer) if json_lines else answer_words(answer))


async def predict(run: TrainedRun, which: Which, files: Sequence[Path]) -> list[dict[str, Any]]:
    """Show every example of every file to the run's network. Raises `WebNNError`."""
    from webnn.cli.examples_in import read_examples
    from webnn.data.dataset import Split
    from webnn.data.preparation import Preparation
    from webnn.server.scoring import network_of

    preparation = Preparation.load(run.folder)
    shown = [(path, read_examples(path, run.dataset)) for path in files]
    answers: list[dict[str, Any]] = []
    async with network_of(run, which) as network:
        for path, split in shown:
            outputs = await network.predict(Split(preparation.apply(split.arrays), split.targets))
            answers += answers_of(path, outputs, run.dataset)
    return answers


def answers_of(path: Path, outputs: Any, dataset: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what the network says of each example, as `--json` prints it."""
    from webnn.evaluator.scores import tell_outputs

    told = tell_outputs(outputs, dataset["targets"]["num_classes"], dataset.get("label_names"))
    yield from ({"file": str(path), "example": number, **each} for number, each in enumerate(told))


def answer_words(answer: Mapping[str, Any]) -> str:
    """Say it to a person: the likeliest labels, or the values."""
    place = f"{answer['file']} [{answer['example']}]"
    if "values" in answer:
        return f"{place}: {' '.join(decimal(value) for value in answer['values'])}"
    order = sorted(answer["probabilities"].items(), key=lambda item: -item[1])[:SHOWN]
    return f"{place}: {', '.join(f'{label} {percent(chance)}' for label, chance in order)}"
