"""The models and datasets that a server, or a folder, has."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import web

from webnn.core import shapes
from webnn.core.errors import WebNNError
from webnn.data import loading
from webnn.model import files
from webnn.model.definition import load_model
from webnn.server.api import json_answer
from webnn.server.describing import describe
from webnn.server.keys import CONFIG


@dataclass(frozen=True, slots=True)
class Entry:
    """A model or a dataset: its name, a line on it, the file that it is in, and a model's definition."""

    name: str
    description: str
    path: str
    definition: dict[str, Any] | None = None


@describe("List the models that a run can be made of", answer=list[shapes.ModelEntry])
async def list_models(request: web.Request) -> web.Response:
    found = await asyncio.to_thread(list, model_entries(request.app[CONFIG].places.models))
    return json_answer(
        [{"name": one.name, "description": one.description, "definition": one.definition} for one in found]
    )


@describe("List the datasets that a model can name", answer=list[shapes.DatasetEntry])
async def list_datasets(request: web.Request) -> web.Response:
    found = await asyncio.to_thread(list, dataset_entries(request.app[CONFIG].places.datasets))
    return json_answer([{"name": one.name, "description": one.description} for one in found])


def model_entries(search: Sequence[Path]) -> Iterator[Entry]:
    """Yield every model; one that cannot be read says why in the place of its description. Blocks."""
    for name, path in sorted(files.list_models(search).items()):
        try:
            model = load_model(str(path), search)
        except WebNNError as error:
            yield Entry(name, f"cannot be used: {error}", str(path))
        else:
            yield Entry(name, f"{model.description} (dataset {model.dataset})", str(path), model.raw)


def dataset_entries(search: Sequence[Path]) -> Iterator[Entry]:
    """Yield every dataset with the first line of its module's docstring; the modules are read, not run. Blocks."""
    for name, path in sorted(loading.list_datasets(search).items()):
        yield Entry(name, first_line_of(path), str(path))


def first_line_of(module: Path) -> str:
    """The first line of a module's docstring."""
    try:
        docstring = ast.get_docstring(ast.parse(module.read_text("utf-8")))
    except (SyntaxError, UnicodeDecodeError) as error:
        return f"cannot be used: {error}"
    return (docstring or "").partition("\n")[0]
