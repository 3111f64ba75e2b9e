"""`wnn graph NAME`: a network, drawn."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from webnn.cli import options
from webnn.core.errors import WebNNError

if TYPE_CHECKING:
    from webnn.evaluator.results import LayerSummary
    from webnn.model.definition import ModelDefinition
    from webnn.model.drawing import Node

Shapes = list[list[int]]


def shape_of(context: click.Context, parameter: click.Parameter, value: str | None) -> list[int] | None:
    if value is None:
        return None
    if not re.fullmatch(r"[1-9]\d{0,6}(x[1-9]\d{0,6})*", value):
        raise click.BadParameter("a shape such as 28x28x1")
    return [int(size) for size in value.split("x")]


@click.command("graph", short_help="Draw a network in the terminal, or as SVG.")
@options.name_argument
@click.option(
    "--input", "shape", metavar="SHAPE", callback=shape_of, help="Of one example: 28x28x1. No dataset is read then."
)
@click.option("--svg", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write a picture.")
@click.option("--dot", is_flag=True, help="Print it for Graphviz.")
@options.set_option
@options.data_dir_option
@options.json_option
def command(  # noqa: PLR0917 - one argument an option
    name: str,
    shape: list[int] | None,
    svg: Path | None,
    dot: bool,
    overrides: tuple[str, ...],
    data_dir: Path | None,
    json_lines: bool,
) -> None:
    """Draw the model NAME: a line for each layer, with its output and its parameters; lanes are what goes where."""
    from webnn.cli.places import model_search
    from webnn.model.definition import load_model
    from webnn.model.drawing import draw_dot, draw_svg, draw_text, nodes_of
    from webnn.model.settings import apply_settings

    definition = apply_settings(load_model(name, model_search()), overrides)
    shapes = [shape] if shape is not None else shapes_for(definition, data_dir)
    topology, layers = asyncio.run(described(definition, shapes))
    nodes = nodes_of(topology, layers)
    if svg is not None:
        write(svg, draw_svg(nodes, definition.name))
    if json_lines:
        click.echo(json.dumps({"name": definition.name, "layers": [as_json(node) for node in nodes]}))
    elif dot:
        click.echo(draw_dot(nodes, definition.name), nl=False)
    elif svg is None:
        parameters = sum(node.parameters for node in nodes)
        click.echo("\n".join([*draw_text(nodes), "", f"{definition.name}: {parameters:,} parameters"]))
    else:
        click.echo(f"Wrote {svg}")


def shapes_for(definition: ModelDefinition, data_dir: Path | None) -> Shapes:
    """Find the shapes of what goes in: those that a topology names, else the dataset's."""
    from webnn.cli.places import dataset_search
    from webnn.data.directory import data_dir as chosen_data_dir
    from webnn.data.loading import load_data
    from webnn.model.topology import convert_topology, input_configs

    if definition.topology is not None:
        configs = input_configs(convert_topology(definition.topology, definition.origin))
        told = [list(config.get("batch_input_shape") or [None, None])[1:] for config in configs]
        if all(None not in shape for shape in told):
            return told
    loaded = load_data(definition, dataset_search(), chosen_data_dir(data_dir))
    return [list(array.shape[1:]) for array in loaded.dataset.train.arrays]


async def described(definition: ModelDefinition, shapes: Shapes) -> tuple[Mapping[str, Any], tuple[LayerSummary, ...]]:
    from webnn.evaluator.evaluator import Evaluator

    async with await Evaluator.start() as evaluator:
        return await evaluator.describe(definition, shapes)


def write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise WebNNError("settings", f"{path} cannot be written: {error.strerror or error}.") from error


def as_json(node: Node) -> dict[str, object]:
    return {
        "name": node.name,
        "class": node.class_name,
        "output_shape": list(node.shape),
        "parameters": node.parameters,
        "frozen": node.frozen,
        "inputs": list(node.inputs),
    }
